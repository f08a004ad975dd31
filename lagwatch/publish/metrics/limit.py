"""A page that is not larger than it may be: what is finest goes first, and never a part of something. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lagwatch.model.snapshot import Bool, Int64
from lagwatch.publish.metrics.lines import Column, Table

_RANKS: Final = (frozenset({"group", "partition"}), {"partition"}, {"group", "topic"}, {"topic"}, {"group"})
"""Labels by which tables are told apart, the finest first. What has none of them (brokers, the cluster) is never left out."""


def limited(tables: Sequence[Table], most: int) -> tuple[list[Table], int]:
    """
    The tables with at most `most` series, as far as leaving out can do that, and how many series are left out.

    What is finest goes first: groups per partition, partitions, groups per topic, topics, groups. Of groups, whole ones go, those
    with the most series first: so few lose something, and a sum over what is there of one is right. All rows of a family count
    where any has a value, so that a poll that learned less leaves out the same.
    """
    found, suppressed = list(tables), 0
    if sum(len(table.head) * len(table.columns) for table in tables) <= most:
        return found, suppressed
    over = sum(len(table.head) * _families(table) for table in tables) - most
    for rank in range(len(_RANKS)):
        places = [at for at, table in enumerate(found) if _rank(table) == rank]
        for at, keep in _cut([found[at] for at in places], over) if over > 0 else ():
            table = found[places[at]]
            over -= int((~keep).sum()) * _families(table)
            suppressed += sum(column.series(~keep) for column in table.columns)
            found[places[at]] = _kept(table, keep)
    return found, suppressed


def _families(table: Table) -> int:
    """How many families of the table have a value."""
    return sum(column.series() > 0 for column in table.columns)


def _rank(table: Table) -> int:
    labels = set(table.columns[0].family.labels) if table.columns else set()
    return next((rank for rank, those in enumerate(_RANKS) if those <= labels), len(_RANKS))


def _cut(tables: Sequence[Table], over: int) -> Iterator[tuple[int, Bool]]:
    """Which rows of tables of one rank stay, so that `over` series go or all of them do."""
    shared = [at for at, table in enumerate(tables) if len(table.heads) > 1 and table.heads == tables[0].heads]
    sizes = _by_head([tables[at] for at in shared])
    order = np.argsort(-sizes, kind="stable")
    gone = order[: int(np.searchsorted(np.cumsum(sizes[order]), over)) + 1]
    stays = np.ones(len(sizes), dtype=np.bool_)
    stays[gone] = False
    for at in shared:
        yield at, stays[tables[at].head]
    over -= int(sizes[gone].sum())
    for at, table in enumerate(tables):
        if at not in shared and over > 0:
            over -= len(table.head) * _families(table)
            yield at, np.zeros(len(table.head), dtype=np.bool_)


def _by_head(tables: Sequence[Table]) -> Int64:
    """How many series begin with each head."""
    if not tables:
        return np.zeros(0, dtype=np.int64)
    found = np.zeros(len(tables[0].heads), dtype=np.int64)
    for table in tables:
        found += np.bincount(table.head, minlength=len(table.heads)) * _families(table)
    return found


def _kept(table: Table, keep: Bool) -> Table:
    columns = tuple(
        Column(each.family, each.values[keep], None if each.known is None else each.known[keep], each.decimals)
        for each in table.columns
    )
    return replace(table, head=table.head[keep], rest=table.rest[keep], columns=columns)
