"""Workers on a clock that does as it is told: order, stubbornness, dead letters, and a process that dies in between."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.errors import LagwatchError
from lagwatch.model.notices import Message, Outbox, Status
from lagwatch.publish.notices.backoff import Breaker, Delivery
from lagwatch.publish.notices.base import Receiver
from lagwatch.publish.notices.outcome import Fate, Outcome
from lagwatch.publish.notices.worker import Worker
from lagwatch.store import Store, in_directory
from tests.support.notices import T0, message
from tests.support.outbox import MemoryOutbox

SENT, FAULT, DOWN, NO = (
    Outcome(Fate.SENT),
    Outcome(Fate.RETRY, "the receiver answered 500"),
    Outcome(Fate.RETRY, "nobody there", everyone=True),
    Outcome(Fate.REFUSED, "the receiver answered 400"),
)


class Played(Receiver):
    """A receiver that answers as a test says, and remembers what it was sent and what it took."""

    kind = "played"

    def __init__(self, answer: Callable[[Message], Outcome]) -> None:
        super().__init__("hook", "nowhere")
        self._answer = answer
        self.tried: list[str] = []
        self.taken: list[str] = []

    def _send(self, message: Message) -> Outcome:
        self.tried.append(message.id)
        outcome = self._answer(message)
        if outcome.fate is Fate.SENT:
            self.taken.append(message.id)
        return outcome


class World:
    """One receiver, its outbox, and the time."""

    def __init__(self, answer: Callable[[Message], Outcome], outbox: Outbox | None = None) -> None:
        self.now = T0
        self.outbox = outbox or MemoryOutbox()
        self.receiver = Played(answer)
        self.restart()

    def restart(self) -> None:
        self.worker = Worker(self.receiver, self.outbox, clock=lambda: self.now, chance=lambda: 0.0)

    def run_until(self, end: float, every: float = 0.5) -> None:
        while self.now < end:
            while self.worker.step():
                pass
            self.now += every


def in_order(world: World) -> bool:
    """Whether the first time that each message was taken is in the order of its key."""
    first = list(dict.fromkeys(world.receiver.taken))
    keys = {each.partition("-")[0] for each in first}
    return all(
        [each for each in first if each.startswith(f"{key}-")]
        == sorted((each for each in first if each.startswith(f"{key}-")), key=lambda each: int(each.partition("-")[2]))
        for key in keys
    )


def test_a_receiver_that_is_down_for_ten_minutes_loses_nothing_and_keeps_the_order():
    world = World(lambda _: DOWN if world.now < T0 + 600 else SENT)
    expected = []
    for minute, key in itertools.product(range(10), "abc"):
        expected.append(f"{key}-{minute}")
        world.outbox.put([message(key, minute, at=T0 + 60 * minute)], ())
    world.run_until(T0 + 1200)
    assert sorted(world.receiver.taken) == sorted(expected)
    assert in_order(world)
    # One message is tried at a time, with pauses that double to five minutes.
    assert len(world.receiver.tried) - len(world.receiver.taken) <= 10
    assert world.worker.counts().pending == 0


def test_the_pauses_of_one_message_double_up_to_five_minutes():
    world = World(lambda _: FAULT)
    times: list[float] = []
    world.receiver._answer = lambda _: times.append(world.now) or FAULT
    world.outbox.put([message()], ())
    world.run_until(T0 + 2000, every=1.0)
    gaps = [later - sooner for sooner, later in itertools.pairwise(times)]
    assert gaps[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]


def test_a_message_that_the_receiver_chokes_on_does_not_hold_up_other_groups():
    world = World(lambda each: FAULT if each.key == "bad" else SENT)
    world.outbox.put([message("bad", 1), message("bad", 2), message("good", 1)], ())
    world.run_until(T0 + 400)
    world.outbox.put([message("good", 2, at=world.now)], ())
    world.run_until(world.now + 1)
    assert world.receiver.taken == ["good-1", "good-2"]
    assert not world.worker.counts().down


def test_several_messages_that_fail_are_a_receiver_that_takes_nothing():
    world = World(lambda _: FAULT)
    world.outbox.put([message(key) for key in "abcdef"], ())
    world.worker.step()
    assert (len(world.receiver.tried), world.worker.counts().down) == (3, True)
    assert world.worker.step() is False
    world.receiver._answer = lambda _: SENT
    world.run_until(T0 + 10)
    assert sorted(world.receiver.taken) == [f"{key}-0" for key in "abcdef"]
    assert not world.worker.counts().down


def test_a_receiver_that_asks_for_a_pause_is_left_alone_for_so_long():
    asked = Outcome(Fate.RETRY, "429", everyone=True, pause_s=120.0)
    world = World(lambda _: asked if world.now < T0 + 1 else SENT)
    world.outbox.put([message("a"), message("b")], ())
    world.run_until(T0 + 120)
    assert len(world.receiver.tried) == 1
    world.run_until(T0 + 122)
    assert len(world.receiver.taken) == 2


def test_what_is_refused_is_a_dead_letter_and_the_next_of_its_group_goes_on():
    world = World(lambda each: NO if each.id == "a-1" else SENT)
    world.outbox.put([message("a", 1), message("a", 2)], ())
    world.run_until(T0 + 5)
    assert world.receiver.taken == ["a-2"]
    counts = world.worker.counts()
    assert (counts.dead, counts.failed_by_reason, counts.last_error) == (1, {"refused": 1}, NO.reason)
    world.receiver._answer = lambda _: SENT
    world.outbox.resend("a-1", world.now)
    world.run_until(T0 + 10)
    assert (world.receiver.taken, world.worker.counts().dead) == (["a-2", "a-1"], 0)


@pytest.mark.parametrize("status, patience_s", [(Status.FIRING, 86_400), (Status.RESOLVED, 3_600)])
def test_what_fires_is_given_up_after_a_day_and_an_end_after_an_hour(status, patience_s):
    world = World(lambda _: FAULT)
    world.outbox.put([message(status=status)], ())
    world.run_until(T0 + patience_s - 301, every=60)
    assert world.worker.counts().pending == 1
    world.run_until(T0 + patience_s + 400, every=60)
    assert (world.worker.counts().dead, world.worker.counts().failed_by_reason) == (1, {"gave_up": 1})


def test_an_end_that_waited_behind_its_beginning_for_hours_is_tried_all_the_same():
    world = World(lambda _: DOWN if world.now < T0 + 7200 else SENT)
    world.outbox.put([message("a", 1), message("a", 2, status=Status.RESOLVED)], ())
    world.run_until(T0 + 7600, every=10)
    assert world.receiver.taken == ["a-1", "a-2"]


def test_an_outbox_that_is_away_is_said_to_whoever_runs_the_worker():
    class Away(MemoryOutbox):
        def due(self, *_args, **_options):
            raise LagwatchError("the store is away")

    with pytest.raises(LagwatchError, match="away"):
        World(lambda _: SENT, Away()).worker.step()


def test_a_fault_of_ours_becomes_a_dead_letter_that_says_where_to_look():
    def broken(_: Message) -> Outcome:
        raise RuntimeError("hunter2")

    world = World(broken)
    world.outbox.put([message()], ())
    world.worker.step()
    assert world.worker.counts().last_error == "RuntimeError inside lagwatch; the log has the traceback"


@contextmanager
def stored(directory: Path) -> Iterator[Store]:
    store = Store(in_directory(directory))
    store.open()
    try:
        yield store
    finally:
        assert store.close(10.0)


def written(store: Store) -> None:
    """Wait until everything is in the database."""
    until = time.monotonic() + 10
    while store.health().pending:
        assert time.monotonic() < until, "not written in time"
        time.sleep(0.005)


def test_a_restart_in_between_sends_what_is_left_in_order_and_nothing_is_lost(tmp_path):
    world = World(lambda _: DOWN if world.now < T0 + 600 else SENT)
    for life in range(4):
        with stored(tmp_path) as store:
            world.outbox = store.outbox
            world.restart()
            world.now = T0 + 200 * life
            world.outbox.put([message(key, life, at=world.now) for key in "ab"], ())
            written(store)
            world.run_until(world.now + 190, every=5)
    assert sorted(set(world.receiver.taken)) == sorted(f"{key}-{life}" for key in "ab" for life in range(4))
    assert in_order(world)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["put", "pass", "restart", "die"]),
        st.sampled_from("abc"),
        st.sampled_from([SENT, SENT, FAULT, DOWN, Outcome(Fate.RETRY, "429", everyone=True, pause_s=50.0)]),
    ),
    max_size=60,
)


@given(EVENTS)
def test_whatever_happens_everything_arrives_in_the_order_of_its_group(events):
    answer = [SENT]
    world = World(lambda _: answer[0])
    numbers = itertools.count()
    put = []
    for what, key, outcome in events:
        answer[0] = outcome
        if what == "put":
            made = message(key, next(numbers), at=world.now)
            put.append(made.id)
            world.outbox.put([made], ())
        elif what == "pass":
            world.run_until(world.now + 5)
        elif what == "restart":
            world.restart()
        else:
            # The process dies after a message was sent and before that was written down: it is sent again.
            for entry in world.outbox.due("hook", world.now):
                world.receiver.send(entry.message)
            world.restart()
    answer[0] = SENT
    world.run_until(world.now + 700, every=5)
    assert set(world.receiver.taken) == set(put)
    assert in_order(world)
    assert world.outbox.health("hook").pending == 0


def test_pauses_are_a_random_part_of_the_longest():
    delivery = Delivery()
    assert [delivery.pause_s(tries, 0.0) for tries in (1, 2, 9, 10, 10_000)] == [1, 2, 256, 300, 300]
    assert delivery.pause_s(3, 0.75) == 1.0


def test_a_breaker_opens_with_the_receiver_and_closes_with_the_first_answer():
    breaker = Breaker(Delivery())
    breaker.note("a", FAULT, T0, 0.0)
    breaker.note("a", FAULT, T0, 0.0)
    assert not breaker.is_open
    breaker.note("b", DOWN, T0, 0.0)
    assert (breaker.is_open, breaker.until) == (True, T0 + 1)
    breaker.note("b", FAULT, T0 + 1, 0.0)
    assert breaker.until == T0 + 3
    breaker.note("b", NO, T0 + 3, 0.0)
    assert (breaker.is_open, breaker.until) == (False, 0.0)
