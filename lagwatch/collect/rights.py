"""
What we are allowed to see, and topics that are hidden from us; both change rarely and are read rarely.

Kafka leaves out what a principal may not see, without a word: topics from metadata, groups from lists. So that this is not
silent, the cluster is asked which rights we have, and topics that group members own but metadata lacks are asked for by
name.
"""

import contextlib
import re
from collections.abc import Callable, Sequence

from lagwatch.collect.errors import NoAnswer
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.gaps import Gaps
from lagwatch.collect.layout import Layout
from lagwatch.collect.requests import DESCRIBE_CLUSTER, METADATA
from lagwatch.model.snapshot import Group

EVERY_S = 300.0

_TOPICS_AT_ONCE = 500
_DESCRIBE = 8
"""The DESCRIBE operation's place among authorized operations (`org.apache.kafka.common.acl.AclOperation`)."""

_TOPIC_AUTHORIZATION_FAILED = 29

_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
"""What a topic may be called, so that a pattern of a filter which looks like this is most likely a name."""


class Rights:
    """What we may see of one cluster; read every EVERY_S seconds."""

    def __init__(self) -> None:
        self.sees_all_groups: bool | None = None
        """Whether we may see every group; None where the broker does not tell."""
        self._due_at = float("-inf")
        self._hidden: frozenset[str] = frozenset()
        self._suspects: frozenset[str] = frozenset()
        self._suspects_of: tuple[object, object, object] = (None, None, None)

    async def read(self, exchange: Exchange, layout: Layout, now: float) -> None:
        """Reads what is due; `now` counts as time.monotonic(). Whatever fails is due again in the next poll."""
        node = exchange.any_of(broker.id for broker in layout.brokers)
        if node is None or now < self._due_at:
            return
        with contextlib.suppress(NoAnswer):
            self.sees_all_groups = await _sees_all_groups(exchange, node)
            self._due_at = now + EVERY_S

    async def find_hidden(
        self,
        exchange: Exchange,
        layout: Layout,
        groups: tuple[Group, ...],
        wanted: Callable[[str], bool],
        named: tuple[str, ...],
    ) -> None:
        """
        Asks by name for topics that metadata does not have although group members own them, or although they are `named` by
        the filter: they do not exist, or they are hidden from us.
        """
        basis = (groups, layout.topology, named)
        if all(now is before for now, before in zip(basis, self._suspects_of, strict=True)):
            return
        self._suspects_of = basis
        known = layout.topology.by_name
        owned = {part.topic for group in groups for member in group.members for part in member.assigned}
        owned |= {name for name in named if _NAME.fullmatch(name)}
        suspects = frozenset(name for name in owned if name.encode() not in known and wanted(name))
        if suspects == self._suspects:
            return
        node = exchange.any_of(broker.id for broker in layout.brokers)
        if suspects and node is not None:
            try:
                self._hidden = await _hidden(exchange, node, sorted(suspects)[:_TOPICS_AT_ONCE])
            except NoAnswer:
                self._suspects_of = (None, None, None)
                return
        elif not suspects:
            self._hidden = frozenset()
        self._suspects = suspects

    def count(self, gaps: Gaps, *, every_group_wanted: bool) -> None:
        """Counts what is not known, in every poll until it is."""
        for name in sorted(self._hidden):
            gaps.add("topics", "TOPIC_AUTHORIZATION_FAILED", name)
        if every_group_wanted and self.sees_all_groups is False:
            gaps.add("group_list", "CLUSTER_AUTHORIZATION_FAILED", "groups that we may not describe")


async def _sees_all_groups(exchange: Exchange, node: int) -> bool | None:
    """ListGroups shows every group to those who may describe the cluster, and to others what they may describe."""
    versions = await exchange.versions(node)
    if not DESCRIBE_CLUSTER.spoken_by(versions):
        return None
    version = DESCRIBE_CLUSTER.version(versions)
    request = DESCRIBE_CLUSTER.encode(version, include_cluster_authorized_operations=True)
    answer = DESCRIBE_CLUSTER.decode(version, await exchange.ask(node, request))
    return None if answer.authorized_operations is None else _DESCRIBE in answer.authorized_operations


async def _hidden(exchange: Exchange, node: int, names: Sequence[str]) -> frozenset[str]:
    version = METADATA.version(await exchange.versions(node))
    topics = [METADATA.request.MetadataRequestTopic(name=name) for name in names]
    request = METADATA.encode(version, topics=topics, allow_auto_topic_creation=False)
    answer = METADATA.decode(version, await exchange.ask(node, request))
    return frozenset(t.name for t in answer.topics if t.error_code == _TOPIC_AUTHORIZATION_FAILED)
