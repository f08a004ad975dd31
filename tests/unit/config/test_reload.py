"""What a running lagwatch takes over from a changed configuration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.config import reloadable
from tests.support.settings import settings

BASE = "clusters: [{name: eu, bootstrap: a:1}, {name: us, bootstrap: b:1}]\n"


def test_nothing_changed_is_nothing_to_say():
    assert reloadable(settings(BASE), settings(BASE)) == ((), ())


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("groups: {exclude: [a, b]}", "cluster eu watches groups of every name, except a and b"),
        ("topics: {include: [a, b]}", "cluster eu watches topics that match a or b"),
        ("rules: {ConsumerLagHigh: {enabled: false}}", "rule ConsumerLagHigh is disabled"),
        ("rules: {ConsumerLagHigh: {for: 1m}}", "rule ConsumerLagHigh has changed"),
        (
            "rules: {Mine: {grain: pair, severity: warning, for: 1m, summary: x, conditions: [{value: lag, above: 1}]}}",
            "rule Mine is new",
        ),
    ],
)
def test_rules_and_filters_change_while_it_runs(text, change):
    changes, ignored = reloadable(settings(BASE), settings(BASE + text))
    assert changes[0] == change
    assert ignored == ()


HOOK = "receivers: {{hook: {{webhook: {{url: 'https://{host}/', token: {token}}}}}}}\n"
SHORT = "webhook: {url: 'https://hunter2/'}"


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("", SHORT, "receiver webhook is new"),
        (SHORT, "", "receiver webhook is gone"),
        ("", HOOK.format(host="a", token="hunter2"), "receiver hook is new"),
        (HOOK.format(host="a", token="hunter1"), HOOK.format(host="a", token="hunter2"), "receiver hook has changed"),
        (HOOK.format(host="hunter1", token="x"), HOOK.format(host="hunter2", token="x"), "receiver hook has changed"),
        (SHORT, SHORT + "\nroutes: [{receivers: [webhook], group_wait: 1s}]", "the routes have changed"),
        (
            "",
            "maintenance: [{name: a, cron: '0 2 * * *', duration: 1h}]",
            "the maintenance windows have changed",
        ),
        (
            "templates: {t: {title: a}}\nreceivers: {x: {slack: {url: 'https://h/'}, template: t}}",
            "templates: {t: {title: b}}\nreceivers: {x: {slack: {url: 'https://h/'}, template: t}}",
            "receiver x has changed",
        ),
    ],
)
def test_receivers_routes_and_windows_change_while_it_runs_and_no_secret_is_shown(old, new, change):
    assert reloadable(settings(BASE + old), settings(BASE + new)) == ((change,), ())


def test_a_profile_is_a_change_of_rules():
    changes, ignored = reloadable(
        settings(BASE), settings(BASE + "profiles: [{profile: batch, groups: a, period: 1h}]")
    )
    assert ignored == ()
    assert "rule ConsumerLagHigh has changed" in changes


def test_what_is_taken_back_is_said_too():
    mine = "rules: {Mine: {grain: pair, severity: warning, for: 1m, summary: x, conditions: [{value: lag, above: 1}]}}"
    assert reloadable(settings(BASE + mine), settings(BASE)) == (("rule Mine is gone",), ())
    off = "rules: {ConsumerLagHigh: {enabled: false}}"
    assert reloadable(settings(BASE + off), settings(BASE)) == (("rule ConsumerLagHigh is enabled",), ())


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("web: {port: 1}", ["web has changed: it takes effect after a restart"]),
        ("log: {level: debug}", ["log has changed: it takes effect after a restart"]),
        (
            "internal_topics: true",
            [
                f"internal_topics of cluster {name} has changed: it takes effect after a restart"
                for name in ("eu", "us")
            ],
        ),
        (
            "connection: {sasl: {mechanism: PLAIN, username: me, password: hunter2}}",
            [f"connection of cluster {name} has changed: it takes effect after a restart" for name in ("eu", "us")],
        ),
    ],
)
def test_everything_else_needs_a_restart_and_shows_no_secret(text, ignored):
    assert reloadable(settings(BASE), settings(BASE + text)) == ((), tuple(ignored))


def test_an_interval_is_named_as_the_file_names_it():
    _, ignored = reloadable(settings("bootstrap: a:1"), settings("{bootstrap: a:1, interval: 31s, deadline: 20s}"))
    assert ignored == ("interval of cluster default has changed: it takes effect after a restart",)


def test_clusters_come_and_go_with_a_restart():
    changes, ignored = reloadable(settings(BASE), settings(BASE.replace("eu", "asia")))
    assert (changes, ignored) == (
        (),
        (
            "cluster asia is new: it is watched after a restart",
            "cluster eu is gone: it is watched until a restart",
        ),
    )


patterns = st.lists(st.sampled_from(["a", "b.*"]), max_size=2)


@given(patterns, patterns, st.booleans(), st.integers(1, 3))
def test_every_difference_is_said_somewhere(include, exclude, enabled, port):
    text = f"groups: {{include: {include}, exclude: {exclude}}}\nweb: {{port: {port}}}\n"
    new = settings(f"{BASE}{text}rules: {{ConsumerLagHigh: {{enabled: {str(enabled).lower()}}}}}")
    old = settings(BASE + "web: {port: 1}")
    changes, ignored = reloadable(old, new)
    assert bool(ignored) == (port != 1)
    assert bool(changes) == bool(include or exclude or not enabled)
