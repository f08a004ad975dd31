"""
Runs other exporters beside lagwatch on the same Kafka and tells every series in which their pages differ.

    python -m benchmarks.compare_peer --peer kminion=/usr/local/bin/kminion --peer kafka_exporter=$HOME/go/bin/kafka_exporter

Without --bootstrap a small Kafka is started that holds still. Ends with 0 if everything agrees, with 1 if a series differs,
with 2 if something could not be run. What is not compared, and why, is in docs/metric-profiles.md and told with the result.
"""

import argparse
import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.comparing.exporters import EXPORTERS, Wanted
from benchmarks.comparing.pages import Comparison, compare
from benchmarks.comparing.running import exporter, lagwatch
from benchmarks.comparing.scene import still_cluster
from benchmarks.processes import BenchmarkError, free_port
from lagwatch.errors import LagwatchError

SHOWN = 10
"""Differences of one kind and name that are written out; --json has all."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print, and give the exit code."""
    options = _options(arguments)
    try:
        with _cluster(options.bootstrap) as bootstrap:
            found = {name: _compared(name, path, bootstrap, options) for name, path in options.peer}
    except (BenchmarkError, LagwatchError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({name: _document(name, result) for name, result in found.items()}, indent=1))
    else:
        print("\n".join(line for name, result in found.items() for line in _told(name, result)))
    return int(any(result.differences for result in found.values()))


@contextmanager
def _cluster(bootstrap: str | None) -> Iterator[str]:
    if bootstrap:
        yield bootstrap
        return
    with still_cluster(lambda message: print(message, file=sys.stderr)) as started:
        yield started


def _compared(name: str, executable: Path, bootstrap: str, options: argparse.Namespace) -> Comparison:
    with TemporaryDirectory(prefix="lagwatch-compare-") as directory, ExitStack() as stack:
        homes = [Path(directory, each) for each in ("theirs", "ours")]
        for home in homes:
            home.mkdir()
        wanted = [
            Wanted(bootstrap=bootstrap, port=free_port(), home=home, topics=options.topics, groups=options.groups)
            for home in homes
        ]
        theirs = stack.enter_context(exporter(name, executable, wanted[0], wait_s=options.wait))
        ours = stack.enter_context(lagwatch(name, wanted[1], wait_s=options.wait))
        before, page, after = ours(), theirs(), ours()
        return compare(page, [before, after], EXPORTERS[name].allowed)


def _told(name: str, result: Comparison) -> Iterator[str]:
    verdict = f"{len(result.differences)} differ" if result.differences else "all agree"
    yield f"{name}: {result.theirs} series there, {result.ours} here, {result.agreeing} alike: {verdict}."
    for _, differences in groupby(result.differences, lambda difference: (difference.kind, difference.name)):
        alike = list(differences)
        yield from (f"  {difference}" for difference in alike[:SHOWN])
        if len(alike) > SHOWN:
            yield f"  ... and {len(alike) - SHOWN} more of {alike[0].name}"
    for allowance in EXPORTERS[name].allowed:
        if allowance.what != "name":
            yield f"  not compared: {allowance.what} of {allowance.names} ({allowance.why})"
    for why, count in result.left_out.items():
        yield f"  not compared: {count} series ({why})"


def _document(name: str, result: Comparison) -> dict[str, object]:
    differences = [
        {
            "kind": difference.kind,
            "name": difference.name,
            "labels": dict(difference.labels),
            "theirs": _number(difference.theirs),
            "ours": _number(difference.ours),
        }
        for difference in result.differences
    ]
    return asdict(result) | {
        "differences": differences,
        "not_compared": [asdict(allowance) for allowance in EXPORTERS[name].allowed],
    }


def _number(value: float | None) -> float | str | None:
    """As JSON can say it: NaN and infinity are strings, None is a series that is not there."""
    return value if value is None or math.isfinite(value) else str(value)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compare_peer",
        description="Tells every series in which lagwatch's page under an exporter's names differs from the exporter's.",
    )
    parser.add_argument(
        "--peer", action="append", required=True, type=_peer, metavar="NAME=PATH", help=", ".join(EXPORTERS)
    )
    parser.add_argument("--bootstrap", help="a Kafka that holds still (default: a small one is started)")
    parser.add_argument("--topics", default=".*", help="regular expression; both look at these only")
    parser.add_argument("--groups", default=".*", help="regular expression; both look at these only")
    parser.add_argument("--wait", type=float, default=90.0, help="seconds for each to have read it (default: 90)")
    parser.add_argument("--json", action="store_true", help="the result as JSON, with every difference")
    return parser.parse_args(arguments)


def _peer(text: str) -> tuple[str, Path]:
    name, _, given = text.partition("=")
    if name not in EXPORTERS or not given:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH with a NAME of {', '.join(EXPORTERS)}")
    path = Path(given).expanduser()
    if not path.is_file() or not os.access(path, os.R_OK if path.suffix == ".jar" else os.X_OK):
        raise argparse.ArgumentTypeError(f"{given} is not an executable file")
    return name, path.resolve()


if __name__ == "__main__":
    sys.exit(main())
