"""One file, the environment over it, flags over both."""

from pathlib import Path

import pytest

from lagwatch.config import ClusterSettings, Settings, find_file, load
from lagwatch.config.sources import flags
from lagwatch.errors import ConfigurationError
from tests.support.settings import parse, settings


def the(found: Settings) -> ClusterSettings:
    (cluster,) = found.clusters
    return cluster


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_bootstrap_flag_alone_is_a_whole_configuration():
    found = load(None, {}, {"bootstrap": "localhost:9092,localhost:9093"})
    cluster = the(found)
    assert (cluster.name, cluster.bootstrap) == ("default", ("localhost:9092", "localhost:9093"))
    assert (cluster.interval_s, cluster.deadline_s) == (30.0, 20.0)
    assert (found.web.host, found.web.port, found.metrics.granularity) == ("127.0.0.1", 8484, "partition")


def test_a_bootstrap_variable_alone_is_a_whole_configuration():
    assert the(load(None, {"LAGWATCH_BOOTSTRAP": "a:1"}, {})).bootstrap == ("a:1",)


def test_without_any_cluster_the_three_ways_to_name_one_are_said():
    with pytest.raises(
        ConfigurationError, match="bootstrap in a file, LAGWATCH_BOOTSTRAP or --bootstrap HOST:PORT"
    ) as caught:
        load(None, {}, {})
    assert caught.value.exit_code == 2


def test_flags_go_over_the_environment_and_that_over_the_file():
    text = "bootstrap: file:1\ninterval: 10s\nname: file\nweb: {port: 1, host: file}"
    environ = {"LAGWATCH_NAME": "environment", "LAGWATCH_INTERVAL": "20s", "LAGWATCH_WEB__PORT": "2"}
    found = settings(text, environ, interval="30s", name=None)
    cluster = the(found)
    assert (cluster.bootstrap, cluster.name, cluster.interval_s) == (("file:1",), "environment", 30.0)
    assert (found.web.port, found.web.host) == (2, "file")


def test_the_named_file_is_read_then_that_of_the_environment_then_the_one_beside():
    assert find_file(None, {}) is None
    Path("lagwatch.yaml").write_text("bootstrap: beside:1")
    Path("other.yaml").write_text("bootstrap: other:1")
    assert find_file(Path("named.yaml"), {"LAGWATCH_CONFIG": "other.yaml"}) == Path("named.yaml")
    assert the(load(None, {"LAGWATCH_CONFIG": "other.yaml"}, {})).bootstrap == ("other:1",)
    assert the(load(None, {"LAGWATCH_CONFIG": " "}, {})).bootstrap == ("beside:1",)


def test_a_file_that_cannot_be_read_is_the_problem_and_not_what_it_lacks():
    with pytest.raises(ConfigurationError) as caught:
        load(Path("absent.yaml"), {"LAGWATCH_WEB__PORT": "x"}, {})
    assert str(caught.value) == (
        "2 problems in the configuration:\n"
        "  absent.yaml: expected a readable file (No such file or directory)\n"
        "  environment LAGWATCH_WEB__PORT: web.port: x: expected a whole number"
    )


def test_a_directory_is_no_file(tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"expected a readable file \(Is a directory\)"):
        load(tmp_path, {}, {})


def test_what_stands_at_the_top_of_a_file_is_shared_by_its_clusters():
    found = settings(
        "interval: 1m\ngroups: {exclude: [x]}\nclusters:\n"
        "- {name: a, bootstrap: a:1}\n- {name: b, bootstrap: b:1, interval: 10s, groups: {include: [y]}}"
    )
    a, b = found.clusters
    assert (a.interval_s, a.deadline_s, b.interval_s) == (60.0, 40.0, 10.0)
    assert (a.groups.exclude, b.groups.exclude, b.groups.include) == (("x",), ("x",), ("y",))


def test_a_clusters_keys_from_the_environment_go_over_every_cluster_of_the_file():
    text = "clusters: [{name: a, bootstrap: a:1, interval: 10s}, {name: b, bootstrap: b:1}]"
    assert [each.interval_s for each in settings(text, {"LAGWATCH_INTERVAL": "15s"}).clusters] == [15.0, 15.0]


def test_one_cluster_of_several_is_changed_by_its_number_or_by_its_name():
    text = "clusters: [{name: eu-west.1, bootstrap: a:1}, {name: us, bootstrap: b:1}]"
    environ = {
        "LAGWATCH_CLUSTERS__1__INTERVAL": "15s",
        "LAGWATCH_CLUSTERS__EU_WEST_1__INTERVAL": "25s",
        "LAGWATCH_CLUSTERS__EU_WEST_1__CONNECTION__SASL__MECHANISM": "PLAIN",
        "LAGWATCH_CLUSTERS__EU_WEST_1__CONNECTION__SASL__USERNAME": "me",
        "LAGWATCH_CLUSTERS__EU_WEST_1__CONNECTION__SASL__PASSWORD": "secret",
    }
    west, us = settings(text, environ).clusters
    assert (west.interval_s, us.interval_s) == (25.0, 15.0)
    assert west.connection.kafka_python()["sasl_plain_password"] == "secret"
    assert us.connection.protocol == "PLAINTEXT"


def test_the_environment_alone_can_name_several_clusters():
    environ = {
        "LAGWATCH_CLUSTERS__0__NAME": "a",
        "LAGWATCH_CLUSTERS__0__BOOTSTRAP": "a:1",
        "LAGWATCH_CLUSTERS__1__NAME": "b",
        "LAGWATCH_CLUSTERS__1__BOOTSTRAP": "b:1,b:2",
    }
    a, b = settings("", environ).clusters
    assert (a.name, b.name, b.bootstrap) == ("a", "b", ("b:1", "b:2"))


