"""The JSON that a receiver gets is what Alertmanager would have sent."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lagwatch.model.alerts import Alert, Severity, State, Subject
from lagwatch.publish.notices.payload import NEVER, content, ended, entry, fingerprint, label_set

AT = 1_700_000_000.0


def alert(group: str | None = "billing", topic: str | None = "orders", **changes) -> Alert:
    subject = Subject(cluster="local", group=group, topic=topic)
    known = {
        "rule": "ConsumerLagHigh",
        "severity": Severity.CRITICAL,
        "subject": subject,
        "state": State.FIRING,
        "since": AT - 300,
        "fired_at": AT,
        "value": 123456.0,
        "summary": "billing is 123456 messages behind on orders",
        "next_step": "Look at its members.",
    }
    return Alert(**(known | changes))


def sent(*alerts: Alert) -> dict:
    """The message of a group of alerts."""
    labels = label_set(alerts[0])
    return content(
        [entry(each, "http://lagwatch:8484") for each in alerts],
        receiver="webhook",
        labels={name: labels[name] for name in ("kafka_cluster", "group") if name in labels},
        external_url="http://lagwatch:8484",
        firing=any(each.state is State.FIRING for each in alerts),
    )


def test_a_firing_alert_is_told_field_by_field_as_alertmanager_does():
    assert sent(alert()) == {
        "version": "4",
        "groupKey": '{}:{group="billing", kafka_cluster="local"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "webhook",
        "groupLabels": {"kafka_cluster": "local", "group": "billing"},
        "commonLabels": {
            "alertname": "ConsumerLagHigh",
            "severity": "critical",
            "kafka_cluster": "local",
            "group": "billing",
            "topic": "orders",
        },
        "commonAnnotations": {
            "summary": "billing is 123456 messages behind on orders",
            "next_step": "Look at its members.",
            "value": "123456",
            "page_url": "http://lagwatch:8484/clusters/local/groups/billing",
        },
        "externalURL": "http://lagwatch:8484",
        "alerts": [
            {
                "status": "firing",
                "labels": {
                    "alertname": "ConsumerLagHigh",
                    "severity": "critical",
                    "kafka_cluster": "local",
                    "group": "billing",
                    "topic": "orders",
                },
                "annotations": {
                    "summary": "billing is 123456 messages behind on orders",
                    "next_step": "Look at its members.",
                    "value": "123456",
                    "page_url": "http://lagwatch:8484/clusters/local/groups/billing",
                },
                "startsAt": "2023-11-14T22:13:20.000Z",
                "endsAt": NEVER,
                "generatorURL": "http://lagwatch:8484/alerts/67fd7e032ec3409250676e5674d80d6e922d50f8e18bba6278b30d3ae0fde8d0",
                "fingerprint": "76b4be2c96949516",
            }
        ],
    }


def shape(value):
    """Keys and types; the names of labels and annotations are the sender's own."""
    if isinstance(value, dict):
        return {key: dict if key.endswith(("abels", "nnotations")) else shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value)


def test_the_shape_is_that_of_a_message_recorded_from_a_real_alertmanager():
    recorded = json.loads((Path(__file__).parent / "alertmanager-0.25.0.json").read_text())
    message = sent(alert())
    assert shape(recorded) == shape(message)
    for key in ("groupKey", "groupLabels", "commonLabels", "truncatedAlerts", "version", "status"):
        assert recorded[key] == message[key]


def test_fingerprints_are_those_of_a_real_alertmanager():
    for group, topic, measured in (("billing", "orders", "76b4be2c96949516"), ('a/b "c"', "ü", "d68692cf5e8397e2")):
        message = sent(alert(group=group, topic=topic))
        assert measured == message["alerts"][0]["fingerprint"]


def test_a_resolved_alert_says_when_it_ended_and_keeps_its_fingerprint():
    begun, over = sent(alert()), sent(alert(state=State.RESOLVED, resolved_at=AT + 60))
    assert (over["status"], over["alerts"][0]["status"]) == ("resolved", "resolved")
    assert over["alerts"][0]["endsAt"] == "2023-11-14T22:14:20.000Z"
    assert begun["alerts"][0]["fingerprint"] == over["alerts"][0]["fingerprint"]


def test_a_message_with_one_firing_alert_is_firing():
    message = sent(alert(topic="a", state=State.RESOLVED, resolved_at=AT + 60), alert(topic="b"))
    assert (message["status"], [each["status"] for each in message["alerts"]]) == ("firing", ["resolved", "firing"])


def test_what_is_about_the_cluster_or_a_topic_links_to_its_page():
    notes = [sent(alert(group=None, topic=topic))["alerts"][0]["annotations"] for topic in (None, "a/b")]
    assert [each["page_url"] for each in notes] == [
        "http://lagwatch:8484/clusters/local",
        "http://lagwatch:8484/clusters/local/topics/a%2Fb",
    ]


def test_an_alert_says_its_threshold_what_was_seen_and_why():
    notes = sent(alert(threshold=100_000.0, seen={"members": 3.0, "state": "Stable", "nothing": None}, cause="slow"))
    assert (
        notes["alerts"][0]["annotations"]
        | {
            "threshold": "100000",
            "seen": "members 3, state Stable",
            "cause": "slow",
        }
        == notes["alerts"][0]["annotations"]
    )


def test_an_alert_that_is_gone_ends_with_a_reason_and_the_same_fingerprint():
    begun = entry(alert(), "http://lagwatch:8484")
    over = ended(begun, AT + 1, "the rule is gone")
    assert (over["status"], over["endsAt"], over["annotations"]["reason"]) == (
        "resolved",
        "2023-11-14T22:13:21.000Z",
        "the rule is gone",
    )
    assert begun["fingerprint"] == over["fingerprint"]
    assert "reason" not in begun["annotations"]


def test_what_differs_between_the_alerts_of_a_message_is_not_common():
    message = sent(alert(topic="a"), alert(topic="b", value=1.0))
    assert {"alertname", "severity", "kafka_cluster", "group"} == set(message["commonLabels"])
    assert {"summary", "next_step", "page_url"} == set(message["commonAnnotations"])


def test_the_rules_own_labels_are_there_and_cannot_hide_what_the_alert_is_about():
    message = sent(alert(labels={"team": "payments", "group": "another"}))
    labels = message["alerts"][0]["labels"]
    assert (labels["team"], labels["group"]) == ("payments", "billing")


def test_an_unknown_value_is_left_out():
    message = sent(alert(value=None))
    assert "value" not in message["alerts"][0]["annotations"]


def test_names_that_need_quoting_survive():
    message = sent(alert(group='a/b "c"', topic="ü"))
    assert message["groupKey"] == '{}:{group="a/b \\"c\\"", kafka_cluster="local"}'
    assert message["alerts"][0]["annotations"]["page_url"].endswith("/groups/a%2Fb%20%22c%22")


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=8)))
def test_a_fingerprint_depends_on_the_labels_and_not_on_their_order(labels):
    assert fingerprint(labels) == fingerprint(dict(reversed(labels.items())))
    assert fingerprint(labels) != fingerprint({**labels, "one more": "label"})
