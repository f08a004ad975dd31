"""
The settings of topics: DescribeConfigs, from any broker (it takes DESCRIBE_CONFIGS on the topics).

Rules need a few of them, for new topics at once. All of them are work for a broker and a large answer, and no poll waits for
that with its main facts.
"""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lagwatch.collect.details.asking import Asking
from lagwatch.collect.details.config_columns import Config, Described, configs_of, decode_configs
from lagwatch.collect.errors import NoAnswer, error_name, no_answer
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.gaps import Gaps
from lagwatch.collect.layout import Layout, Topology
from lagwatch.collect.requests import DESCRIBE_CONFIGS
from lagwatch.errors import ProtocolMismatch

CONFIG_KEYS = ("min.insync.replicas", "cleanup.policy", "retention.ms", "retention.bytes")
"""The settings of topics that rules need."""

EVERY_S = 300.0

PATIENCE_S = 120.0
"""So much later the few are read by themselves, if all settings have not been read meanwhile."""

TOPIC_RESOURCE, BROKER_RESOURCE = 2, 4
_FLEXIBLE = 4
_TOPICS_AT_ONCE = 500


class Whole(NamedTuple):
    """By topic: all its settings, and which of them are its own."""

    values: Mapping[str, Mapping[str, str]]
    own: Mapping[str, frozenset[str]]


class TopicSettings:
    """
    The settings of one cluster's topics.

    The few that rules need are read with a poll's main facts: for new topics at once, and every EVERY_S seconds unless `whole`.
    All settings are a slow part (`read_whole`), which brings those few along.
    """

    def __init__(self, *, whole: bool) -> None:
        self._patience_s = PATIENCE_S if whole else 0.0
        self._few: dict[str, Mapping[str, str]] = {}
        self._whole: dict[str, Config] = {}
        self._failed: dict[str, str] = {}
        self._few_due_at = self._whole_due_at = float("-inf")
        self._column: tuple[Mapping[str, str], ...] = ()
        self._column_of: Topology | None = None

    def column(self, topology: Topology) -> tuple[Mapping[str, str], ...]:
        """Of each topic the settings that rules need; the same object until something changed."""
        if self._column_of is not topology:
            column = tuple(self._few.get(name, {}) for name in topology.names)
            self._column = self._column if self._column == column else column
            self._column_of = topology
        return self._column

    async def read(self, exchange: Exchange, layout: Layout, now: float) -> None:
        """The few, as far as they are due; `now` counts as time.monotonic(). Whatever fails is due again in the next poll."""
        names = layout.topology.names
        due = now >= self._few_due_at + self._patience_s
        wanted = [name for name in names if due or (name not in self._few and name not in self._failed)]
        node = exchange.any_of(broker.id for broker in layout.brokers)
        if node is None or not (due or wanted):
            return
        if due:
            self._refresh(names, now)
        try:
            await self._read(exchange, node, wanted, CONFIG_KEYS)
        except NoAnswer as answer:
            self._failed.update({name: answer.reason for name in wanted if name not in self._few})
            self._few_due_at = float("-inf")

    def lacks(self, layout: Layout) -> bool:
        """Whether there are topics of which not all settings were read, although they may be."""
        return any(name not in self._whole and name not in self._failed for name in layout.topology.names)

    async def read_whole(self, asking: Asking) -> Whole:
        """All settings of every topic, or, where only that is due, of new ones, too; raises NoAnswer."""
        names, now = asking.layout.topology.names, time.monotonic()
        if due := now >= self._whole_due_at:
            self._refresh(names, now)
        wanted = [name for name in names if due or (name not in self._whole and name not in self._failed)]
        await self._read(asking.exchange, asking.any_broker(), wanted, None)
        if due:
            self._whole_due_at = now + EVERY_S
        there = set(names)
        self._whole = {name: config for name, config in self._whole.items() if name in there}
        return Whole(
            {name: config.values for name, config in self._whole.items()},
            {name: config.own for name, config in self._whole.items()},
        )

    def count(self, gaps: Gaps) -> None:
        """Counts what is not known, in every poll until it is."""
        for name, reason in self._failed.items():
            gaps.add("topic_config", reason, name)

    def _refresh(self, names: Sequence[str], now: float) -> None:
        """Everything is asked for anew; what was known stays known until there is an answer."""
        there = set(names)
        self._few = {name: config for name, config in self._few.items() if name in there}
        self._failed = {}
        self._few_due_at = now + EVERY_S

    async def _read(self, exchange: Exchange, node: int, names: Sequence[str], keys: Sequence[str] | None) -> None:
        packs = [names[start : start + _TOPICS_AT_ONCE] for start in range(0, len(names), _TOPICS_AT_ONCE)]
        answers = await describe_configs(exchange, node, TOPIC_RESOURCE, packs, keys)
        few: dict[int, Mapping[str, str]] = {}  # most topics share one mapping
        for name, code, config in (found for pack in answers for found in pack):
            if code:
                self._failed[name] = error_name(code)
                self._few.pop(name, None)
                self._whole.pop(name, None)
                continue
            self._failed.pop(name, None)
            self._few[name] = _few(config, few)
            if keys is None:
                self._whole[name] = config
        self._column_of = None


async def describe_configs(
    exchange: Exchange, node: int, kind: int, packs: Sequence[Sequence[str]], keys: Sequence[str] | None
) -> list[list[Described]]:
    """The settings of resources of a kind, one request a pack, as one broker tells them; raises NoAnswer."""
    version = DESCRIBE_CONFIGS.version(await exchange.versions(node))
    resource = DESCRIBE_CONFIGS.request.DescribeConfigsResource
    wanted = None if keys is None else list(keys)
    requests = [
        DESCRIBE_CONFIGS.encode(
            version,
            resources=[resource(resource_type=kind, resource_name=n, configuration_keys=wanted) for n in pack],
            include_synonyms=False,
            include_documentation=False,
        )
        for pack in packs
    ]
    return [_decoded(version, body) for body in await exchange.ask_all(node, requests)]


def _decoded(version: int, body: memoryview | NoAnswer) -> list[Described]:
    if isinstance(body, NoAnswer):
        raise body
    if version < _FLEXIBLE:
        return configs_of(DESCRIBE_CONFIGS.decode(version, body))
    try:
        return decode_configs(bytes(body))
    except ProtocolMismatch as error:
        raise no_answer(error) from error


def _few(config: Config, made: dict[int, Mapping[str, str]]) -> Mapping[str, str]:
    if id(config) not in made:
        made[id(config)] = {key: config.values[key] for key in CONFIG_KEYS if key in config.values}
    return made[id(config)]
