"""What is said of a wrong configuration: where, key, value, what was expected, and a near miss."""

import pytest

from lagwatch.config.problems import Problem, failure
from lagwatch.config.yamlfile import read_text
from tests.support.settings import parse

GOOD = "bootstrap: a:1\n"
WRONG = {
    # Keys
    "web: {prot: 1}": 'web.prot: not a setting, did you mean "port"?',
    "Web: {port: 1}": 'Web: not a setting, did you mean "web"?',
    "internal-topics: true": 'internal-topics: not a setting, did you mean "internal_topics"?',
    "port: 1": 'port: not a setting, did you mean "web.port"?',
    "password: hunter2": 'password: not a setting, did you mean "connection.sasl.password"?',
    "web: {zzz: 1}": "web.zzz: not a setting (expected one of host, port, external_url, tokens, read_requires_token)",
    "'web port': 1": "web port: not a setting (expected one of clusters, web, metrics, store, profiles, rules, ",
    "? [a]\n: 1": "expected a text as key",
    # Types
    "web: {port: 65536}": "web.port: 65536: expected a port from 0 to 65535",
    "web: {port: yes}": "web.port: true: expected a whole number",
    "web: 8080": "web: a single value: expected a section of key: value lines",
    "web: [8080]": "web: a list: expected a section of key: value lines",
    "web: {host: 127}": "web.host: 127: expected a text (what looks like a number or yes needs quotes)",
    "web: {host: ''}": "web.host: '': expected a text that is not empty",
    "name: no": "name: false: expected a text (what looks like a number or yes needs quotes)",
    "name: 2026-01-01": "name: 2026-01-01: expected a text (what looks like a number or yes needs quotes)",
    "name: a b": "name: a b: expected a name of letters, digits, dots, dashes and underscores (100 at most)",
    "internal_topics: perhaps": "internal_topics: perhaps: expected true or false",
    "internal_topics: [true]": "internal_topics: a list: expected true or false",
    "groups: {include: 5}": "groups.include: a single value: expected a list",
    "groups: {include: [5]}": "groups.include[0]: 5: expected a text (what looks like a number or yes needs quotes)",
    "metrics: {granularity: partitions}": "metrics.granularity: partitions: expected one of partition, topic, group, "
    'did you mean "partition"?',
    "metrics: {kminion_config_keys: [retention-ms]}": "metrics.kminion_config_keys[0]: retention-ms: expected a setting of "
    "topics such as cleanup.policy",
    "metrics: {kminion_config_keys: [a.b, topic.name]}": "metrics.kminion_config_keys[1]: topic.name: expected a setting of "
    "topics such as cleanup.policy",
    "streams: {restore_mb_per_s: 0}": "streams.restore_mb_per_s: 0: expected a whole number from 1 to 999999999",
    "log: {level: 5}": "log.level: 5: expected one of debug, info, warning, error",
    "rules: [a]": "rules: a list: expected a section of key: value lines",
    "webhook: {url: ftp://x}": "webhook.url: ***: expected an address such as https://example.com/path",
    "name: !!binary x": "name: expected a plain value (YAML does not understand this one)",
    # Durations
    "interval: 0.5s": "interval: 0.5s: expected a duration from 1s to 1d",
    "interval: soon": "interval: soon: expected a duration such as 30s, 5m or 1h30m (a year at most)",
    "growth_window: 1m": "growth_window: 1m: expected at least 4 intervals of 30s, which is 2m",
    "deadline: 0": "deadline: 0: expected a duration of more than 0s",
    "deadline: 30s": "deadline: 30s: expected less than the interval of 30s, such as 20s",
    # Between values
    "webhook: {token: x}": "webhook.url: missing, expected beside the token",
    "webhook: {url: 'https://h', token: x, token_file: /dev/null}": "webhook.token_file: /dev/null: expected either token or "
    "token_file, not both",
    "webhook: {url: 'https://h', token_file: /none}": "webhook.token_file: /none: expected a readable file "
    "(No such file or directory)",
    "webhook: {url: 'https://h', token_file: /}": "webhook.token_file: /: expected a readable file (it is a directory)",
    "webhook: {url: 'https://h', token_file: ''}": "webhook.token_file: '': expected a file name",
    "connection: {tls: {key_password: x}}": "connection.tls.enabled: expected true beside key_password",
    "connection: {tls: {enabled: yes, cert_file: /dev/null}}": "connection.tls.key_file: missing, expected beside cert_file "
    "(it may name the same file)",
    "connection: {tls: {enabled: yes, key_file: /dev/null}}": "connection.tls.cert_file: missing, expected beside key_file",
    # Tokens
    "web: {tokens: [{name: a}]}": "web.tokens[0].token: missing, expected it or token_file",
    "web: {tokens: [{name: a, token: x, token_file: /dev/null}]}": "web.tokens[0].token_file: /dev/null: expected either token or "
    "token_file, not both",
    "web: {tokens: [{name: a, token: x}, {name: a, token: y}]}": "web.tokens[1].name: a: expected one of its own "
    "(web.tokens[0] has the same)",
    "web: {tokens: [{name: a, token: x}, {name: b, token: x}]}": "web.tokens[1].token: ***: expected one of its own "
    "(web.tokens[0] has the same)",
    "web: {tokens: [{token: x}]}": "web.tokens[0].name: missing, expected whose it is; silences and the audit log name it",
    "web: {tokens: [{name: a, token: x, role: admin}]}": "web.tokens[0].role: admin: expected one of viewer, operator",
    "web: {read_requires_token: yes}": "web.tokens: missing, expected at least one beside read_requires_token",
    # Rules
    "rules: {ConsumerLagHgh: {for: 1m}}": 'rules.ConsumerLagHgh: not a rule, did you mean "ConsumerLagHigh"?',
    "rules: {Zzz: {for: 1m}}": "rules.Zzz: not a rule (expected one of ",
    "rules: {ConsumerLagHigh: {treshold: 1}}": 'rules.ConsumerLagHigh.treshold: not a setting, did you mean "thresholds"?',
    "rules: {ConsumerLagHigh: {severity: critcal}}": "rules.ConsumerLagHigh.severity: critcal: expected one of warning, critical, "
    'emergency, did you mean "critical"?',
    "rules: {ConsumerLagHigh: {thresholds: {lga: {above: 1}}}}": "rules.ConsumerLagHigh.thresholds.lga: expected one of lag, "
    'did you mean "lag"?',
    "rules: {ConsumerLagHigh: {thresholds: {lag: {above: 5}}}}": "rules.ConsumerLagHigh.thresholds.lag.above: 5: expected at least "
    "80000, or a clear beside it: that of ConsumerLagHigh is 80000",
    "rules: {ConsumerLagHigh: {thresholds: {lag: {clear: 100001}}}}": "rules.ConsumerLagHigh.thresholds.lag.clear: 100001: "
    "expected at most 100000, the threshold above",
    "rules: {ConsumerLagHigh: {thresholds: {lag: {below: 5}}}}": "rules.ConsumerLagHigh.thresholds.lag.below: 5: expected above, "
    "as rule ConsumerLagHigh has it",
    "rules: {ConsumerLagHigh: {thresholds: {lag: {above: .nan}}}}": "rules.ConsumerLagHigh.thresholds.lag.above: nan: "
    "expected a finite number",
    "rules: {ConsumerLagHigh: {overrides: [{thresholds: {lag: {above: 5}}}]}}": "rules.ConsumerLagHigh.overrides[0].thresholds.lag."
    "above: 5: expected at least 80000, or a clear beside it: that of ConsumerLagHigh is 80000",
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), WRONG.items())
def test_a_mistake_is_said_with_its_place_and_what_was_expected(text, message):
    _, problems = parse(f"{GOOD}{text}")
    assert len(problems) == 1
    assert problems[0].startswith(f"lagwatch.yaml line 2: {message}")


