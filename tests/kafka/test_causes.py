"""
Every cause of lag, provoked on a real cluster and told apart from the others.

All groups are in their troubles at the same time; lagwatch watches them with polls a second apart until each is diagnosed as it
should be, or for a minute. What it says then is what the tests look at.
"""

import json
import re
import subprocess
import sys
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
from tests.kafka.support import client, commit, unique
from tests.kafka.troubles import Playground

WINDOW_S = 10.0
CHANGE_S = 22.0
"""When what was usual comes to its end: by then it is known what is usual, on a busy machine as well."""

OBSERVED_S = CHANGE_S + 11.0
AT_MOST_S = CHANGE_S + 60.0
RATE = 30.0
"""Records a second of a partition."""

EXPECTED = {
    "healthy": (None, "keeps up"),
    "stopped": (Cause.STOPPED, "has had no members for"),
    "poison": (Cause.STALLED, "partition 1 for .*at offset [1-9].*owned by poisoned on .*2 others of the topic go on"),
    "hung": (Cause.STALLED, "all 3 partitions of .*get nowhere"),
    "slow": (Cause.SLOW, "more slowly than it did: .* instead of the usual"),
    "flood": (Cause.FLOOD, "More comes to .* than usual: .* instead of"),
    "hot": (Cause.HOT_PARTITION, "partition 1 of 3 holds .* of what comes .*owned by"),
    "few": (Cause.TOO_FEW_MEMBERS, "1 member, all busy, reads .* [23] would keep up"),
    "rebalancing": (Cause.REBALANCING, "has been rebalancing for .*PreparingRebalance, 2 members"),
    "restless": (Cause.REBALANCING, "does not come to rest: .*restless on"),
    "open": (Cause.OPEN_TRANSACTION, "has held back the rest .*transactional id {prefix}-payer, since"),
    "retention": (Cause.RETENTION, "has deleted .* had not read"),
    "left": (Cause.ABANDONED_TOPIC, "does not consume .* any more"),
    "rare": (Cause.RARE_COMMITS, "commits on .* every [4-8]s only"),
    "beyond": (Cause.BEYOND_END, "has committed 1,000,000 on .* partition 0, .* beyond the log end"),
    "recovering": (Cause.CATCHING_UP, "is catching up .* will be read in about"),
    "delayed": (Cause.UNKNOWN, "keeps its distance"),
}
"""The first cause of each group, and what its sentence says."""


BOTH = {
    ("retention", Cause.TOO_FEW_MEMBERS),
    ("retention", Cause.SLOW),
    ("retention", Cause.STALLED),
    ("restless", Cause.SLOW),
    ("left", Cause.CATCHING_UP),
}
"""What may be told beside the first cause of a group, since it is true as well."""


@dataclass(frozen=True)
class Observed:
    """What was found of each group, by its name without the prefix, and what `lagwatch why` said of one of them meanwhile."""

    prefix: str
    found: dict[str, Diagnosis]
    why: subprocess.CompletedProcess[str]

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
            self.restless, self.open, self.retention, self.left, self.rare, self.beyond,
            self.recovering, self.delayed,
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
        self.reads("few", capacity=RATE * 1.7)

    def rebalancing(self) -> None:
        """A member that is busy for longer than the group has patience does not answer to the one that joins."""
        (busy,) = self.reads("rebalancing")
        self.play.at(CHANGE_S - 2, lambda: setattr(busy, "asleep", True))
        self.play.at(CHANGE_S, lambda: self.reads("rebalancing"))

    def restless(self) -> None:
        self.reads("restless", capacity=RATE / 2)
        self.play.comes_and_goes(self.name("restless"), self.name("restless"), 1.5)

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

    def beyond(self) -> None:
        commit(self.play.bootstrap, self.name("beyond"), {(self.name("beyond"), 0): 1_000_000})

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
    asking = Asking(f"{troubles.prefix}-poison", cluster.bootstrap)
    troubles.play.at(CHANGE_S + 1, asking.begin)
    try:
        found = watched(cluster.bootstrap, troubles.prefix)
        yield Observed(troubles.prefix, found, asking.end())
    finally:
        troubles.end()


