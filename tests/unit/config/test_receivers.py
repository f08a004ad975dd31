"""Receivers, routes, windows and templates: what they become, and what is said of them when they are wrong."""

import pytest

from lagwatch.app.notices import notices, receivers, routes, windows
from lagwatch.model.alerts import Severity
from lagwatch.publish.notices.receivers import Alertmanager, Email, PagerDuty, Slack, Webhook
from lagwatch.publish.notices.routes import DEFAULT_REPEAT_S
from tests.support.outbox import MemoryOutbox
from tests.support.settings import parse, settings

GOOD = """
bootstrap: a:1
receivers:
  manager: {alertmanager: {urls: ["http://a:9093", "http://b:9093"]}}
  hook: {webhook: {url: "https://h/x"}, template: short}
  chat: {slack: {url: "https://hooks.slack.com/x"}}
  pager: {pagerduty: {routing_key: k}}
  mail: {email: {host: smtp, from: a@b, to: [c@d]}}
templates:
  short: {title: "{{ title }}"}
"""


def test_every_kind_of_receiver_can_be_made():
    made = {each.name: each for each in receivers(settings(GOOD))}
    assert {name: type(each) for name, each in made.items()} == {
        "manager": Alertmanager,
        "hook": Webhook,
        "chat": Slack,
        "pager": PagerDuty,
        "mail": Email,
    }
    assert made["manager"].address == "http://a:9093, http://b:9093"
    assert made["mail"].address == "smtp:587"
    assert made["pager"].address == "https://events.pagerduty.com"


def test_without_routes_everybody_hears_of_everything():
    (route,) = routes(settings(GOOD))
    assert route.receivers == ("manager", "hook", "chat", "pager", "mail")
    assert route.matching.matches({}, Severity.WARNING)
    assert (route.group_wait_s, route.repeat_s) == (30.0, DEFAULT_REPEAT_S)
    assert routes(settings("bootstrap: a:1")) == ()


def test_a_route_says_who_when_and_how():
    (route,) = routes(
        settings(
            GOOD
            + """
routes:
  - receivers: [pager]
    severity: [emergency]
    clusters: prod-.*
    labels: {team: [pay.*, bill.*]}
    continue: true
    group_by: [topic]
    group_wait: 0s
    repeat: {critical: 2h}
"""
        )
    )
    assert (route.receivers, route.go_on, route.group_by, route.group_wait_s) == (("pager",), True, ("topic",), 0.0)
    assert route.repeat_s == {**DEFAULT_REPEAT_S, Severity.CRITICAL: 7200.0}
    emergency = Severity.EMERGENCY
    assert route.matching.matches({"kafka_cluster": "prod-1", "team": "payments"}, emergency)
    assert not route.matching.matches({"kafka_cluster": "prod-1", "team": "payments"}, Severity.CRITICAL)
    assert not route.matching.matches({"kafka_cluster": "my-prod-1", "team": "payments"}, emergency)
    assert not route.matching.matches({"kafka_cluster": "prod-1"}, emergency)


def test_the_short_form_hears_of_everything_unless_a_route_names_it():
    short = "webhook: {url: 'https://h/'}\n"
    first, second = routes(settings(GOOD + short))
    assert (first.receivers, first.go_on, "webhook" in second.receivers) == (("webhook",), True, False)
    (only,) = routes(settings(GOOD + short + "routes: [{receivers: [webhook, chat], severity: [emergency]}]"))
    assert only.receivers == ("webhook", "chat")
    (alone,) = routes(settings("bootstrap: a:1\n" + short))
    assert alone.receivers == ("webhook",)


@pytest.mark.parametrize(
    "given, warned",
    [
        ("", 0),
        ("routes: [{receivers: [chat], severity: [emergency]}]", 1),
        ("routes: [{receivers: [pager], severity: [emergency]}, {receivers: [chat]}]", 0),
    ],
)
def test_that_some_alerts_may_be_told_to_nobody_is_said_at_the_start(given, warned, caplog):
    notices(settings(GOOD + given), "http://lagwatch:8484", MemoryOutbox())
    assert len([each for each in caplog.records if "told to nobody" in each.getMessage()]) == warned


def test_a_maintenance_window_has_its_times_and_what_it_is_about():
    (window,) = windows(
        settings(
            "bootstrap: a:1\nmaintenance: [{name: n, cron: '0 2 * * *', duration: 90m, timezone: Europe/Berlin, "
            "groups: 'batch-.*'}]"
        )
    )
    assert (window.name, window.duration_s, window.zone) == ("n", 5400.0, "Europe/Berlin")
    assert window.matching.matches({"group": "batch-1"}, Severity.WARNING)
    assert not window.matching.matches({"group": "billing"}, Severity.WARNING)


