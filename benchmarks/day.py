"""
What a day of history costs: polls of a cluster of the benchmark's size, one after the other, without Kafka.

    python -m benchmarks.day [--hours H] [--interval S] [--size "80,000 commits"]

Every log grows and every group commits between two polls; a tenth of the groups falls behind. Printed are the resident memory
of the process after some hours, and the CPU time of `advance` and of rendering the page: minimum, median and maximum of the polls
since the line before.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.render import SIZES, make_view
from lagwatch.config import effective_rules, load
from lagwatch.cycle import Memory, advance
from lagwatch.model.latest import Latest, PollHealth
from lagwatch.model.snapshot import Snapshot
from lagwatch.publish.board import Board

START = 1_700_000_000.0
BEHIND = 10
"""One group in so many reads only half of what comes in."""


def polls(topics_of_each: int, count: int, interval_s: float) -> Iterator[Snapshot]:
    """A cluster that lives, poll by poll."""
    snapshot = make_view(topics_of_each).snapshot
    random = np.random.default_rng(1)
    row = snapshot.commits.row
    speed = random.integers(10, 80, len(snapshot.partitions))
    share = np.where(snapshot.commits.group % BEHIND == 0, 0.5, 1.0)
    end = np.full(len(speed), 1_000_000, np.int64)
    offset = end[row].astype(np.float64)
    for number in range(count):
        offset += (speed[row] + random.integers(-5, 6, len(row))) * share
        end = end + speed
        committed = np.minimum(offset, end[row]).astype(np.int64)
        partitions = replace(snapshot.partitions, end=end, lso=end)
        commits = replace(snapshot.commits, offset=committed)
        yield replace(snapshot, at=START + number * interval_s, partitions=partitions, commits=commits)


def resident_mb() -> float:
    """The resident memory of this process now, MB of a million bytes."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e6


def measure(topics_of_each: int, hours: float, interval_s: float) -> None:
    """Prints a line at the start, and after each quarter of the time."""
    rules = effective_rules(load(None, {}, {"bootstrap": "localhost:9092"}))
    memory, board = Memory(), Board(clock=lambda: START)
    count = round(hours * 3600 / interval_s)
    advanced: list[float] = []
    rendered: list[float] = []
    print(f"{'hours':>6} {'MB':>6}   {'advance, ms CPU':<22} rendering, ms CPU")
    for number, snapshot in enumerate(polls(topics_of_each, count, interval_s), 1):
        begun = time.process_time()
        view, verdict = advance(memory, snapshot, rules, snapshot.at)
        between = time.process_time()
        health = PollHealth(interval_s=interval_s, deadline_s=20, last_good_at=snapshot.at)
        board.put(Latest(cluster="main", health=health, rules=rules, view=view, verdict=verdict))
        advanced.append(between - begun)
        rendered.append(time.process_time() - between)
        if number == 10 or number % max(count // 4, 1) == 0:
            passed = number * interval_s / 3600
            print(f"{passed:6.1f} {resident_mb():6.0f}   {_spread(advanced):<22} {_spread(rendered)}", flush=True)
            advanced, rendered = [], []


def _spread(seconds: list[float]) -> str:
    lowest, middle, highest = min(seconds), statistics.median(seconds), max(seconds)
    return f"{1000 * lowest:.0f} / {1000 * middle:.0f} / {1000 * highest:.0f}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--interval", type=float, default=30.0, metavar="S")
    parser.add_argument("--size", choices=list(SIZES), default=next(iter(SIZES)))
    options = parser.parse_args()
    measure(SIZES[options.size], options.hours, options.interval)


if __name__ == "__main__":
    main()
