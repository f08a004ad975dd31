"""What the demo shows: its steps while it starts, then groups and alerts as tables; on a terminal live, elsewhere as lines."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.status import Status
from rich.table import Table
from rich.text import Text

Item = Mapping[str, Any]
"""A group or an alert as the REST interface gives it."""

_STYLES = {"warning": "yellow", "critical": "red", "emergency": "bold white on red"}
_LOUDNESS = tuple(_STYLES)
_QUIET_S = 3.0


class Steps:
    """Slow steps: on a terminal a spinner with the latest news, elsewhere a line now and then; at last how long each took."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._said_at = 0.0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show that `title` is under way until the block ends, together with what `say` is told meanwhile."""
        began = self._said_at = time.monotonic()
        if not self._console.is_terminal:
            self._line(f"{title} ...")
        with self._console.status(title) as self._status:
            yield
        self._status = None
        self._line(f"{title}: done in {time.monotonic() - began:.1f} s")

    def say(self, message: str) -> None:
        """News of the step that is under way (a `Progress`)."""
        if self._status is None:
            return
        self._status.update(Text(message, overflow="ellipsis", no_wrap=True))
        if not self._console.is_terminal and time.monotonic() - self._said_at > _QUIET_S:
            self._said_at = time.monotonic()
            self._line(f"  {message}")

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def addresses(url: str, bootstrap: str) -> RenderableType:
    """What a person can open or point a tool at."""
    rows = [("metrics", f"{url}/metrics"), ("API and its documentation", f"{url}/docs"), ("Kafka", bootstrap)]
    table = Table.grid(padding=(0, 2))
    for name, address in rows:
        table.add_row(name, Text(address, overflow="fold"))
    return table


def picture(groups: Sequence[Item], alerts: Sequence[Item], notes: Sequence[str] = ()) -> RenderableType:
    """Groups, alerts and notes as they stand now."""
    return Group(groups_table(groups, alerts), alerts_table(alerts), *(Text(note, style="yellow") for note in notes))


def groups_table(groups: Sequence[Item], alerts: Sequence[Item]) -> Table:
    """One line a group, with the loudest alert that fires for it."""
    table = Table(box=box.SIMPLE, pad_edge=False, title_justify="left")
    for name, justify in (("group", "left"), ("type", "left"), ("state", "left"), ("members", "right")):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type] # a literal in all but name
    for name in ("lag", "growth/min"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("fires", no_wrap=True)
    for group in groups:
        loudest = _loudest(alert for alert in alerts if alert["group"] == group["name"] and alert["state"] == "firing")
        table.add_row(
            group["name"],
            group["type"] or "unknown",
            group["state"] or "unknown",
            number(group["members"]),
            number(group["lag"]),
            number(group["growth_per_minute"], sign=True),
            Text(loudest, style=_STYLES.get(loudest, "")),
        )
    return table


def alerts_table(alerts: Sequence[Item]) -> RenderableType:
    """One line an alert, the loudest first; those that a louder one speaks for are marked."""
    if not alerts:
        return Text("No alert yet: conditions must hold for a while first.", style="dim")
    table = Table(box=box.SIMPLE, pad_edge=False)
    for name in ("severity", "state", "rule", "what"):
        table.add_column(name, no_wrap=name != "what")
    for alert in alerts:
        quiet = f" (not sent: {alert['inhibited_by'][0]} speaks for it)" if alert["inhibited_by"] else ""
        severity = Text(alert["severity"], style=_STYLES[alert["severity"]] if alert["state"] == "firing" else "dim")
        table.add_row(severity, alert["state"], alert["rule"], Text(alert["summary"] + quiet))
    return table


def number(value: float | None, *, sign: bool = False) -> str:
    """
    A number for people; what is not known is called so.

    >>> number(12345), number(-3.4, sign=True), number(None)
    ('12,345', '-3', 'unknown')
    """
    if value is None:
        return "unknown"
    return f"{value:+,.0f}" if sign else f"{value:,.0f}"


def _loudest(alerts: Iterator[Item]) -> str:
    return max((str(alert["severity"]) for alert in alerts), key=_LOUDNESS.index, default="")
