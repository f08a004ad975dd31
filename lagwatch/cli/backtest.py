"""`lagwatch backtest`: what the rules would have said about a recorded trace."""

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from lagwatch.model.alerts import Rule, Transition

_TRACE = Annotated[str, typer.Argument(metavar="TRACE", help="A trace, one snapshot a line; - reads standard input.")]
_CONFIG = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Take the rules of this configuration (default: as shipped)."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def backtest(trace: _TRACE, config: _CONFIG = None) -> None:
        """
        Replay a trace through the very code of the service, and print every change of an alert as one line of JSON.

        The time of a trace is its own: nothing is waited for. A trace that cannot be read is named with line and field, and
        ends with exit code 2.
        """
        from lagwatch.config import default_rules, effective_rules, load

        rules = effective_rules(load(config, os.environ, {}, offline=True)) if config else default_rules()
        try:
            for transition in _replay(trace, rules):
                print(json.dumps(_line(transition), ensure_ascii=False), flush=trace == "-")  # noqa: T201
            sys.stdout.flush()
        except BrokenPipeError:
            # Who read our output has seen enough (`| head`); Python would complain once more when it closes it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _replay(trace: str, rules: "tuple[Rule, ...]") -> "Iterator[Transition]":
    """The transitions of all clusters of a trace, in the order of its lines."""
    from lagwatch.cycle import Memory, advance
    from lagwatch.errors import TraceError
    from lagwatch.model.trace import read_trace

    memories: dict[str, Memory] = {}
    name = "standard input" if trace == "-" else trace
    try:
        with sys.stdin if trace == "-" else Path(trace).open(encoding="utf-8") as lines:
            for snapshot in read_trace(lines):
                memory = memories.setdefault(snapshot.cluster, Memory())
                yield from advance(memory, snapshot, rules, snapshot.at)[1].transitions
    except TraceError as error:
        raise TraceError(f"{name}: {error}") from error
    except UnicodeDecodeError as error:
        raise TraceError(f"{name}: not UTF-8 text ({error.reason} at byte {error.start})") from error
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise TraceError(f"{name}: cannot be read ({error.strerror})") from error


def _line(transition: "Transition") -> dict[str, Any]:
    alert, subject = transition.alert, transition.alert.subject
    at = datetime.fromtimestamp(transition.at, UTC).isoformat().replace("+00:00", "Z")
    parts = {"group": subject.group, "topic": subject.topic, "partition": subject.partition}
    return {
        "at": at,
        "rule": alert.rule,
        "severity": alert.severity.value,
        "to": transition.to.value,
        "cluster": subject.cluster,
        **{name: part for name, part in parts.items() if part is not None},
        "value": _plain(alert.value),
        "summary": alert.summary,
    }


def _plain(value: float | None) -> float | int | None:
    """A whole number without a decimal point, others to the thousandth."""
    if value is None:
        return None
    return int(value) if value.is_integer() else round(value, 3)
