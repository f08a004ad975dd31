"""
What changes rarely and is read rarely: topic configurations, what we are allowed to see, topics that are hidden from us.

Kafka leaves out what a principal may not see, without a word: topics from metadata, groups from lists. So that this is not
silent, the cluster is asked which rights we have, and topics that group members own but metadata lacks are asked for by
name.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from lagwatch.collect.errors import NoAnswer, error_name
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.gaps import Gaps
from lagwatch.collect.layout import Layout, Topology
from lagwatch.collect.requests import DESCRIBE_CLUSTER, DESCRIBE_CONFIGS, METADATA
from lagwatch.collect.wire import Request
from lagwatch.model.snapshot import Group

CONFIG_KEYS = ("min.insync.replicas", "cleanup.policy", "retention.ms", "retention.bytes")
"""The settings of topics that rules need."""

EVERY_S = 300.0

_TOPICS_AT_ONCE = 500
_TOPIC_RESOURCE = 2
_DESCRIBE = 8
"""The DESCRIBE operation's place among authorized operations (`org.apache.kafka.common.acl.AclOperation`)."""

_TOPIC_AUTHORIZATION_FAILED = 29

_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
"""What a topic may be called, so that a pattern of a filter which looks like this is most likely a name."""


class SlowFacts:
    """Topic configurations and rights of one cluster; read every EVERY_S seconds, for new topics at once."""

    def __init__(self) -> None:
        self.sees_all_groups: bool | None = None
        """Whether we may see every group; None where the broker does not tell."""
        self._config: dict[str, Mapping[str, str]] = {}
        self._failed: dict[str, str] = {}
        self._due_at = float("-inf")
        self._column: tuple[Mapping[str, str], ...] = ()
        self._column_of: Topology | None = None
        self._hidden: frozenset[str] = frozenset()
        self._suspects: frozenset[str] = frozenset()
        self._suspects_of: tuple[object, object, object] = (None, None, None)

    def config(self, topology: Topology) -> tuple[Mapping[str, str], ...]:
        """The configuration of each topic; the same object until something changed."""
        if self._column_of is not topology:
            self._column = tuple(self._config.get(name, {}) for name in topology.names)
            self._column_of = topology
        return self._column

    async def read(self, exchange: Exchange, layout: Layout, now: float) -> None:
        """Reads what is due; `now` counts as time.monotonic(). Whatever fails is due again in the next poll."""
        due = now >= self._due_at
        names = [
            name for name in layout.topology.names if due or (name not in self._config and name not in self._failed)
        ]
        node = exchange.any_of(broker.id for broker in layout.brokers)
        if node is None or not (due or names):
            return
        self._column_of = None
        if due:
            self._due_at = now + EVERY_S
            self._config = {name: self._config[name] for name in names if name in self._config}
            self._failed = {}
        try:
            if due:
                self.sees_all_groups = await _sees_all_groups(exchange, node)
            await self._read_configs(exchange, node, names)
        except NoAnswer as answer:
            self._failed.update({name: answer.reason for name in names if name not in self._config})
            self._due_at = float("-inf")

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
        for name, reason in self._failed.items():
            gaps.add("topic_config", reason, name)
        for name in sorted(self._hidden):
            gaps.add("topics", "TOPIC_AUTHORIZATION_FAILED", name)
        if every_group_wanted and self.sees_all_groups is False:
            gaps.add("group_list", "CLUSTER_AUTHORIZATION_FAILED", "groups that we may not describe")

    async def _read_configs(self, exchange: Exchange, node: int, names: Sequence[str]) -> None:
        version = DESCRIBE_CONFIGS.version(await exchange.versions(node))
        packs = [names[start : start + _TOPICS_AT_ONCE] for start in range(0, len(names), _TOPICS_AT_ONCE)]
        for body in await exchange.ask_all(node, [_describe_configs(version, pack) for pack in packs]):
            if isinstance(body, NoAnswer):
                raise body
            for result in DESCRIBE_CONFIGS.decode(version, body).results:
                if result.error_code:
                    self._failed[result.resource_name] = error_name(result.error_code)
                    self._config.pop(result.resource_name, None)
                else:
                    config = {entry.name: entry.value for entry in result.configs if entry.value is not None}
                    self._config[result.resource_name] = config


def _describe_configs(version: int, names: Sequence[str]) -> Request:
    resource = DESCRIBE_CONFIGS.request.DescribeConfigsResource
    resources = [
        resource(resource_type=_TOPIC_RESOURCE, resource_name=name, configuration_keys=list(CONFIG_KEYS))
        for name in names
    ]
    return DESCRIBE_CONFIGS.encode(version, resources=resources, include_synonyms=False, include_documentation=False)


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
