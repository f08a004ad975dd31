"""
The settings of topics: DescribeConfigs, from any broker (it takes DESCRIBE_CONFIGS on the topics).

Rules need a few of them, for new topics at once; all of them are read where slow facts are wanted, in the same requests.
"""

import time
from collections.abc import Mapping, Sequence

from lagwatch.collect.details.config_columns import Config, Described, configs_of, decode_configs
from lagwatch.collect.errors import NoAnswer, error_name, no_answer
from lagwatch.collect.exchange import Exchange
from lagwatch.collect.gaps import Gaps
from lagwatch.collect.layout import Layout, Topology
from lagwatch.collect.requests import DESCRIBE_CONFIGS
from lagwatch.errors import ProtocolMismatch
from lagwatch.model.details import Part

CONFIG_KEYS = ("min.insync.replicas", "cleanup.policy", "retention.ms", "retention.bytes")
"""The settings of topics that rules need."""

EVERY_S = 300.0

TOPIC_RESOURCE, BROKER_RESOURCE = 2, 4
_FLEXIBLE = 4
_TOPICS_AT_ONCE = 500

Values = Mapping[str, Mapping[str, str]]
Names = Mapping[str, frozenset[str]]


class TopicSettings:
    """The settings of one cluster's topics; read every EVERY_S seconds, for new topics at once."""

    def __init__(self, *, whole: bool) -> None:
        self._keys = None if whole else CONFIG_KEYS
        self._config: dict[str, Config] = {}
        self._failed: dict[str, str] = {}
        self._due_at = float("-inf")
        self._read_at = 0.0
        self._column: tuple[Mapping[str, str], ...] = ()
        self._column_of: Topology | None = None
        self._values: Part[Values] | None = None
        self._own: Part[Names] | None = None

    def column(self, topology: Topology) -> tuple[Mapping[str, str], ...]:
        """Of each topic the settings that rules need; the same object until something changed."""
        if self._column_of is not topology:
            few: dict[int, Mapping[str, str]] = {}  # most topics share one mapping
            self._column = tuple(_few(self._config.get(name), few) for name in topology.names)
            self._column_of = topology
        return self._column

    def parts(self) -> tuple[Part[Values] | None, Part[Names] | None]:
        """All settings of each topic, and which of them are its own; None where they are not wanted or not known."""
        if self._keys is None and self._config and (self._values is None or self._values.read_at != self._read_at):
            values = {name: config.values for name, config in self._config.items()}
            self._values = Part(value=values, read_at=self._read_at)
            self._own = Part(value={n: config.own for n, config in self._config.items()}, read_at=self._read_at)
        return self._values, self._own

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
            await self._read(exchange, node, names)
            self._read_at = time.time()
        except NoAnswer as answer:
            self._failed.update({name: answer.reason for name in names if name not in self._config})
            self._due_at = float("-inf")

    def count(self, gaps: Gaps) -> None:
        """Counts what is not known, in every poll until it is."""
        for name, reason in self._failed.items():
            gaps.add("topic_config", reason, name)

    async def _read(self, exchange: Exchange, node: int, names: Sequence[str]) -> None:
        packs = [names[start : start + _TOPICS_AT_ONCE] for start in range(0, len(names), _TOPICS_AT_ONCE)]
        for pack in await describe_configs(exchange, node, TOPIC_RESOURCE, packs, self._keys):
            for name, code, config in pack:
                if code:
                    self._failed[name] = error_name(code)
                    self._config.pop(name, None)
                else:
                    self._config[name] = config


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


def _few(config: Config | None, made: dict[int, Mapping[str, str]]) -> Mapping[str, str]:
    if config is None:
        return {}
    if id(config) not in made:
        made[id(config)] = {key: config.values[key] for key in CONFIG_KEYS if key in config.values}
    return made[id(config)]
