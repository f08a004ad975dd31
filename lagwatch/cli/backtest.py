"""`lagwatch backtest`: what the rules would have said about recorded traces, and what another configuration would have said."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from lagwatch.config import Settings
    from lagwatch.cycle import Memory
    from lagwatch.judge.incidents import Tally
    from lagwatch.model.alerts import Rule, Transition
    from lagwatch.model.snapshot import Snapshot

_TRACES = Annotated[
    list[str],
    typer.Argument(
        metavar="TRACE...",
        help="Traces, one snapshot a line, gzip'd or not; directories with traces in or below them; - reads standard input.",
    ),
]
_CONFIG = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Take the rules of this configuration (default: as shipped)."),
]
_COMPARE = Annotated[
    tuple[Path, Path] | None,
    typer.Option("--compare", metavar="OLD NEW", help="Instead, tell what differs between two configurations."),
]
_OUTPUT = Annotated[
    Literal["both", "ndjson", "table"],
    typer.Option(
        help="Changes as JSON on standard output, the table on standard error (table alone: on standard output)."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(short_help="Replay traces: which alerts would have fired, and when.")
    def backtest(traces: _TRACES, config: _CONFIG = None, compare: _COMPARE = None, output: _OUTPUT = "both") -> None:
        """
        Replay traces through the very code of the service: every change of an alert is one line of JSON, and a table sums up each
        rule: how often it fired, how long its alerts were in each state, and for whom it fired most.

        With --compare it is told what would have changed between two configurations: alerts that only one of them gives, and
        those that fire earlier or later, or for longer or shorter. An empty file is a configuration as shipped.

        The time of a trace is its own: nothing is waited for. Each trace is a history of its own. One that cannot be read is named
        with line and field; the others are read all the same, and the exit code is 2.
        """
        if config is not None and compare is not None:
            raise typer.BadParameter("expected either --config or --compare, not both")
        failed = False
        with _pipe_may_close():
            failed = _compare(traces, compare, output) if compare else _one(traces, config, output)
        if failed:
            raise typer.Exit(2)


@dataclass(slots=True)
class Replay:
    """One set of rules on its way through the traces: what it remembers of each cluster, and what it said."""

    rules: "tuple[Rule, ...]"
    growth_windows: dict[str, float]
    tally: "Tally"
    _memories: "dict[str, Memory]" = field(default_factory=dict)

    def begin(self) -> None:
        """Another trace begins."""
        self._memories.clear()

    def take(self, trace: str, snapshot: "Snapshot") -> "tuple[Transition, ...]":
        """The next snapshot of the trace."""
        from lagwatch.analyze.growth import WINDOW_S
        from lagwatch.cycle import Memory, advance

        window = self.growth_windows.get(snapshot.cluster, WINDOW_S)
        memory = self._memories.setdefault(snapshot.cluster, Memory(window))
        verdict = advance(memory, snapshot, self.rules, snapshot.at)[1]
        self.tally.take(trace, snapshot.cluster, verdict)
        return verdict.transitions


def _replay(config: Path | None) -> Replay:
    from lagwatch.config import default_rules, effective_rules, load
    from lagwatch.judge.incidents import Tally

    if config is None:
        return Replay(default_rules(), {}, Tally())
    settings: Settings = load(config, os.environ, {}, offline=True)
    windows = {cluster.name: cluster.growth_window_s for cluster in settings.clusters}
    return Replay(effective_rules(settings), windows, Tally())


def _one(traces: Sequence[str], config: Path | None, output: str) -> bool:
    """Replay under one configuration; whether some trace could not be read to its end."""
    from lagwatch.cli.backtest_tables import summary

    replay, reading = _replay(config), Reading(traces)
    for trace, snapshot in reading.snapshots((replay,)):
        for transition in replay.take(trace, snapshot):
            if output != "table":
                _say(_line(transition, trace if reading.several else None), flush=trace == "-")
    _table(summary(replay.tally, replay.rules), reading, output)
    return reading.failed


def _compare(traces: Sequence[str], configs: tuple[Path, Path], output: str) -> bool:
    """Replay under two configurations, and tell the differences."""
    from lagwatch.cli.backtest_tables import comparison, difference_line
    from lagwatch.judge.incidents import compared

    replays, reading = (_replay(configs[0]), _replay(configs[1])), Reading(traces)
    for trace, snapshot in reading.snapshots(replays):
        for replay in replays:
            replay.take(trace, snapshot)
    differences = compared(replays[0].tally.incidents, replays[1].tally.incidents)
    for difference in differences if output != "table" else ():
        if difference.kinds:
            _say(difference_line(difference, several=reading.several))
    rules = dict.fromkeys(rule.name for replay in replays for rule in replay.rules)
    _table(comparison(differences, rules), reading, output)
    return reading.failed


class Reading:
    """The traces that were named, one after the other; those that cannot be read are said on standard error and passed over."""

    def __init__(self, given: Sequence[str]) -> None:
        from lagwatch.cli.traces import found
        from lagwatch.errors import TraceError

        self.failed = False
        self._names: list[str] = []
        for each in given:
            try:
                self._names += found(each)
            except TraceError as error:
                self._say(error)
        self.several = len(self._names) > 1

    def snapshots(self, replays: Iterable[Replay]) -> "Iterator[tuple[str, Snapshot]]":
        """Every snapshot with the name of its trace; the replays begin anew with each trace."""
        from lagwatch.cli.traces import snapshots
        from lagwatch.errors import TraceError

        for name in self._names:
            for replay in replays:
                replay.begin()
            try:
                for snapshot in snapshots(name):
                    yield name, snapshot
            except TraceError as error:
                self._say(error)

    def _say(self, error: Exception) -> None:
        self.failed = True
        typer.echo(f"lagwatch: {error}", err=True)


def _table(text: str, reading: Reading, output: str) -> None:
    if output == "ndjson":
        return
    sys.stdout.flush()
    typer.echo(text, err=output == "both")
    if reading.failed:
        typer.echo("lagwatch: not all traces could be read to their end; what is above is without the rest", err=True)


def _say(line: dict[str, Any], *, flush: bool = False) -> None:
    print(json.dumps(line, ensure_ascii=False), flush=flush)  # noqa: T201


@contextmanager
def _pipe_may_close() -> Iterator[None]:
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read our output has seen enough (`| head`); Python would complain once more when it closes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _line(transition: "Transition", trace: str | None) -> dict[str, Any]:
    from lagwatch.cli.backtest_tables import moment, parts

    alert = transition.alert
    return {
        "at": moment(transition.at),
        "rule": alert.rule,
        "severity": alert.severity.value,
        "to": transition.to.value,
        **parts(alert.subject),
        "value": _plain(alert.value),
        "summary": alert.summary,
        **({} if trace is None else {"trace": trace}),
    }


def _plain(value: float | None) -> float | int | None:
    """A whole number without a decimal point, others to the thousandth."""
    if value is None:
        return None
    return int(value) if value.is_integer() else round(value, 3)
