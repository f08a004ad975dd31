"""
Every cause of lag, provoked on a real cluster and told apart from the others.

All groups are in their troubles at the same time; lagwatch watches them with polls a second apart until each is diagnosed as it
should be, or for a minute. What it says then is what the tests look at.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from lagwatch.analyze.diagnosis import diagnosis_of
from lagwatch.collect.details.options import NO_DETAILS, DetailOptions
from lagwatch.cycle import Memory, advance
from lagwatch.model.diagnosis import Cause, Diagnosis
from lagwatch.model.filters import NameFilter
from tests.kafka.collecting import reading
from tests.kafka.support import client, unique
from tests.kafka.troubles import Playground

WINDOW_S = 10.0
CHANGE_S = 15.0
"""When what was usual comes to its end: by then it is known what is usual."""

OBSERVED_S = 26.0
AT_MOST_S = 75.0
RATE = 30.0
"""Records a second of a partition."""

EXPECTED = {
    "healthy": None,
    "stopped": Cause.STOPPED,
    "poison": Cause.STALLED,
    "hung": Cause.STALLED,
    "slow": Cause.SLOW,
    "flood": Cause.FLOOD,
    "hot": Cause.HOT_PARTITION,
    "few": Cause.TOO_FEW_MEMBERS,
    "rebalancing": Cause.REBALANCING,
    "open": Cause.OPEN_TRANSACTION,
    "retention": Cause.RETENTION,
    "left": Cause.ABANDONED_TOPIC,
    "rare": Cause.RARE_COMMITS,
    "recovering": Cause.CATCHING_UP,
    "delayed": Cause.UNKNOWN,
}


@dataclass(frozen=True)
class Observed:
    """What was found of each group, by its name without the prefix; `topic` is the first part of all topics' names."""

    prefix: str
    found: dict[str, Diagnosis]
    bootstrap: str

    def causes(self, name: str) -> list[Cause]:
        return [finding.cause for finding in self.found[name].findings]