SASL_WRONG = {
    "{username: me}": ["mechanism: missing, expected one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER beside username"],
    "{mechanism: PLAIN}": [
        "username: missing, expected with PLAIN",
        "password: missing, expected with PLAIN (or password_file)",
    ],
    "{mechanism: SCRAM-SHA-256, username: me}": ["password: missing, expected with SCRAM-SHA-256 (or password_file)"],
    "{mechanism: PLAIN, username: me, password: x, token: y}": ["token: ***: expected only without PLAIN"],
    "{mechanism: PLAN, username: me, password: x}": [
        "mechanism: PLAN: expected one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, did you mean \"PLAIN\"?"
    ],
    "{mechanism: OAUTHBEARER}": ["token: missing, expected with OAUTHBEARER (or token_file, or oidc)"],
    "{mechanism: OAUTHBEARER, token: x, password: y}": ["password: ***: expected only without OAUTHBEARER"],
    "{mechanism: OAUTHBEARER, token: x, oidc: {client_id: a}}": [
        "oidc: expected either oidc or token, not both",
        "oidc.token_endpoint: missing, expected with oidc",
        "oidc.client_secret: missing, expected with oidc (or client_secret_file)",
    ],
    "{mechanism: OAUTHBEARER, oidc: {token_endpoint: 'https://h'}}": [
        "oidc.client_id: missing, expected with oidc",
        "oidc.client_secret: missing, expected with oidc (or client_secret_file)",
    ],
    "{mechanism: PLAIN, username: a, password: 5}": [
        "password: ***: expected a text (what looks like a number or yes needs quotes)",
    ],
    "{mechanism: PLAIN, username: me, password: ''}": ["password: ***: expected a text that is not empty"],
}  # fmt: skip


