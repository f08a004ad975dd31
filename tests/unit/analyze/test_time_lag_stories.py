"""Time lag through whole stories of a cluster, held to when each record really was appended."""

from collections import defaultdict
from dataclasses import dataclass, field
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lagwatch.analyze.ends import HOUR_S
from lagwatch.analyze.history import History
from lagwatch.analyze.kept import keep, take_up
from lagwatch.analyze.view import view
from tests.support.build import T0, group, snapshot, topic

STEP = 30.0
EPS = 0.02  # seconds; time lag is a 4-byte float


@dataclass
class Log:
    """A partition: when each of its records was appended, what is retained, and how far its reader has committed."""

    random: Random
    times: list[float] = field(default_factory=list)
    start: int = 0
    committed: int | None = None
    comes: str = "steady"
    reader: str = "slow"

    def live(self, before: float, now: float) -> None:
        """What happens from one poll to the next."""
        some = self.random
        if some.random() < 0.08:
            self.comes = some.choice(["idle", "steady", "bursts"])
        if some.random() < 0.06:
            self.reader = some.choice(["fast", "slow", "stuck"])
        count = {"idle": 0, "steady": 20, "bursts": some.choice([0, 400])}[self.comes] + (some.random() < 0.05)
        self.times += sorted(some.uniform(before, now) for _ in range(count))
        if some.random() < 0.04:
            self.start = some.randint(self.start, len(self.times))
        if self.committed is None or some.random() < 0.02:
            self.committed = some.randint(self.start, len(self.times))
        elif self.reader != "stuck":
            reads = len(self.times) if self.reader == "fast" else 10
            self.committed = min(max(self.committed, self.start) + reads, len(self.times))

    @property
    def next(self) -> int:
        """The next record that will be read."""
        return max(self.committed or 0, self.start)


@dataclass
class World:
    """Two topics, one group, and somebody who looks now and then: polls are missing, leaders do not answer, topics begin anew."""

    random: Random
    setbacks: bool
    now: float = 0.0
    skew: float = 0.0
    logs: dict[tuple[str, int], Log] = field(default_factory=dict)
    born: dict[str, int] = field(default_factory=lambda: {"orders": 0, "clicks": 0})
    dark: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.logs = {key: Log(self.random) for key in (("clicks", 0), ("orders", 0), ("orders", 1))}

    def poll(self, history: History):
        """The view of the next poll."""
        some, before = self.random, self.now
        self.now += STEP * (some.choice([2, 5, 20]) if some.random() < 0.05 else 1)
        for log in self.logs.values():
            log.live(before, self.now)
        if some.random() < 0.02:
            self.recreate(some.choice(sorted(self.born)))
        if self.setbacks and some.random() < 0.02:
            self.skew -= some.choice([200.0, 4000.0])
        self.dark = {key for key in self.logs if some.random() < 0.07}
        topics = {
            name: topic(*self.column(name, self.offsets)) | {"id": f"{name}-{n}"} for name, n in self.born.items()
        }
        commits = None if some.random() < 0.04 else group({name: self.column(name, self.commit) for name in self.born})
        return view(history, snapshot(topics, {"billing": commits}, at=T0 + self.now + self.skew, cluster_id="abc"))

    def recreate(self, name: str) -> None:
        self.born[name] += 1
        self.logs |= {key: Log(self.random) for key in self.logs if key[0] == name}

    def column(self, name, of):
        return [of(key) for key in sorted(self.logs) if key[0] == name]

    def offsets(self, key):
        return (None, None) if key in self.dark else (self.logs[key].start, len(self.logs[key].times))

    def commit(self, key):
        return None if self.random.random() < 0.03 else self.logs[key].committed


def rows(seen):
    """What the view says: lag, time lag and whether that is a bound, by partition."""
    facts, commits = seen.snapshot, seen.snapshot.commits
    names = [(facts.topics.names[facts.partitions.topic[r]], int(facts.partitions.partition[r])) for r in commits.row]
    return dict(zip(names, zip(seen.lag, seen.time_lag_s, seen.time_lag_bound, strict=True), strict=True))


def restarted(history: History, now: float) -> History:
    kept, fresh = keep(history), History()
    assert kept is not None
    take_up(kept, fresh, now)
    return fresh


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_whatever_happens_bounds_hold_errors_are_small_and_who_is_stuck_waits_on(seed, setbacks):
    world, history = World(Random(seed), setbacks), History()
    waited = defaultdict(dict)
    for k in range(120):
        if k and world.random.random() < 0.03:
            history = restarted(history, T0 + world.now + world.skew)
        seen = world.poll(history)
        for key, (lag, seconds, bound) in rows(seen).items():
            log = world.logs[key]
            if key in world.dark:
                assert (lag, np.isnan(seconds)) == (-1, True)
                continue
            assert lag == len(log.times) - log.next
            if not lag:
                assert (seconds, bound) == (0, False)
                continue
            truth = world.now - log.times[log.next]
            if bound:
                assert seconds <= truth + EPS
            else:
                learnt = history.time_lags.ends.step_s  # more than a step after many missed polls
                usual = STEP if learnt <= STEP else 1.5 * learnt
                error = usual if truth < HOUR_S - STEP else max(usual, truth / 8)
                # How long it was before a poll that finds the clock put back is not known; a step, at least.
                assert seconds <= truth + error + EPS
                assert setbacks or seconds >= truth - error - EPS
            record = (world.born[key[0]], log.committed, log.next)
            at, before = waited[key].get(record, (world.now, 0.0))
            assert setbacks or seconds >= before + (world.now - at) - EPS
            waited[key] = {record: (world.now, seconds)}
