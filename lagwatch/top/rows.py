"""Items of the API as rows of the terminal. Pure."""

from collections.abc import Sequence

from rich.text import Text

from lagwatch.model.words import plural, printable
from lagwatch.top.ask import Item
from lagwatch.top.words import UNKNOWN, number, seconds, severity, word

GROUP_HEADS = ("Cluster", "Group", "Lag", "Growth/min", "Time lag", "Drained in", "Deleted in", "Members", "State")
ALERT_HEADS = ("Severity", "State", "Rule", "Cluster", "What happened")

_SHORTEST = 26
_CLUSTER = 12
_BESIDE = 106
"""Columns that all but the name take, at most, as a rule."""


def cluster_line(item: Item, *, chosen: bool) -> Text:
    """A cluster in one line."""
    state = item["state"]
    colour = {"fresh": "green", "stale": "red", "waiting": "yellow"}.get(state, "")
    line = Text.assemble((f"{'▶ ' if chosen else '  '}{printable(item['name'])} ", "bold"), (state, colour))
    if item["age_s"] is not None:
        line.append(f" · {item['age_s']:.0f} s ago")
    for value, one, many in (
        (item["brokers"], "broker", "brokers"),
        (item["groups"], "group", "groups"),
        (item["lag"], "message behind", "messages behind"),
    ):
        line.append(f" · {UNKNOWN} {many}" if value is None else f" · {plural(value, one, many)}")
    for value, name in (
        (item["offline"], "offline"),
        (item["under_min_isr"], "under min ISR"),
        (item["under_replicated"], "under-replicated"),
        (item["gaps"], "gap" if item["gaps"] == 1 else "gaps"),
    ):
        if value:
            line.append(f" · {value:,} {name}", style="bold red")
    if item["error"]:
        line.append(f" · {printable(item['error'])}", style="red")
    return line


def name_width(columns: int) -> int:
    """How long the name of a group may be so that the numbers beside it, or the first of them, fit into so many columns."""
    return max(_SHORTEST, columns - _BESIDE)


def group_cells(item: Item, width: int) -> list[Text]:
    """A group as a row under GROUP_HEADS; its name has at most `width` characters."""
    return [
        word(item["cluster"], most=_CLUSTER),
        word(item["name"] or "(empty name)", "bold", most=width),
        number(item["lag"], at_least=bool(item["unknown_partitions"])),
        number(item["growth_per_minute"], "+,.0f"),
        seconds(item.get("time_lag_s"), at_least=bool(item.get("time_lag_is_lower_bound"))),
        seconds(item.get("drain_s")),
        seconds(item.get("loss_in_s")),
        number(item["members"]),
        word(item["state"]),
    ]


def alert_cells(item: Item) -> list[Text]:
    """An alert as a row under ALERT_HEADS."""
    return [
        severity(item["severity"]),
        word(item["state"]),
        word(item["rule"]),
        word(item["cluster"] or "lagwatch"),
        word(item["summary"]),
    ]


def in_order(items: Sequence[Item], sort: str) -> list[Item]:
    """Items of several clusters in one order, as the API sorts each: `-field` has the largest first, unknown comes last."""
    field, descending = sort.removeprefix("-"), sort.startswith("-")
    known = [item for item in items if item.get(field) is not None]
    unknown = [item for item in items if item.get(field) is None]
    return sorted(known, key=lambda item: item[field], reverse=descending) + unknown