@pytest.mark.parametrize(("sasl", "messages"), SASL_WRONG.items())
def test_credentials_that_are_given_by_half_are_said(sasl, messages):
    _, problems = parse(f"{GOOD}connection: {{sasl: {sasl}}}")
    assert problems == [f"lagwatch.yaml line 2: connection.sasl.{message}" for message in messages]


UNREADABLE = {
    b"a: [1": "lagwatch.yaml line 1: expected YAML (expected ',' or ']', but got '<stream end>')",
    b"a: 1\n b: 2": "lagwatch.yaml line 2: expected YAML (mapping values are not allowed here)",
    b"a:\n\tb: 2": "lagwatch.yaml line 2: expected YAML (found character '\\t' that cannot start any token)",
    b"a: 1\n---\nb: 2": "lagwatch.yaml line 2: expected YAML (an alias that is not defined, or a second document; "
    "quote a text that begins with * or &)",
    b"a: *b": "lagwatch.yaml line 1: expected YAML (an alias that is not defined, or a second document; "
    "quote a text that begins with * or &)",
    b"a: !b!c d": "lagwatch.yaml line 1: expected YAML (a tag that is not known; quote a text that begins with !)",
    b"\n\na: &x {b: *x}": "lagwatch.yaml line 3: expected an alias that does not contain itself",
    b"\xff\xfe\x00": "lagwatch.yaml: expected UTF-8 text without control characters",
    b"a: \x00": "lagwatch.yaml: expected UTF-8 text without control characters",
    b"- a": "lagwatch.yaml: expected settings as key: value lines",
    b"text": "lagwatch.yaml: expected settings as key: value lines",
    b"a: " + b"[" * 3000: "lagwatch.yaml: expected YAML that is nested less deeply",
    b"a: &a ["
    + b"1," * 250
    + b"]\nb: &b ["
    + b"*a," * 250
    + b"]": "lagwatch.yaml: expected at most 50000 values, counting what aliases stand for",
}


@pytest.mark.parametrize(("content", "message"), UNREADABLE.items(), ids=range(len(UNREADABLE)))
def test_a_file_that_is_no_yaml_is_said_with_its_line(content, message):
    layer, problems = read_text(content, "lagwatch.yaml")
    assert [str(problem) for problem in problems] == [message]
    assert layer.top == {}


def test_a_key_that_is_there_twice_is_said_with_both_lines():
    _, problems = parse("bootstrap: a:1\nweb:\n  port: 1\n  host: x\n  port: 2")
    assert problems == ["lagwatch.yaml line 5: web.port: expected each key once (it is in line 3 already)"]


def test_a_merge_key_takes_over_mappings_only():
    assert parse("bootstrap: a:1\nweb: {<<: 5}")[1] == ["lagwatch.yaml line 2: web: expected a mapping after <<"]


