"""Reads one cluster: one poll, one Snapshot."""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from lagwatch.collect.client import Client
from lagwatch.collect.coordinators import GroupReader, Groups
from lagwatch.collect.details import DetailOptions, DetailReader, TopicSettings
from lagwatch.collect.errors import brokers_unreachable, error_name, nothing_visible
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.gaps import Gaps
from lagwatch.collect.layout import Layout
from lagwatch.collect.metadata import MetadataReader, Wanted
from lagwatch.collect.offsets import Ends, OffsetReader
from lagwatch.collect.past import PastReader
from lagwatch.collect.quorum import controlled
from lagwatch.collect.rights import Rights
from lagwatch.errors import ClusterUnreachable
from lagwatch.model.filters import NameFilter
from lagwatch.model.snapshot import Gap, PartitionTable, PollStats, Snapshot, TopicTable

_SLACK_S = 0.35
"""How long after the deadline a poll may still put together what it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderOptions:
    """
    Which cluster is read, and how.

    cluster          its configured name
    bootstrap        host:port of some of its brokers
    client           kafka-python's security settings (`security_protocol`, `sasl_mechanism`, ...); they hold secrets
    deadline_s       how long a poll may take
    groups, topics   which of them are watched; others are not asked for where that can be helped
    internal_topics  whether Kafka's own topics (`__consumer_offsets`, ...) are watched too
    details          which slow facts are read
    past             whether it is asked once where the logs were within the last day
    """

    cluster: str
    bootstrap: tuple[str, ...]
    client: Mapping[str, Any] = field(default_factory=dict, repr=False)
    deadline_s: float = 20.0
    groups: NameFilter = field(default_factory=NameFilter)
    topics: NameFilter = field(default_factory=NameFilter)
    internal_topics: bool = False
    details: DetailOptions = field(default_factory=DetailOptions)
    past: bool = True


class Reader:
    """
    Reads one cluster, poll by poll, from one thread; `filters` and `close` may be called from any other.

    Whatever is the same in two polls is the same object in both snapshots: topic names, partition layout, group and row of
    commits, groups. Connections are made by the first `read`.
    """

    def __init__(self, options: ReaderOptions) -> None:
        self._options = options
        self._filters = (options.groups, options.topics)
        self._client: Client | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._topic_filter: tuple[NameFilter, Wanted] | None = None
        self._metadata = MetadataReader(options.cluster)
        self._groups = GroupReader()
        self._offsets = OffsetReader()
        self._rights = Rights()
        self._settings = TopicSettings(whole="topic_config" in options.details.parts)
        self._details = DetailReader(options.details, self._settings)
        self._past = PastReader(wanted=options.past)
        self._topics: TopicTable | None = None

    def read(self) -> Snapshot:
        """
        One poll: ends, with a snapshot or an error, within half a second of the deadline.

        What could not be read is unknown, with a Gap that tells why. Raises ClusterUnreachable, AuthenticationFailed,
        AccessDenied or ProtocolMismatch if there is nothing to tell at all; the next read then connects anew.
        """
        deadline = time.monotonic() + self._options.deadline_s
        client = self._connected()
        try:
            return client.run(partial(self._poll, client, deadline), self._options.deadline_s + _SLACK_S)
        except BaseException:
            self._give_up(client)
            raise

    def filters(self, groups: NameFilter, topics: NameFilter) -> None:
        """Watch these from the next poll on."""
        if (groups, topics) != self._filters:
            self._filters = (groups, topics)

    def recall(self, groups: Iterable[str]) -> None:
        """
        These groups were there before the program was started: one that the lists lack is looked for, as in a poll that is not
        the first. Not while a `read` is under way.
        """
        self._groups.recall(groups)

    def close(self) -> None:
        """Give the connections back; a `read` that is under way ends soon, with ClusterUnreachable."""
        with self._lock:
            self._closed = True
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self) -> Client:
        with self._lock:
            if self._closed:
                raise ClusterUnreachable(f'The reader of Kafka cluster "{self._options.cluster}" is closed.')
            if self._client is None:
                self._client = Client(self._options.bootstrap, self._options.client)
            return self._client

    def _give_up(self, client: Client) -> None:
        """
        After a poll that gave nothing the next one starts from scratch, but for what groups are known.

        kafka-python may remember a refused login for good, and an I/O thread that hangs is of no more use.
        """
        with self._lock:
            if self._client is client:
                self._client = None
        client.close(wait_s=0.1)

    def _wanted(self, topics: NameFilter) -> Wanted:
        """Whether a topic is watched, as a function that is the same object as long as the filter is."""
        if self._topic_filter is None or self._topic_filter[0] is not topics:
            internal_too = self._options.internal_topics

            def wanted(name: str, internal: bool) -> bool:  # noqa: FBT001
                return (internal_too or not internal) and topics.matches(name)

            self._topic_filter = (topics, wanted)
        return self._topic_filter[1]

    async def _poll(self, client: Client, deadline: float) -> Snapshot:
        started = time.monotonic()
        group_filter, topic_filter = self._filters
        wanted = self._wanted(topic_filter)
        exchange, gaps = Exchange(client, deadline), Gaps()
        before = self._metadata.last
        if before is not None:
            client.learn(before.brokers)  # after a poll that gave nothing the client is a new one, and knows none
        asked = self._groups.ask(exchange, before, group_filter) if before is not None else {}
        layout = await self._metadata.read(exchange, wanted)
        slow = [
            exchange.client.start(partial(part.read, exchange, layout, started))
            for part in (self._rights, self._settings)
        ]
        active = exchange.client.start(partial(controlled, exchange, layout))
        groups = await self._groups.read(exchange, layout, group_filter, asked, gaps)
        for part in slow:
            await part
        self._check_visible(exchange, layout, groups)
        named = topic_filter.include
        await self._rights.find_hidden(
            exchange, layout, groups.groups, lambda name: wanted(name, name.startswith("__")), named
        )
        at = time.time()
        ends = await self._offsets.read(exchange, layout, partial(self._metadata.again, exchange, wanted), gaps)
        by = await active
        self._details.take(by)
        await self._details.read(exchange, self._options.deadline_s, ends.layout, ends)
        anchors = await self._past.read(exchange, self._options.deadline_s, at, ends, gaps)
        for name, code in layout.failed:
            gaps.add("topics", error_name(code), name)
        self._rights.count(gaps, every_group_wanted=not group_filter.include)
        self._settings.count(gaps)
        self._details.count(gaps)
        stats = PollStats(
            duration_s=time.monotonic() - started,
            requests=dict(exchange.requests),
            bytes_received=exchange.bytes_received,
            retries=exchange.retries,
        )
        return replace(self._snapshot(at, ends, groups, by.controller, gaps.all(), stats), anchors=anchors)

    def _check_visible(self, exchange: Exchange, layout: Layout, groups: Groups) -> None:
        """Raises if there is nothing to tell: no broker answers, or we may see nothing."""
        silence = {f"{b.host}:{b.port}": exchange.silence(b.id) for b in layout.brokers}
        if all(silence.values()):
            raise brokers_unreachable(self._options.cluster, {at: f"{why}" for at, why in silence.items()})
        nothing = not layout.topology.names and not layout.failed and not groups.groups
        if nothing and self._rights.sees_all_groups is False:
            raise nothing_visible(self._options.cluster)

    def _snapshot(
        self, at: float, ends: Ends, groups: Groups, controlled_by: int | None, gaps: tuple[Gap, ...], stats: PollStats
    ) -> Snapshot:
        layout, topology = ends.layout, ends.layout.topology
        return Snapshot(
            at=at,
            cluster=self._options.cluster,
            brokers=layout.brokers,
            topics=self._topic_table(layout),
            partitions=PartitionTable(
                topic=topology.topic,
                partition=topology.partition,
                leader=layout.leader,
                start=ends.start,
                end=ends.end,
                lso=ends.lso,
                replicas=layout.replicas,
                isr=layout.isr,
                offline=layout.offline,
            ),
            groups=groups.groups,
            commits=groups.commits,
            cluster_id=layout.cluster_id,
            controller=controlled_by,
            gaps=gaps,
            stats=stats,
            details=self._details.details(),
        )

    def _topic_table(self, layout: Layout) -> TopicTable:
        topology, config = layout.topology, self._settings.column(layout.topology)
        if self._topics is None or self._topics.names is not topology.names or self._topics.config is not config:
            self._topics = TopicTable(
                names=topology.names, first=topology.first, ids=topology.ids, internal=topology.internal, config=config
            )
        return self._topics
