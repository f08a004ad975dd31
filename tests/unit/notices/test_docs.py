"""docs/webhook.md shows what is really sent, and says how it is really delivered."""

import json
import re
from pathlib import Path

from lagwatch.model.alerts import Alert, Severity, State, Subject
from lagwatch.publish.notices import Delivery
from lagwatch.publish.notices.payload import MESSAGE_LIMIT, messages

TEXT = (Path(__file__).parents[3] / "docs" / "webhook.md").read_text()


def test_the_example_is_what_is_sent():
    (example,) = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    alert = Alert(
        rule="ConsumerLagHigh",
        severity=Severity.CRITICAL,
        subject=Subject(cluster="main", group="billing", topic="orders"),
        state=State.FIRING,
        since=1_795_542_900.0,
        fired_at=1_795_543_200.0,
        value=123456.0,
        summary="billing is 123,456 messages behind on orders",
        next_step="Are the members alive?",
        runbook="consumer-lag-high",
    )
    (sent,) = messages([alert], receiver="webhook", external_url="http://lagwatch:8484")
    assert json.loads(example) == json.loads(sent.body)


def test_the_numbers_are_those_of_the_program():
    delivery = Delivery()
    assert (delivery.first_pause_s, delivery.longest_pause_s, delivery.give_up_s) == (1, 60, 3600)
    assert f"{delivery.capacity:,} messages may wait" in TEXT
    assert f"at most {MESSAGE_LIMIT} alerts" in TEXT