ENVIRONMENT = {
    "LAGWATCH_WEB_PORT": 'not a setting, did you mean "LAGWATCH_WEB__PORT"?',
    "LAGWATCH_WEB__PROT": 'not a setting, did you mean "LAGWATCH_WEB__PORT"?',
    "LAGWATCH_WEB": 'not a setting, did you mean "LAGWATCH_WEB__PORT"?',
    "LAGWATCH_CLUSTERS": "not a setting",
    "LAGWATCH_CLUSTERS__EU__INTERVAL": "not a setting",
    "LAGWATCH_SASL__PASSWORD": 'not a setting, did you mean "LAGWATCH_CONNECTION__SASL__PASSWORD"?',
    "LAGWATCH_CLUSTERS__7__INTERVAL": "clusters[7].interval: expected a cluster number up to 1 (they count from 0)",
    "LAGWATCH_INTERVAL": "interval: x: expected a duration such as 30s, 5m or 1h30m (a year at most)",
    "LAGWATCH_CLUSTERS__0__INTERVAL": "clusters[0].interval: x: expected a duration such as 30s, 5m or 1h30m (a year at most)",
    "LAGWATCH_RULES__NOPE__FOR": "rules.nope.for: x: expected a duration such as 30s, 5m or 1h30m (a year at most)",
    "LAGWATCH_RULES__CONSUMERLAGHIGH__LABELS": "rules.ConsumerLagHigh.labels: a single value: "
    "expected a section of key: value lines",
}  # fmt: skip


@pytest.mark.parametrize(("name", "message"), ENVIRONMENT.items())
def test_a_wrong_variable_is_called_by_its_name(name, message):
    _, problems = parse(GOOD, {name: "x"})
    assert any(problem.startswith(f"environment {name}: {message}") for problem in problems), problems


def test_a_wrong_flag_is_called_as_it_is_typed():
    _, problems = parse(GOOD, {}, {"web.port": "http", "log.format": "xml", "internal_topics": "x"})
    assert sorted(problems) == [
        "flag --internal-topics: internal_topics: x: expected true or false",
        "flag --log-format: log.format: xml: expected one of text, json",
        "flag --web-port: web.port: http: expected a whole number",
    ]


def test_what_belongs_to_one_cluster_cannot_be_said_for_several():
    text = "bootstrap: c:1\nclusters: [{name: a, bootstrap: a:1}, {name: b, bootstrap: b:1}]"
    _, problems = parse(text, {"LAGWATCH_NAME": "x"}, {"bootstrap": "d:1"})
    assert problems == [
        "lagwatch.yaml line 1: bootstrap: expected it in each of the clusters, because there is a list of them",
        "environment LAGWATCH_NAME: name: expected only with one cluster, but there are 2",
        "flag --bootstrap: bootstrap: expected only with one cluster, but there are 2",
    ]


def test_two_clusters_cannot_have_the_same_name_not_even_the_default_one():
    _, problems = parse("clusters:\n- bootstrap: a:1\n- bootstrap: b:1\n- {bootstrap: c:1, name: default}")
    assert problems == [
        "lagwatch.yaml line 3: clusters[1].name: expected a name of its own (clusters[0] is called default too)",
        "lagwatch.yaml line 4: clusters[2].name: default: expected a name of its own (clusters[0] is called default too)",
    ]


@pytest.mark.parametrize("clusters", ["5", "{a: 1}", "[5]", "[[a]]"])
def test_clusters_are_a_list_of_sections(clusters):
    _, problems = parse(f"clusters: {clusters}")
    assert len(problems) == 1
    assert problems[0].startswith("lagwatch.yaml line 1: clusters")


@pytest.mark.parametrize("clusters", ["5", "[5]"])
def test_what_is_no_cluster_is_not_hidden_by_what_goes_over_it(clusters):
    environ = {"LAGWATCH_INTERVAL": "10s", "LAGWATCH_CLUSTERS__0__NAME": "a", "LAGWATCH_WEB__PORT": "x"}
    _, problems = parse(f"clusters: {clusters}", environ, {"web.host": ""})
    assert len(problems) == 3
    assert problems[0].startswith("lagwatch.yaml line 1: clusters")
    assert problems[0].endswith((": expected a list", ": expected a section of key: value lines"))
    assert [problem.split(":")[0] for problem in problems[1:]] == ["environment LAGWATCH_WEB__PORT", "flag --web-host"]


