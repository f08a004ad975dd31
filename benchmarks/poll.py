"""
`make benchmark`: lagwatch's poll beside the floor, two clients and any peer, on clusters of several sizes.

Every subject has a process of its own; rounds are interleaved, so that all ratios come from one run. README.md explains.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.cluster import filled
from benchmarks.fill import FillError
from benchmarks.measure import Sample
from benchmarks.processes import PEERS, BenchmarkError, Measured, Peer, Worker
from benchmarks.report import CONFLUENT, FLOOR, KAFKA_PYTHON, LAGWATCH, OFFSETS_FLOOR, Measurement
from benchmarks.shape import FULL, LIVE, SHAPES, Shape
from benchmarks.subjects import Facts
from lagwatch import __version__
from lagwatch.demo.jars import KAFKA_VERSION
from lagwatch.demo.programs import cache_directory
from lagwatch.errors import LagwatchError

RESULTS = Path(__file__).parent / "results"
SETTLE_S = 0.5
"""Between the traffic and the polls, so that the brokers have done with it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, store. The exit code is 1 when a cluster could not be measured, and 0 whatever the numbers are."""
    options = _options(arguments)
    facts = _facts(options)
    measurements: list[Measurement] = []
    errors: dict[str, str] = {}
    for shape in (shape for shape in SHAPES if shape.name in options.shapes):
        try:
            measurements.append(_measure(shape, options))
        except (BenchmarkError, FillError, LagwatchError) as error:
            errors[shape.name] = str(error)
            _progress(f"{shape.name} is left out: {error}")
    facts["machine"]["load_after"] = _load()
    if measurements:
        _store(measurements, facts, errors, options.results / f"{options.name}.json")
    return 1 if errors else 0


def _store(
    measurements: Sequence[Measurement], facts: Mapping[str, Any], errors: Mapping[str, str], path: Path
) -> None:
    text = report.markdown(measurements, facts)
    stored = {**facts, "clusters": [m.as_dict() for m in measurements], "left_out": errors}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(text, encoding="utf-8")
    print(f"\n{text}\nStored as {path} and {path.with_suffix('.md').name}.")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = [shape.name for shape in SHAPES]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.poll", description="What lagwatch costs, on a real Kafka."
    )
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count (default: %(default)s)")
    parser.add_argument("--warmup", type=int, default=3, help="rounds before them (default: %(default)s)")
    parser.add_argument("--shapes", nargs="+", choices=names, default=names, help="sizes of the cluster (default: all)")
    parser.add_argument(
        "--peer", action="append", default=[], type=_peer, metavar="NAME=PATH", help=f"{', '.join(PEERS)}"
    )
    parser.add_argument("--name", default="latest", help="name of the result file (default: %(default)s)")
    parser.add_argument(
        "--results", type=Path, default=RESULTS / "local", help="its directory (default: benchmarks/results/local)"
    )
    parser.add_argument(
        "--clusters", type=Path, default=cache_directory() / "benchmark", help="where clusters are kept"
    )
    options = parser.parse_args(arguments)
    if options.rounds < 1 or options.warmup < 0:
        parser.error("--rounds must be at least 1, --warmup at least 0")
    return options


def _peer(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    if name not in PEERS or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH with a NAME of {', '.join(PEERS)}")
    if not os.access(path, os.X_OK):
        raise argparse.ArgumentTypeError(f"{path} is not an executable file")
    return name, Path(path)


def _measure(shape: Shape, options: argparse.Namespace) -> Measurement:
    _progress(
        f"== {shape.name}: {shape.topics} topics, {shape.groups:,} groups, {shape.commits:,} committed partitions"
    )
    with filled(shape, options.clusters, _progress) as (cluster, filler), ExitStack() as stack:
        subjects: dict[str, Measured] = {}
        for name in _subjects(shape):
            subjects[name] = Worker(name, cluster.bootstrap, shape)
            stack.callback(subjects[name].close)
        for name, executable in options.peer:
            subjects[name] = Peer(name, executable, cluster.bootstrap)
            stack.callback(subjects[name].close)
        run = _Run(shape, subjects)
        for number in range(-options.warmup, options.rounds):
            filler.advance()
            time.sleep(SETTLE_S)
            _progress(f"Round {number + 1} of {options.rounds}" if number >= 0 else "Warming up")
            run.round(number)
        return run.measurement()


def _subjects(shape: Shape) -> tuple[str, ...]:
    """Everybody on the cluster of the targets, with and without members; elsewhere who grows, and the floor."""
    if shape in (FULL, LIVE):
        return (FLOOR, OFFSETS_FLOOR, LAGWATCH, KAFKA_PYTHON, CONFLUENT)
    return (FLOOR, LAGWATCH)


class _Run:
    """The rounds of one cluster. A subject that fails is left out from then on, with its reason; lagwatch's failure ends all."""

    def __init__(self, shape: Shape, subjects: dict[str, Measured]) -> None:
        self._shape, self._subjects = shape, subjects
        self._rounds: dict[str, list[Sample]] = {name: [] for name in subjects}
        self._scrapes: dict[str, list[Sample]] = defaultdict(list)
        self._page_bytes: dict[str, int] = {}
        self._failures: dict[str, str] = {}

    def round(self, number: int) -> None:
        """Let everybody poll once, each time in another order; negative numbers do not count."""
        names = [name for name in self._subjects if name not in self._failures]
        first = number % len(names)
        for name in names[first:] + names[:first]:
            try:
                sample, facts = self._subjects[name].poll()
                _check(name, facts, self._shape)
            except BenchmarkError as error:
                if name == LAGWATCH:
                    raise
                self._failures[name] = str(error)
                _progress(f"{name} is left out from here on: {error}")
                continue
            if number >= 0:
                self._rounds[name].append(sample)
        self._scrape(counts=number >= 0)

    def measurement(self) -> Measurement:
        """What came of it; only subjects that took part in every round."""
        rounds = {name: samples for name, samples in self._rounds.items() if name not in self._failures}
        return Measurement(
            shape=self._shape,
            rounds=rounds,
            scrapes=self._scrapes,
            page_bytes=self._page_bytes,
            failures=self._failures,
        )

    def _scrape(self, *, counts: bool) -> None:
        worker = self._subjects[LAGWATCH]
        assert isinstance(worker, Worker)
        for form in ("gzip", "plain"):
            scrape = worker.scrape(compressed=form == "gzip")
            self._page_bytes[form] = len(scrape.body)
            if counts:
                self._scrapes[form].append(Sample(wall_s=scrape.wall_s, cpu_s=scrape.cpu_s))


