"""An alert about a topic whose readers are blocked names the transaction that does it."""

import pytest

from lagwatch.config import default_rules
from lagwatch.cycle import Memory, advance
from lagwatch.model.alerts import State
from lagwatch.model.details import OpenProducer, Transaction
from tests.support import details as d
from tests.support.build import T0, snapshot, topic

RULES = tuple(rule for rule in default_rules() if rule.name == "HungTransaction")
ONGOING = Transaction(
    transactional_id="payer",
    producer_id=7,
    state="Ongoing",
    coordinator=2,
    started_at=T0 - 60,
    partitions=(("orders", 0),),
)


def holder(**fields):
    usual = {
        "topic": "orders",
        "partition": 0,
        "producer_id": 7,
        "producer_epoch": 1,
        "start_offset": 40,
        "since": T0 - 30,
    }
    return OpenProducer(**{**usual, **fields})


def alert(details):
    """The alert after twenty minutes with a last stable offset that stands still."""
    memory = Memory()
    for k in range(41):
        held = topic((0, 100 + k)) | {"lso": [40]}
        facts = snapshot({"orders": held, "other": topic((0, 1))}, {}, at=T0 + 30 * k, details=details)
        verdict = advance(memory, facts, RULES, facts.at)[1]
    (found,) = verdict.alerts
    assert found.state is State.FIRING
    return found


def test_a_known_transaction_is_named_with_its_coordinator_and_its_age():
    known = holder(transactional_id="payer", state="Ongoing", coordinator=2, started_at=T0 - 60)
    found = alert(d.details(ongoing=[ONGOING], holders=[known]))
    assert found.seen["held_by"] == (
        'producer 7 (transactional id "payer", partition 0 from offset 40, begun 21m ago, last written 20m 30s ago, '
        "coordinator: broker 2)"
    )
    assert found.cause == f"The open transaction is that of {found.seen['held_by']}."
    assert "same transactional id" in found.next_step


@pytest.mark.parametrize("name", ["", "payer"])
def test_a_hung_one_comes_first_and_the_command_that_ends_it_is_given(name):
    hung = holder(
        producer_id=9, start_offset=55, state="CompleteAbort" if name else "", transactional_id=name, hung=True
    )
    known = holder(transactional_id="other", state="Ongoing", coordinator=2)
    found = alert(d.details(ongoing=[], holders=[known, hung]))
    assert found.seen["held_by"].startswith("producer 9 (")
    assert found.seen["held_by"].endswith("it is hung), and 1 other")
    assert "abort --topic orders --partition 0 --start-offset 55" in found.next_step


def test_without_leave_to_see_producers_the_coordinator_still_knows():
    found = alert(d.details(ongoing=[ONGOING]))
    assert 'producer 7 (transactional id "payer", begun 21m ago, coordinator: broker 2)' in found.cause


@pytest.mark.parametrize("details", [None, d.details(), d.details(ongoing=[], holders=[holder(topic="other")])])
def test_where_nobody_is_known_nobody_is_named(details):
    found = alert(details)
    assert "held_by" not in found.seen
    assert found.cause == ""
    assert "find-hanging" in found.next_step