class Troubles:
    """The stories of all groups."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.play = Playground(bootstrap)
        self.prefix = prefix
        self.transaction = Producer(
            client(bootstrap, transactional_id=f"{prefix}-payer", transaction_timeout_ms=120_000)
        )

    def name(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def begin(self) -> None:
        names = [name for name in EXPECTED if name != "open"]
        self.play.topics({self.name(name): 3 for name in [*names, "read-on"]} | {self.name("open"): 1})
        for name in names:
            self.play.writes(self.name(name), dict.fromkeys(range(3), RATE))
        for story in (
            self.healthy, self.stopped, self.poison, self.hung, self.slow, self.flood, self.hot, self.few, self.rebalancing,
            self.open, self.retention, self.left, self.rare, self.recovering, self.delayed,
        ):  # fmt: skip
            story()
        self.play.start()

    def reads(self, name: str, **settings):
        return self.play.reads(self.name(name), self.name(name), **settings)

    def healthy(self) -> None:
        self.reads("healthy", members=2)

    def stopped(self) -> None:
        (reader,) = self.reads("stopped")
        self.play.at(CHANGE_S, lambda: self.play.leaves(reader))

    def poison(self) -> None:
        (reader,) = self.reads("poison", client_id="poisoned")
        self.play.at(CHANGE_S, lambda: reader.stick(self.name("poison"), 1))

    def hung(self) -> None:
        (reader,) = self.reads("hung")
        self.play.at(CHANGE_S, lambda: setattr(reader, "asleep", True))

    def slow(self) -> None:
        (reader,) = self.reads("slow")
        self.play.at(CHANGE_S, lambda: setattr(reader, "capacity", RATE * 3 / 5))

    def flood(self) -> None:
        self.reads("flood", capacity=RATE * 6)
        self.play.at(CHANGE_S, lambda: self.play.writes(self.name("flood"), dict.fromkeys(range(3), RATE * 6)))

    def hot(self) -> None:
        self.reads("hot", members=3, capacity=RATE * 3)
        self.play.at(CHANGE_S, lambda: self.play.writes(self.name("hot"), {1: RATE * 10}))

    def few(self) -> None:
        self.reads("few", capacity=RATE * 1.5)

    def rebalancing(self) -> None:
        """A member that is busy for longer than the group has patience does not answer to the one that joins."""
        (busy,) = self.reads("rebalancing")
        self.play.at(CHANGE_S - 2, lambda: setattr(busy, "asleep", True))
        self.play.at(CHANGE_S, lambda: self.reads("rebalancing"))

    def open(self) -> None:
        topic = self.name("open")
        self.reads("open", isolation_level="read_committed")
        self.play.writes(topic, {0: RATE})
        self.transaction.init_transactions(30)

        def begin() -> None:
            self.transaction.begin_transaction()
            self.transaction.produce(topic, b"paid", partition=0)
            self.transaction.flush(10)

        self.play.at(CHANGE_S, begin)

    def retention(self) -> None:
        """The log start passes a commit again and again; what does that is of no matter."""
        (reader,) = self.reads("retention", capacity=RATE)
        reader.commit_every_s = 4.0
        for second in range(int(CHANGE_S), int(AT_MOST_S), 3):
            self.play.at(second, self.delete)

    def delete(self) -> None:
        topic, admin = self.name("retention"), AdminClient(client(self.play.bootstrap))
        ends = [TopicPartition(topic, p, -1) for p in range(3)]
        for future in admin.delete_records(ends).values():
            future.result()

    def left(self) -> None:
        """It reads two topics, and later only one of them."""
        (reader,) = self.play.reads(self.name("left"), self.name("left"), self.name("read-on"))
        self.play.writes(self.name("read-on"), dict.fromkeys(range(3), RATE))
        self.play.at(CHANGE_S - 3, lambda: reader.consumer.subscribe([self.name("read-on")]))

    def rare(self) -> None:
        (reader,) = self.reads("rare")
        reader.commit_every_s = 6.0

    def recovering(self) -> None:
        for partition in range(3):
            self.play.heap(self.name("recovering"), partition, 6000)
        self.reads("recovering", capacity=RATE * 3 + 200)

    def delayed(self) -> None:
        for partition in range(3):
            self.play.heap(self.name("delayed"), partition, 1000)
        (reader,) = self.reads("delayed")
        reader.behind_by = 900

    def end(self) -> None:
        self.transaction.abort_transaction(10)
        self.play.stop()


@pytest.fixture(scope="module", name="observed")
def _observed(cluster) -> Iterator[Observed]:
    troubles = Troubles(cluster.bootstrap, unique("cause"))
    troubles.begin()
    try:
        yield Observed(troubles.prefix, watched(cluster.bootstrap, troubles.prefix), cluster.bootstrap)
    finally:
        troubles.end()


def watched(bootstrap: str, prefix: str) -> dict[str, Diagnosis]:
    """The diagnoses of all groups when they are as expected; after a minute, as they are."""
    memory, begun = Memory(growth_window_s=WINDOW_S), time.monotonic()
    ours = NameFilter(include=(f"{prefix}-.*",))
    with reading(bootstrap, deadline_s=5, groups=ours, topics=ours, details=NO_DETAILS, past=False) as reader:
        while True:
            started = time.monotonic()
            snapshot = reader.read()
            if started - begun > OBSERVED_S:
                snapshot = replace(snapshot, details=slow_facts(bootstrap, ours))
            view, _ = advance(memory, snapshot, (), snapshot.at)
            found = {name: diagnosis_of(view, f"{prefix}-{name}") for name in EXPECTED}
            if started - begun > AT_MOST_S or (
                started - begun > OBSERVED_S and all(map(as_expected, EXPECTED, found.values()))
            ):
                return found
            time.sleep(max(0.0, started + 1.0 - time.monotonic()))


def slow_facts(bootstrap: str, ours: NameFilter):
    wanted = DetailOptions(parts=frozenset({"transactions"}), at_once=True)
    with reading(bootstrap, deadline_s=5, groups=ours, topics=ours, details=wanted, past=False) as reader:
        return reader.read().details


def as_expected(name: str, found: Diagnosis | None) -> bool:
    causes = [finding.cause for finding in found.findings] if found else []
    return causes[:1] == [EXPECTED[name]] or (causes == [] and EXPECTED[name] is None)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_cause_is_found_and_comes_first(observed, name):
    expected = EXPECTED[name]
    assert observed.causes(name)[:1] == ([] if expected is None else [expected]), observed.found[name]