def test_a_variable_reaches_a_receiver_of_any_name():
    text = "bootstrap: a:1\nreceivers: {on-call: {pagerduty: {routing_key_file: /dev/null}}}"
    found, _ = parse(text, {"LAGWATCH_RECEIVERS__ON_CALL__PAGERDUTY__ROUTING_KEY": "k"})
    assert found is not None
    assert found.receivers["on-call"].pagerduty.secret_routing_key() == "k"


WRONG = {
    "receivers: {a: {}}": "receivers.a: expected exactly one of alertmanager, webhook, slack, pagerduty, email, apprise",
    "receivers: {a: {slack: {url: 'https://h'}, webhook: {url: 'https://h'}}}": "receivers.a: expected exactly one of "
    "alertmanager, webhook, slack, pagerduty, email, apprise, not webhook and slack",
    "receivers: {a b: {slack: {url: 'https://h'}}}": "receivers.a b",
    "receivers: {a: {slak: {url: 'https://h'}}}": 'receivers.a.slak: not a setting, did you mean "slack"?',
    "receivers: {a: {slack: {}}}": "receivers.a.slack.url: missing, expected it or url_file",
    "receivers: {a: {pagerduty: {}}}": "receivers.a.pagerduty.routing_key: missing, expected it or routing_key_file",
    "receivers: {a: {pagerduty: {routing_key: k, routing_key_file: /dev/null}}}": "receivers.a.pagerduty.routing_key_file: "
    "/dev/null: expected either routing_key or routing_key_file, not both",
    "receivers: {a: {alertmanager: {urls: ['http://me:hunter2@h']}}}": "receivers.a.alertmanager.urls[0]: ",
    "receivers: {a: {alertmanager: {}}}": "receivers.a.alertmanager.urls: missing, expected every peer of it",
    "receivers: {a: {email: {host: h, from: a@b, to: [x]}}}": "receivers.a.email.to[0]: x: expected a mail address",
    "receivers: {a: {email: {host: h, from: a@b, to: [c@d], username: u}}}": "receivers.a.email.password: missing, "
    "expected beside username",
    "receivers: {a: {email: {host: h, from: a@b, to: [c@d], username: u, password: p, tls: none}}}": "receivers.a.email.tls: "
    "none: expected starttls or tls beside the password",
    "receivers: {a: {slack: {url: 'https://h'}, template: shrt}}\ntemplates: {short: {title: x}}": "receivers.a.template: "
    'shrt: expected one of templates, did you mean "short"?',
    "receivers: {webhook: {slack: {url: 'https://h'}}}\nwebhook: {url: 'https://h'}": "receivers.webhook: expected another "
    "name, because webhook.url is a receiver of that name",
    "receivers: {chat: {slack: {url: 'https://h'}}}\nroutes: [{receivers: [caht]}]": "routes[0].receivers[0]: caht: expected one "
    'of receivers, did you mean "chat"?',
    "routes: [{receivers: []}]": "routes[0].receivers: expected at least one receiver",
    "routes: [{}]": "routes[0].receivers: missing, expected who is told",
    "routes: [{receivers: [a], severity: [fatal]}]": "routes[0].severity[0]: fatal",
    "routes: [{receivers: [a], groups: ['(']}]": "routes[0].groups[0]: (: expected a regular expression",
    "routes: [{receivers: [a], repeat: {warning: 1s}}]": "routes[0].repeat.warning: 1s: expected a duration of 1m or more",
    "maintenance: [{name: a, cron: '* * *', duration: 1h}]": "maintenance[0].cron: * * *: expected a cron expression of five",
    "maintenance: [{name: a, cron: '0 99 * * *', duration: 1h}]": "maintenance[0].cron: 0 99 * * *: expected a cron "
    "expression whose hour is from 0 to 23, not '99'",
    "maintenance: [{name: a, cron: '@daily', duration: 1h, timezone: Berlin}]": "maintenance[0].timezone: Berlin: expected "
    "the name of a time zone, such as Europe/Berlin",
    "maintenance: [{name: a, cron: '@daily', duration: 1s}]": "maintenance[0].duration: 1s: expected a duration from 1m to 31d",
    "templates: {short: {title: '{{ titel }}'}}": "templates.short.title: {{ titel }}: expected a template that works with a "
    "sample alert ('titel' is undefined)",
    "templates: {short: {text: '{% if %}'}}": "templates.short.text: {% if %}: expected a template (text, line 1: ",
}


@pytest.mark.parametrize("text, message", WRONG.items())
def test_a_mistake_is_said_with_its_place_and_what_was_expected(text, message):
    _, problems = parse(f"bootstrap: a:1\n{text}")
    assert any(message in problem for problem in problems), problems
    assert "hunter2" not in "".join(problems)