def test_a_number_that_no_cluster_has_is_said_with_its_variable():
    _, problems = parse(GOOD, {"LAGWATCH_CLUSTERS__9__GROUPS__INCLUDE": "a"})
    where = "environment LAGWATCH_CLUSTERS__9__GROUPS__INCLUDE: clusters[9].groups.include"
    assert problems == [f"{where}: expected a cluster number up to 1 (they count from 0)"]


def test_a_mistake_that_clusters_share_is_said_once():
    _, found = parse("interval: soon\nclusters: [{name: a, bootstrap: a:1}, {name: b, bootstrap: b:1}]")
    assert set(found) == {
        "lagwatch.yaml line 1: interval: soon: expected a duration such as 30s, 5m or 1h30m (a year at most)"
    }
    twice = Problem("w", "k", "v", "expected x")
    assert str(failure([twice, twice])) == "1 problem in the configuration:\n  w: k: v: expected x"


ALL_AT_ONCE = """\
lagwatch.yaml line 3: clusters[0].bootstrap[0]: kafka-1: expected host:port, such as kafka-1.example.com:9092
lagwatch.yaml line 5: clusters[0].deadline: 10s: expected less than the interval of 10s, such as 6s
lagwatch.yaml line 6: clusters[0].conection: not a setting, did you mean "connection"?
lagwatch.yaml line 7: clusters[1].bootstrap: missing, expected brokers to ask first, host:port; a list, or one text with commas
lagwatch.yaml line 7: clusters[1].name: eu: expected a name of its own (clusters[0] is called eu too)
lagwatch.yaml line 8: clusters[1].groups.include[0]: (: expected a regular expression (this one: missing ), unterminated \
subpattern at position 0)
lagwatch.yaml line 8: clusters[1].groups.exlude: not a setting, did you mean "exclude"?
lagwatch.yaml line 9: clusters[1].connection.sasl.password: ***: expected a text (what looks like a number or yes needs quotes)
lagwatch.yaml line 9: clusters[1].connection.sasl.mechanism: missing, expected one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, \
OAUTHBEARER beside password
lagwatch.yaml line 9: clusters[1].connection.tls.ca_file: /none: expected a readable file (No such file or directory)
lagwatch.yaml line 10: web.host: true: expected a text (what looks like a number or yes needs quotes)
lagwatch.yaml line 10: web.prot: not a setting, did you mean "port"?
lagwatch.yaml line 12: rules.ConsumerLagHgh: not a rule, did you mean "ConsumerLagHigh"?
lagwatch.yaml line 13: rules.ConsumerLagHigh.for: soon: expected a duration such as 30s, 5m or 1h30m (a year at most)
lagwatch.yaml line 13: rules.ConsumerLagHigh.thresholds.lga: expected one of lag, did you mean "lag"?
environment LAGWATCH_LOG__FORMATT: not a setting, did you mean "LAGWATCH_LOG__FORMAT"?
environment LAGWATCH_LOG__LEVEL: log.level: loud: expected one of debug, info, warning, error
flag --web-port: web.port: http: expected a whole number
"""


def test_all_mistakes_are_said_at_once_in_the_order_of_the_file():
    text = """\
clusters:
  - name: eu
    bootstrap: [kafka-1, 'kafka-2:9092']
    interval: 10s
    deadline: 10s
    conection: {}
  - name: eu
    groups: {include: '(', exlude: []}
    connection: {tls: {enabled: true, ca_file: /none}, sasl: {username: me, password: 5}}
web: {prot: 8080, host: yes}
rules:
  ConsumerLagHgh: {enabled: false}
  ConsumerLagHigh: {for: soon, thresholds: {lga: {above: 1}}}
"""
    _, problems = parse(text, {"LAGWATCH_LOG__LEVEL": "loud", "LAGWATCH_LOG__FORMATT": "json"}, {"web.port": "http"})
    assert problems == ALL_AT_ONCE.splitlines()
