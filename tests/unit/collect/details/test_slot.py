"""When a slow part is read, by plain values: no connection is made."""

import asyncio
import time

import numpy as np
import pytest

from lagwatch.collect.details.asking import Asking
from lagwatch.collect.details.slot import DENIED_S, FAILED_S, Slot
from lagwatch.collect.errors import NoAnswer
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.layout import Layout
from lagwatch.model.snapshot import Broker, nothing

HERE = nothing("x", 0.0).partitions


def asking(*brokers, silent=()):
    exchange = Exchange(None, time.monotonic() + 10)
    exchange._silent = {node: NoAnswer("CONNECTION_FAILED", "down") for node in silent}
    layout = Layout(
        brokers=tuple(Broker(id=b) for b in brokers),
        controller=None,
        cluster_id=None,
        topology=None,
        leader=HERE.leader,
        replicas=HERE.replicas,
        isr=HERE.isr,
        offline=HERE.offline,
        failed=(),
    )
    none = np.empty(0, np.int64)
    return Asking(part="log_dirs", exchange=exchange, layout=layout, lso=none, end=none, config=())


def slot(answers, **options):
    """A part that gives these answers, one a reading."""
    left = iter(answers)

    async def read(each):
        answer = next(left)
        if isinstance(answer, NoAnswer):
            raise answer
        each.silent.update(broker for broker in each.brokers if not each.exchange.answers(broker))
        return answer

    return Slot("log_dirs", read, every_s=300.0, **options)


def read(part, now, *brokers, silent=()):
    asyncio.run(part.read(asking(*brokers, silent=silent), now, at=1000.0 + now))


def test_a_part_is_read_in_its_own_time():
    part = slot(["first", "second"])
    assert part.is_due(asking(1, 2), 0.0)
    read(part, 0.0, 1, 2)
    assert not part.is_due(asking(1, 2), 299.0)
    assert part.is_due(asking(1, 2), 300.0)
    read(part, 300.0, 1, 2)
    assert (part.value.value, part.value.read_at) == ("second", 1300.0)


@pytest.mark.parametrize("brokers", [(1,), (1, 2, 3)])
def test_it_is_read_sooner_when_brokers_came_or_went(brokers):
    part = slot(["first"])
    read(part, 0.0, 1, 2)
    assert part.is_due(asking(*brokers), 30.0)


def test_it_is_read_sooner_when_a_silent_broker_answers_again():
    part = slot(["first"])
    read(part, 0.0, 1, 2, silent=[2])
    assert not part.is_due(asking(1, 2, silent=[2]), 30.0)
    assert part.is_due(asking(1, 2), 60.0)


@pytest.mark.parametrize(
    ("reason", "again_s"),
    [("CLUSTER_AUTHORIZATION_FAILED", DENIED_S), ("UNSUPPORTED_VERSION", DENIED_S), ("REQUEST_TIMED_OUT", FAILED_S)],
)
def test_what_failed_keeps_its_last_value_and_is_left_alone_for_a_while(reason, again_s):
    part = slot(["first", NoAnswer(reason, "no"), "third"])
    read(part, 0.0, 1)
    read(part, 300.0, 1)
    assert part.value.value == "first"
    assert part.value.read_at == 1000.0
    assert [(gap.part, gap.reason) for gap in part.gaps.all()] == [("log_dirs", reason)]
    assert not part.is_due(asking(1, 2), 300.0 + again_s - 1)
    assert part.is_due(asking(1), 300.0 + again_s)
    read(part, 300.0 + again_s, 1)
    assert part.value.value == "third"
    assert not part.gaps


def test_a_poll_may_want_it_at_once():
    part = slot(["first"], wanted=lambda _asking, mine: mine.value.value == "first")
    read(part, 0.0, 1)
    assert part.is_due(asking(1), 1.0)
