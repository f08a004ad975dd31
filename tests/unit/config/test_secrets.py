"""A secret is never shown: not in a repr, not in a message, whatever else is wrong."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lagwatch.config.load import build
from lagwatch.config.schema import ROOT, Kind, Node, Path, fields
from lagwatch.config.yamlfile import read_text
from tests.support.settings import parse
from tests.support.settings import settings as good

SECRET = "hunter2-and-more"


def secret_paths(node: Node = ROOT, path: Path = ()) -> list[Path]:
    """The way to every setting that is a secret."""
    if node.kind is Kind.SECTIONS:
        return secret_paths(Node(Kind.SECTION, node.model), path if path == ("clusters",) else (*path, 0))
    if node.kind is Kind.NAMED and path != ("rules",):
        return secret_paths(Node(Kind.SECTION, node.model), (*path, "ours"))
    if node.kind is Kind.SECTION and node.model is not None:
        return [found for key, child in fields(node.model).items() for found in secret_paths(child, (*path, key))]
    return [path] if node.kind is Kind.SECRET else []


BESIDE = {
    "web.tokens.0": ", name: ada",
    "receivers.ours.alertmanager": ", urls: ['http://h']",
    "receivers.ours.webhook": ", url: 'http://h'",
    "receivers.ours.email": ", host: h, from: a@h, to: [b@h], username: u",
}
"""What a section needs beside its secret."""

PATHS = [path[1:] if path[0] == "clusters" else path for path in secret_paths()]


def nested(path: Path, value: str) -> str:
    for key in reversed(path):
        value = f"[{value}]" if isinstance(key, int) else f"{{{key}: {value}}}"
    return value


WRONG = [
    SECRET,
    f"'{SECRET}\\n'",
    f"[{SECRET}]",
    f"{{a: {SECRET}}}",
    f"!{SECRET}",
    f"*{SECRET}",
    f"&{SECRET} x",
    f"!<{SECRET}> x",
    f"!{SECRET}!x y",
    f"@{SECRET}",
    f"%{SECRET}",
    f"'{SECRET}",
    f"{SECRET}: x: y",
    f"|{SECRET}",
    f"{{{SECRET}",
    f"[{SECRET}",
    f'"\\{SECRET}"',
    f"https://me:{SECRET}@h:99999/",
]
"""Ways to write the secret, most of them wrong."""


def test_the_secrets_are_these():
    assert [".".join(map(str, path)) for path in PATHS] == [
        "connection.tls.key_password",
        "connection.sasl.password",
        "connection.sasl.token",
        "connection.sasl.oidc.client_secret",
        "web.tokens.0.token",
        "store.database",
        "webhook.url",
        "webhook.token",
        "receivers.ours.alertmanager.token",
        "receivers.ours.webhook.url",
        "receivers.ours.webhook.token",
        "receivers.ours.webhook.signing_key",
        "receivers.ours.slack.url",
        "receivers.ours.pagerduty.routing_key",
        "receivers.ours.pagerduty.url",
        "receivers.ours.email.password",
        "receivers.ours.apprise.url",
    ]


@pytest.mark.parametrize("path", PATHS)
def test_a_secret_is_not_in_what_is_printed_of_settings(path):
    secret = {"url": f"https://{SECRET}/", "database": f"postgresql://me:{SECRET}@h/name"}.get(str(path[-1]), SECRET)
    beside = "" if path[-1] == "url" else BESIDE.get(".".join(map(str, path[:-1])), "")
    found, _ = parse(f"bootstrap: a:1\n<<: {nested(path, secret + beside)}")
    assert found is not None
    for shown in (repr(found), str(found), found.model_dump_json(), repr(found.model_dump())):
        assert SECRET not in shown


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_secret_is_not_in_what_is_said_of_a_wrong_value(path, wrong):
    _, problems = parse(f"interval: soon\n<<: {nested(path, wrong)}")
    text = "interval: soon\n" + "".join(f"{'  ' * at}{key}:\n" for at, key in enumerate(path[:-1]))
    _, more = parse(f"{text}{'  ' * (len(path) - 1)}{path[-1]}: {wrong}\n")
    assert problems
    assert more
    assert SECRET not in "\n".join(problems + more)


@pytest.mark.parametrize("path", PATHS)
def test_a_secret_at_the_place_of_a_section_or_under_a_wrong_key_is_not_shown(path):
    texts = [f"{nested(path[:length], SECRET)}" for length in range(1, len(path))]
    texts += [
        nested((*path[:-1], f"{path[-1]}x"), SECRET),
        nested((*path, "value"), SECRET),
        nested((path[-1],), SECRET),
    ]
    for text in texts:
        _, problems = parse(f"bootstrap: a:1\n<<: {text}")
        assert problems
        assert SECRET not in "\n".join(problems)


@pytest.mark.parametrize("path", PATHS)
def test_a_secret_in_a_variable_is_not_shown_even_if_its_name_is_wrong(path):
    name = "LAGWATCH_" + "__".join(str(key).upper() for key in path)
    for variable in (name, f"{name}X", f"{name}__X", name.replace("__", "_"), f"LAGWATCH_CLUSTERS__9__{name}"):
        _, problems = parse("interval: soon", {variable: SECRET})
        assert problems
        assert SECRET not in "\n".join(problems)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(PATHS),
    st.text(alphabet="abc:-[]{}&*!<>|%@'\"#\n\t ~0,?\\", max_size=8),
    st.text(alphabet="abc:-[]{}&*!<>|%@'\"#\n\t ~0,?\\", max_size=8),
)
def test_a_secret_between_any_signs_is_not_shown(path, before, after):
    lines = [f"{'  ' * at}{key}:" for at, key in enumerate(path)]
    file, problems = read_text("\n".join(lines).encode() + f" {before}{SECRET}{after}".encode(), "lagwatch.yaml")
    _, more = build(file, {}, {})
    # A sign may end the value and begin a key; an unknown key is shown, because nobody could find it otherwise.
    assert all(SECRET not in f"{each.where} {each.value} {each.text}" for each in [*problems, *more])


def test_the_kafka_settings_hold_the_secret_that_nothing_else_shows():
    found = good(
        f"bootstrap: a:1\nconnection: {{sasl: {{mechanism: PLAIN, username: me, password: {SECRET}}}}}"
    ).clusters[0]
    assert found.connection.kafka_python()["sasl_plain_password"] == SECRET
    assert SECRET not in repr(found)