class Asking:
    """`lagwatch why` as a program of its own, while lagwatch watches here."""

    def __init__(self, group: str, bootstrap: str) -> None:
        self._command = [
            sys.executable,
            "-m",
            "lagwatch",
            "why",
            group,
            "--bootstrap",
            bootstrap,
            "--for",
            "8s",
            "--json",
        ]
        self._process: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command, stdout=pipe, stderr=pipe, text=True)

    def end(self) -> subprocess.CompletedProcess[str]:
        assert self._process is not None
        out, errors = self._process.communicate(timeout=60)
        return subprocess.CompletedProcess(self._command, self._process.returncode, out, errors)


def watched(bootstrap: str, prefix: str) -> dict[str, Diagnosis]:
    """The diagnosis of each group when it was as expected in two polls in a row; after a minute, as it is."""
    memory, begun = Memory(growth_window_s=WINDOW_S), time.monotonic()
    ours = NameFilter(include=(f"{prefix}-.*",))
    settled: dict[str, Diagnosis] = {}
    before: dict[str, Diagnosis] = {}
    with reading(bootstrap, deadline_s=5, groups=ours, topics=ours, details=NO_DETAILS, past=False) as reader:
        while True:
            started = time.monotonic()
            snapshot = reader.read()
            if started - begun > OBSERVED_S:
                snapshot = replace(snapshot, details=slow_facts(bootstrap, ours))
            view, _ = advance(memory, snapshot, (), snapshot.at)
            found = {name: diagnosis for name in EXPECTED if (diagnosis := diagnosis_of(view, f"{prefix}-{name}"))}
            if started - begun > OBSERVED_S:
                good = {name for name in found if as_expected(name, found[name])}
                settled = {name: found[name] for name in good if name in before} | settled
                before = {name: found[name] for name in good}
            if settled.keys() == EXPECTED.keys() or started - begun > AT_MOST_S:
                return found | settled
            time.sleep(max(0.0, started + 1.0 - time.monotonic()))


def slow_facts(bootstrap: str, ours: NameFilter):
    wanted = DetailOptions(parts=frozenset({"transactions"}), at_once=True)
    with reading(bootstrap, deadline_s=5, groups=ours, topics=ours, details=wanted, past=False) as reader:
        return reader.read().details


def as_expected(name: str, found: Diagnosis) -> bool:
    """Its first cause and the words of that, and none beside it that is not true as well."""
    causes = [finding.cause for finding in found.findings]
    apart = {(name, cause) for cause in causes[1:]} <= BOTH
    return causes[:1] == expected(name) and apart and re.search(words(name), found.sentence) is not None


def words(name: str) -> str:
    return EXPECTED[name][1].replace("{prefix}", ".*")


def expected(name: str) -> list[Cause]:
    cause = EXPECTED[name][0]
    return [] if cause is None else [cause]


@pytest.mark.parametrize("name", EXPECTED)
def test_the_cause_is_found_comes_first_and_is_told_with_its_evidence(observed, name):
    assert observed.causes(name)[:1] == expected(name), observed.found[name]
    said = EXPECTED[name][1].format(prefix=observed.prefix)
    assert re.search(said, observed.found[name].sentence), observed.found[name].sentence


def test_causes_are_told_apart(observed):
    """What comes first for one group is not even a second thought for others, but where both are true."""
    seconds = {(name, cause) for name in EXPECTED for cause in observed.causes(name)[1:]}
    assert seconds <= BOTH, seconds


def test_lagwatch_why_finds_it_too_and_says_what_so_short_a_look_cannot_tell(observed):
    why = observed.why
    assert why.returncode == 3, why
    found = json.loads(why.stdout)
    assert (found["group"], found["findings"][0]["cause"]) == (f"{observed.prefix}-poison", "stalled")
    assert found["looked_s"] == 8.0
    assert any("what happened before it" in sentence for sentence in found["not_known"])
    assert f"watching {observed.prefix}-poison for 8 s" in why.stderr