def _check(name: str, facts: Facts, shape: Shape) -> None:
    """Whoever leaves something out is not measured: every fact that a subject counts must be what the cluster was filled with."""
    expected = {
        "partitions": shape.rows,
        "offsets": shape.rows,
        "groups": shape.groups,
        "commits": shape.commits,
        "members": shape.groups * shape.members,
    }
    for what, count in expected.items():
        found = getattr(facts, what)
        if found is not None and found != count:
            raise BenchmarkError(
                f"{name} found {found:,} {what}, and the cluster has {count:,}; the numbers would not compare."
            )


def _facts(options: argparse.Namespace) -> dict[str, Any]:
    """What a reader needs to judge the numbers; nothing that tells whose computer it was."""
    versions = {name: importlib.metadata.version(name) for name in (KAFKA_PYTHON, CONFLUENT, "numpy")}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {"lagwatch": __version__, "Kafka": KAFKA_VERSION, "Python": platform.python_version(), **versions},
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
            "memory_gb": round(memory / 1e9),
            "load_before": _load(),
        },
        "rounds": options.rounds,
        "warmup": options.warmup,
    }


def _load() -> float:
    """How busy the computer has been for a minute: processes that ran or wanted to."""
    return round(os.getloadavg()[0], 1)


_STARTED = time.monotonic()


def _progress(text: str) -> None:
    print(f"{time.monotonic() - _STARTED:6.1f} s  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
