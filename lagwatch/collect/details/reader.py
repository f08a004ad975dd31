"""Reads the slow facts of one cluster: which part in which poll, and what becomes of its answer."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from lagwatch.collect.details.asking import Asking
from lagwatch.collect.details.broker_settings import read_broker_settings
from lagwatch.collect.details.eligible import read_eligible
from lagwatch.collect.details.features import read_features
from lagwatch.collect.details.log_dirs import read_log_dirs
from lagwatch.collect.details.options import DetailOptions
from lagwatch.collect.details.reassignments import read_reassignments
from lagwatch.collect.details.slot import Slot
from lagwatch.collect.details.topic_settings import TopicSettings, Whole
from lagwatch.collect.details.transactions import TransactionReader
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.gaps import Gaps
from lagwatch.collect.layout import Layout
from lagwatch.collect.offsets import Ends
from lagwatch.collect.quorum import Controlled
from lagwatch.model.details import Details, Elr, Features, LogDirs, Part, Quorum, Reassignment, Transactions

SHARE = 0.25
"""The part of a poll's deadline that slow facts may take, all together."""

LONGEST_TRANSACTION_S = 900.0
"""transaction.max.timeout.ms as Kafka has it by default."""

LEAST = 0.5
"""With less than this part of that time left, none is asked for."""


class DetailReader:
    """
    The slow facts of one cluster.

    Parts that are work for brokers come one a poll, the one first that is due for longest; the others when they are due. The first
    poll has enough to do and leaves those to the next ones, unless all are wanted at once.
    """

    def __init__(self, options: DetailOptions, settings: TopicSettings) -> None:
        self._parts = options.parts
        self._heavy_at_once = len(options.parts) if options.at_once else 1
        self._heavy_now = self._heavy_at_once if options.at_once else 0
        self._settings = settings
        self._quorum: Part[Quorum] | None = None
        self._quorum_failure = ""
        self._late: tuple[str, ...] = ()
        self._topics: Slot[Whole] = Slot(
            "topic_config",
            settings.read_whole,
            every_s=300.0,
            heavy=True,
            wanted=lambda asking, _: settings.lacks(asking.layout),
        )
        self._whole: Whole | None = None
        self._own: tuple[Part[Any], Part[Any]] | tuple[None, None] = (None, None)
        self._log_dirs: Slot[LogDirs] = Slot("log_dirs", read_log_dirs, every_s=300.0, heavy=True)
        self._brokers: Slot[Mapping[int, Mapping[str, str]]] = Slot(
            "broker_config", read_broker_settings, every_s=300.0, heavy=True
        )
        self._transactions: Slot[Transactions] = Slot("transactions", TransactionReader().read, every_s=60.0)
        self._features: Slot[Features] = Slot("features", read_features, every_s=300.0)
        self._eligible: Slot[tuple[Elr, ...]] = Slot("eligible_replicas", read_eligible, every_s=0.0)
        self._moves: Slot[tuple[Reassignment, ...]] = Slot(
            "reassignments", read_reassignments, every_s=300.0, wanted=_moving
        )
        self._slots: tuple[Slot[Any], ...] = (
            self._topics,
            self._log_dirs,
            self._brokers,
            self._transactions,
            self._features,
            self._eligible,
            self._moves,
        )

    async def read(self, main: Exchange, deadline_s: float, layout: Layout, ends: Ends) -> None:
        """Reads what is due, in its share of the poll's deadline. What fails is missing; nothing is raised."""
        now = time.monotonic()
        share_s = SHARE * deadline_s
        exchange = main.later(share_s)
        due = [
            (slot, asking)
            for slot in self._slots
            if slot.part in self._parts and slot.is_due(asking := self._asking(slot, exchange, layout, ends), now)
        ]
        due = self._spread(due)
        self._late = ()
        if exchange.remaining_s() < LEAST * share_s:
            self._late = tuple(slot.part for slot, _ in due)
            return
        await exchange.together([partial(slot.read, asking, now, time.time()) for slot, asking in due])
        main.count(exchange)

    def take(self, told: Controlled) -> None:
        """The quorum, which every poll asks for anyway."""
        if "quorum" not in self._parts:
            return
        self._quorum_failure = told.failure
        if told.quorum is not None:
            self._quorum = Part(value=told.quorum, read_at=time.time())

    def details(self) -> Details | None:
        """Everything that was read so far; None if that is nothing."""
        values, own = self._topic_settings()
        read = Details(
            log_dirs=self._log_dirs.value,
            transactions=self._transactions.value,
            reassignments=self._moves.value,
            quorum=self._quorum,
            elr=self._eligible.value,
            features=self._features.value,
            broker_config=self._brokers.value,
            topic_config=values,
            topic_overrides=own,
        )
        return None if read == Details() else read

    def _topic_settings(self) -> tuple[Part[Any], Part[Any]] | tuple[None, None]:
        """The two parts of what one reading gave; the same objects until there is another one."""
        read = self._topics.value
        if read is not None and read.value is not self._whole:
            self._whole = read.value
            self._own = (
                Part(value=read.value.values, read_at=read.read_at),
                Part(value=read.value.own, read_at=read.read_at),
            )
        return self._own

    def count(self, gaps: Gaps) -> None:
        """Counts what is missing, in every poll until it is read."""
        for slot in self._slots:
            gaps.take(slot.gaps)
        if self._quorum_failure:
            gaps.add("quorum", self._quorum_failure, "all of it")
        for part in self._late:
            gaps.add(part, "DEADLINE", "all of it")

    def _asking(self, slot: Slot[Any], exchange: Exchange, layout: Layout, ends: Ends) -> Asking:
        config = self._settings.column(layout.topology)
        return Asking(
            part=slot.part,
            exchange=exchange,
            layout=layout,
            lso=ends.lso,
            end=ends.end,
            config=config,
            longest_transaction_s=_longest_transaction_s(self._brokers.value),
        )

    def _spread(self, due: list[tuple[Slot[Any], Asking]]) -> list[tuple[Slot[Any], Asking]]:
        heavy = sorted((each for each in due if each[0].heavy), key=lambda each: each[0].due_at)[: self._heavy_now]
        self._heavy_now = self._heavy_at_once
        return [each for each in due if not each[0].heavy] + heavy


def _moving(asking: Asking, slot: Slot[tuple[Reassignment, ...]]) -> bool:
    """Whether partitions may be on the move: some were, or have replicas that are not in sync."""
    layout = asking.layout
    return bool(slot.value is not None and slot.value.value) or len(layout.isr.brokers) < len(layout.replicas.brokers)


def _longest_transaction_s(brokers: Part[Mapping[int, Mapping[str, str]]] | None) -> float:
    """How long a transaction may last, by the settings of brokers; the default of Kafka where these are not known."""
    answer = 0.0
    for settings in () if brokers is None else brokers.value.values():
        text = settings.get("transaction.max.timeout.ms", "")
        endless = settings.get("transaction.two.phase.commit.enable") == "true"  # KIP-939: they end when told to
        answer = max(answer, float("inf") if endless else int(text) / 1000 if text.isdecimal() else 0.0)
    return answer or LONGEST_TRANSACTION_S
