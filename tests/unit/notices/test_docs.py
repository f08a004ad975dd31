"""docs/notices.md shows what is really sent, and says how it is really delivered."""

import json
import re
from pathlib import Path

import yaml

from lagwatch.model.alerts import Alert, Severity, State, Subject
from lagwatch.publish.notices.backoff import MESSAGES_TO_OPEN, Delivery
from lagwatch.publish.notices.compose import DIGEST_NAMED
from lagwatch.publish.notices.ledger import MISSING_S
from lagwatch.publish.notices.level import RESOLVED_KEPT_S
from lagwatch.publish.notices.notices import LOOK_S
from lagwatch.publish.notices.payload import MESSAGE_LIMIT, content, entry
from lagwatch.publish.notices.plan import STORM
from lagwatch.publish.notices.routes import DEFAULT_REPEAT_S, Route
from lagwatch.publish.notices.templates import SIZE_LIMIT
from tests.support.settings import settings

TEXT = (Path(__file__).parents[3] / "docs" / "notices.md").read_text()
FLAT = " ".join(TEXT.split())


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
        threshold=100000.0,
        summary="billing is 123,456 messages behind on orders",
        next_step="Are the members alive?",
        runbook="consumer-lag-high",
    )
    sent = content(
        [entry(alert, "http://lagwatch:8484")],
        receiver="webhook",
        labels={"kafka_cluster": "main", "group": "billing"},
        external_url="http://lagwatch:8484",
        firing=True,
    )
    assert json.loads(example) == sent


def test_every_example_of_settings_is_right():
    examples = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert len(examples) == 3
    for example in examples:
        # The files of secrets are not there; everything else is looked at.
        text = re.sub(r"(\w+)_file: \S+?([},\n]| #)", r"\1: 'https://example.com'\2", example)
        assert settings(f"bootstrap: a:1\n{text}").model_fields_set >= set(yaml.safe_load(example))


def test_the_numbers_are_those_of_the_program():
    delivery, route = Delivery(), Route(receivers=())
    assert (delivery.first_pause_s, delivery.longest_pause_s) == (1, 300)
    assert (delivery.give_up_s, delivery.give_up_end_s) == (24 * 3600, 3600)
    assert (route.group_wait_s, route.group_interval_s, route.group_by) == (30, 300, ("kafka_cluster", "group"))
    assert list(DEFAULT_REPEAT_S.values()) == [4 * 3600, 3600, 900]
    assert (MISSING_S, RESOLVED_KEPT_S, LOOK_S, MESSAGES_TO_OPEN) == (900, 900, 10, 3)
    assert f"at most {MESSAGE_LIMIT} of them" in FLAT
    assert f"more than {STORM} alerts" in FLAT
    assert f"the {DIGEST_NAMED} loudest alerts" in FLAT
    assert f"more than {SIZE_LIMIT:,} characters" in FLAT
