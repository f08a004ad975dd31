"""
What the metrics page costs: rendering it once per poll, and one scrape of it. No Kafka is needed.

    python -m benchmarks.render [--polls N]

Each size runs in a process of its own. Between two polls every offset and every lag moves, which is the worst case; the
opposite, a poll in which nothing moved, is measured too. CPU time is that of the whole process.
"""

import argparse
import gzip
import resource
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lagwatch.analyze.history import History
from lagwatch.analyze.view import view as analyze
from lagwatch.model.latest import Latest, PollHealth
from lagwatch.model.snapshot import (
    Broker,
    CommitTable,
    Group,
    PartitionTable,
    Placement,
    PollStats,
    Snapshot,
    TopicTable,
)
from lagwatch.model.view import View
from lagwatch.publish.board import Board
from lagwatch.publish.metrics import Format, Variant

TOPICS, PARTITIONS, GROUPS = 600, 20, 2_000
SIZES = {"80,000 commits": 2, "1,000,000 commits": 25}
"""Topics that each group has committed on, all their partitions."""


def make_view(topics_of_each: int) -> View:
    """A cluster of design.md's shape whose groups have committed on so many topics each."""
    rows = TOPICS * PARTITIONS
    snapshot = Snapshot(
        at=0.0,
        cluster="main",
        brokers=tuple(Broker(id=b, host="127.0.0.1", port=9090 + b) for b in (1, 2, 3)),
        topics=TopicTable(
            names=tuple(f"benchmark-topic-{t:04d}" for t in range(TOPICS)),
            first=np.arange(0, rows + 1, PARTITIONS),
            ids=(None,) * TOPICS,
            internal=np.zeros(TOPICS, np.bool_),
            config=({"min.insync.replicas": "2"},) * TOPICS,
        ),
        partitions=make_partitions(),
        groups=tuple(
            Group(name=f"benchmark-group-{g:05d}", type="classic", state="Stable", member_count=3)
            for g in range(GROUPS)
        ),
        commits=make_commits(topics_of_each),
        stats=PollStats(requests={"OffsetFetch": 3, "ListOffsets": 9, "Metadata": 1}),
    )
    return analyze(History(), snapshot)


def make_partitions() -> PartitionTable:
    """Three replicas each, all of them in sync."""
    rows = TOPICS * PARTITIONS
    zeros = np.zeros(rows, np.int64)
    placement = Placement(first=np.arange(rows + 1) * 3, brokers=np.tile(np.array([1, 2, 3], np.int32), rows))
    return PartitionTable(
        topic=np.repeat(np.arange(TOPICS, dtype=np.int32), PARTITIONS),
        partition=np.tile(np.arange(PARTITIONS, dtype=np.int32), TOPICS),
        leader=(np.arange(rows) % 3 + 1).astype(np.int32),
        start=zeros,
        end=zeros,
        lso=zeros,
        replicas=placement,
        isr=placement,
        offline=Placement(first=np.zeros(rows + 1, np.int64), brokers=np.empty(0, np.int32)),
    )


def make_commits(topics_of_each: int) -> CommitTable:
    """All partitions of each topic of each group; neighbours have other topics."""
    chosen = (np.arange(GROUPS)[:, None] + np.arange(topics_of_each) * (TOPICS // topics_of_each)) % TOPICS
    chosen.sort(axis=1)
    row = (chosen.reshape(-1, 1) * PARTITIONS + np.arange(PARTITIONS)).ravel().astype(np.int32)
    return CommitTable(
        group=np.repeat(np.arange(GROUPS, dtype=np.int32), topics_of_each * PARTITIONS),
        row=row,
        offset=np.zeros(len(row), np.int64),
        reported_lag=np.full(len(row), -1),
    )


def move(view: View, random: np.random.Generator) -> View:
    """The same cluster one poll later: every offset, lag and growth is another."""
    end = random.integers(1_000_000, 9_000_000, len(view.snapshot.partitions))
    lag = random.integers(0, 20_000, len(view.lag))
    partitions = replace(view.snapshot.partitions, end=end, lso=end - 1, start=end // 2)
    commits = replace(view.snapshot.commits, offset=end[view.snapshot.commits.row] - lag)
    by_pair = lag.reshape(len(view.pairs), PARTITIONS)
    by_group = lag.reshape(GROUPS, -1)
    growth = random.normal(0, 1_000, len(view.pairs))
    return replace(
        view,
        snapshot=replace(view.snapshot, partitions=partitions, commits=commits),
        lag=lag,
        pairs=replace(view.pairs, lag=by_pair.sum(axis=1), max_lag=by_pair.max(axis=1), growth=growth),
        groups=replace(
            view.groups,
            lag_sum=by_group.sum(axis=1),
            lag_max=by_group.max(axis=1),
            growth=growth.reshape(GROUPS, -1).sum(axis=1),
        ),
    )


def cpu_ms(action: Callable[..., object], *arguments: object) -> float:
    """Milliseconds of CPU that the action takes in this process, on all its threads."""
    before = time.process_time()
    action(*arguments)
    return (time.process_time() - before) * 1e3


def measure(size: str, polls: int) -> None:
    """Print what one size costs."""
    random = np.random.default_rng(1)
    view = make_view(SIZES[size])
    at_start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    board = Board(clock=lambda: 10.0)
    packed, openmetrics = Variant(gzip=True), Variant(Format.OPENMETRICS, gzip=True)
    times: dict[str, list[float]] = {}
    for _ in range(polls):
        view = move(view, random)
        latest = Latest(cluster="main", health=PollHealth(interval_s=30, deadline_s=20, last_good_at=1.0), view=view)
        times.setdefault("poll in which everything moved", []).append(cpu_ms(board.put, latest))
        idle = replace(latest, view=replace(view))
        times.setdefault("poll in which nothing moved", []).append(cpu_ms(board.put, idle))
        times.setdefault("scrape, gzip, OpenMetrics", []).append(cpu_ms(board.page, openmetrics))
        times.setdefault("scrape, gzip, text", []).append(cpu_ms(board.page, packed))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times["scrape, not compressed"] = [
        cpu_ms(lambda: deque(board.pieces(Variant()), maxlen=0)) for _ in range(min(polls, 5))
    ]
    peak_plain = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    page = board.page(packed)
    text = gzip.decompress(page)
    series = sum(not line.startswith(b"#") for line in text.splitlines())
    print(f"\n{size}: {series:,} series, {len(text) / 1e6:.1f} MB, {len(page) / 1e6:.2f} MB compressed")
    print(
        f"  peak memory {peak:.0f} MB ({at_start:.0f} MB of it before the first poll), {peak_plain:.0f} MB with plain scrapes"
    )
    for name, values in times.items():
        low, middle, high = min(values), statistics.median(values), max(values)
        print(f"  {name:36s} CPU ms min {low:8.1f}   median {middle:8.1f}   max {high:8.1f}")


def main() -> None:
    """Measure every size, or the one that is named."""
    parser = argparse.ArgumentParser(description="What the metrics page costs.")
    parser.add_argument("--polls", type=int, default=15)
    parser.add_argument("--size", choices=SIZES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.size:
        measure(options.size, options.polls)
        return
    for size in SIZES:
        command = [sys.executable, "-m", "benchmarks.render", "--size", size, "--polls", str(options.polls)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