def test_lists_in_variables_are_separated_by_commas_or_are_json():
    environ = {"LAGWATCH_GROUPS__INCLUDE": "a.*, b ,", "LAGWATCH_TOPICS__INCLUDE": '["x{1,2}", "y"]'}
    cluster = the(settings(environ=environ))
    assert (cluster.groups.include, cluster.topics.include) == (("a.*", "b"), ("x{1,2}", "y"))


def test_a_pattern_that_only_begins_like_json_is_a_pattern():
    assert the(settings(environ={"LAGWATCH_GROUPS__INCLUDE": "[ab]+"})).groups.include == ("[ab]+",)


def test_rules_are_changed_by_variables_without_regard_to_case():
    environ = {
        "LAGWATCH_RULES__CONSUMERLAGHIGH__THRESHOLDS__LAG__ABOVE": "200000",
        "LAGWATCH_RULES__CONSUMERLAGHIGH__LABELS": '{"team": "x"}',
        "LAGWATCH_RULES__CONSUMERLAGHIGH__ENABLED": "false",
    }
    change = settings(environ=environ).rules["ConsumerLagHigh"]
    assert (change.thresholds["lag"].above, change.labels, change.enabled) == (200_000.0, {"team": "x"}, False)


def test_an_empty_variable_is_as_if_it_were_not_set():
    assert settings(environ={"LAGWATCH_WEBHOOK__URL": "", "LAGWATCH_WEB__PORT": " "}) == settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LAGWATCH_SERVICE_HOST", "10.0.0.1"),
        ("LAGWATCH_SERVICE_PORT", "8484"),
        ("LAGWATCH_SERVICE_PORT_HTTP", "8484"),
        ("LAGWATCH_PORT", "tcp://10.0.0.1:8484"),
        ("LAGWATCH_PORT_8484_TCP", "tcp://10.0.0.1:8484"),
        ("LAGWATCH_PORT_8484_TCP_ADDR", "10.0.0.1"),
        ("LAGWATCH_WEB_PORT", "tcp://10.0.0.1:8484"),
        ("LAGWATCH_WEB_SERVICE_HOST", "10.0.0.1"),
        ("LAGWATCH_DEMO_KAFKA", "x"),
        ("LAGWATCH_TEST_BOOTSTRAP", "x"),
        ("KAFKA_LAGWATCH_WEB", "x"),
    ],
)
def test_variables_that_kubernetes_and_others_set_are_not_ours(name, text):
    assert settings(environ={name: text}) == settings()


def test_a_key_without_a_value_is_as_if_it_were_not_there():
    assert settings("bootstrap: localhost:9092\nweb:\nrules:\nwebhook: {url: }\nclusters:\ndeadline: ~") == settings()


def test_a_secret_of_a_higher_layer_replaces_the_file_that_a_lower_one_names_and_back(tmp_path: Path):
    (tmp_path / "password").write_text("from a file\n")
    (tmp_path / "lagwatch.yaml").write_text(
        "bootstrap: a:1\nconnection: {sasl: {mechanism: PLAIN, username: me, password_file: password}}"
    )
    assert the(load(None, {}, {})).connection.kafka_python()["sasl_plain_password"] == "from a file"
    environ = {"LAGWATCH_CONNECTION__SASL__PASSWORD": "from the environment"}
    assert the(load(None, environ, {})).connection.kafka_python()["sasl_plain_password"] == "from the environment"


def test_names_of_files_are_relative_to_the_file_that_names_them(tmp_path: Path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "token").write_text("t")
    (tmp_path / "etc" / "lagwatch.yaml").write_text("bootstrap: a:1\nwebhook: {url: 'https://h/', token_file: token}")
    found = load(Path("etc/lagwatch.yaml"), {}, {})
    assert found.webhook.token_file == tmp_path / "etc" / "token"
    assert found.webhook.secret_token() == "t"


def test_for_a_back_test_no_cluster_is_needed_and_no_file_is_looked_at():
    text = "webhook: {url: 'https://h/', token_file: absent}\nrules: {ConsumerLagHigh: {for: 1m}}"
    found, problems = parse(text, offline=True)
    assert (problems, found is not None and found.clusters) == ([], ())
    assert parse(text + "\ninterval: 10s", offline=True)[1] == []
    found, problems = parse(text + "\nbootstrap: a:1", offline=True)
    assert (problems, found is not None and len(found.clusters)) == ([], 1)
    assert len(parse(text)[1]) == 2


def test_a_back_test_still_says_what_is_wrong_with_the_rules():
    assert parse("rules: {ConsumerLagHgh: {for: 1m}}", offline=True)[1] == [
        'lagwatch.yaml line 1: rules.ConsumerLagHgh: not a rule, did you mean "ConsumerLagHigh"?'
    ]


def test_a_flag_that_is_no_setting_is_a_mistake_of_the_program():
    with pytest.raises(KeyError, match=r"web\.prot"):
        flags({"web.prot": 1})


def test_anchors_and_merge_keys_are_understood():
    found = settings(
        "clusters:\n- &one {name: a, bootstrap: a:1, interval: 10s}\n- {<<: *one, name: b}\n- {<<: [{interval: 5s}, *one], name: c}"
    )
    assert [(each.name, each.interval_s) for each in found.clusters] == [("a", 10.0), ("b", 10.0), ("c", 5.0)]


def test_settings_never_change():
    found = settings()
    with pytest.raises(ValueError, match="frozen"):
        found.web.port = 1  # type: ignore[misc]
