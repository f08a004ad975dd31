"""A still cluster as independent tools describe it, and what other exporters publish of such a cluster."""

import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from lagwatch.demo import tools
from tests.kafka.support import client, unique
from tests.support.metrics import parse_text
from tests.support.peers import SERIES

LOG_DIRS = "org.apache.kafka.tools.LogDirsCommand"
QUORUM = "org.apache.kafka.tools.MetadataQuorumCommand"

Series = dict[str, dict[tuple[str, ...], float]]
"""By name: values by label values, in the order in which the exporter lists its labels."""
Row = dict[str, str]
"""A row of what an Apache tool prints, by the words of its header; "-" is none."""


@dataclass(frozen=True)
class World:
    """
    A still cluster as independent tools describe it: partitions by TopicCommand, offsets by librdkafka, groups by
    ConsumerGroupCommand. And lagwatch's pages about the very same topics and groups.
    """

    bootstrap: str
    mark: str
    topics: dict[str, str]
    groups: dict[str, str]
    brokers: dict[int, tuple[str, str, str]]
    controller: int
    cluster_id: str
    placed: dict[tuple[str, int], Row]
    marks: dict[tuple[str, int], tuple[int, int]]
    commits: list[Row]
    members: list[Row]
    states: list[Row]
    sizes: dict[str, int]
    pages: dict[str, Series]

    def partitions(self, topic: str) -> list[int]:
        return [number for name, number in self.placed if name == topic]

    def committed(self) -> dict[tuple[str, str], dict[int, int]]:
        """By group and topic: what is committed on which partition."""
        found: dict[tuple[str, str], dict[int, int]] = {}
        for row in self.commits:
            if row["CURRENT-OFFSET"] != "-":
                of_topic = found.setdefault((row["GROUP"], row["TOPIC"]), {})
                of_topic[int(row["PARTITION"])] = int(row["CURRENT-OFFSET"])
        return found

    def lag(self, topic: str, partition: int, offset: int) -> int:
        return self.marks[topic, partition][1] - offset


def series(profile: str, page: str) -> Series:
    found: Series = {}
    for metric in parse_text(page):
        for sample in metric.samples:
            labels = SERIES[profile][sample.name]
            assert sample.labels.keys() == set(labels)
            found.setdefault(sample.name, {})[tuple(sample.labels[label] for label in labels)] = sample.value
    return found


def described(cluster, mark: str, topics: dict[str, str], groups: dict[str, str], pages: dict[str, Series]) -> World:
    bootstrap = cluster.bootstrap
    admin = AdminClient(client(bootstrap))
    nodes = admin.describe_cluster().result()
    printed = cluster.tool(tools.TOPICS, "--describe", "--topic", "|".join(topics.values()))
    rows = [dict(re.findall(r"(\w+): (\S*)", line)) for line in printed.splitlines() if "Partition: " in line]
    placed = {(row["Topic"], int(row["Partition"])): row for row in rows}
    reader = Consumer(client(bootstrap, group_id=unique("peers-nobody")))
    marks = {where: reader.get_watermark_offsets(TopicPartition(*where), timeout=10) for where in placed}
    reader.close()
    asked = [word for group in groups.values() for word in ("--group", group)]
    dirs = cluster.tool(LOG_DIRS, "--describe", "--topic-list", ",".join(topics.values()))
    return World(
        bootstrap,
        mark,
        topics,
        groups,
        {node.id: (node.host, str(node.port), node.rack or "") for node in nodes.nodes},
        # Brokers of a KRaft cluster tell clients any broker as the controller.
        int(re.search(r"LeaderId:\s+(\d+)", cluster.tool(QUORUM, "describe", "--status"))[1]),
        nodes.cluster_id,
        placed,
        marks,
        *(
            tables(cluster.tool(tools.GROUPS, "--describe", *how, *asked))
            for how in ((), ("--members", "--verbose"), ("--state",))
        ),
        sizes_of(json.loads(dirs.splitlines()[-1]), topics.values()),
        pages,
    )


def tables(printed: str) -> list[Row]:
    """The rows of the tables that ConsumerGroupCommand prints."""
    blocks = groupby((line.replace("COORDINATOR (ID)", "COORDINATOR") for line in printed.splitlines()), bool)
    found = []
    for header, *lines in (list(block) for filled, block in blocks if filled):
        if header.startswith("GROUP "):
            rows = (re.sub(r"\S+\s+\((\d+)\)", r"\1", line).split() for line in lines)
            found += [dict(zip(header.split(), row, strict=True)) for row in rows]
    return found


def sizes_of(document: dict, topics: Iterable[str]) -> dict[str, int]:
    """Bytes by topic, all replicas together."""
    found = dict.fromkeys(topics, 0)
    for broker in document["brokers"]:
        for directory in broker["logDirs"]:
            for replica in directory["partitions"]:
                found[replica["partition"].rpartition("-")[0]] += replica["size"]
    return found


def kafka_exporter(world: World) -> Series:
    """What kafka_exporter publishes of such a cluster."""
    placed, marks = world.placed, world.marks
    replicas = {at: row["Replicas"].split(",") for at, row in placed.items()}
    isr = {at: row["Isr"].split(",") for at, row in placed.items()}
    by_partition: dict[str, Callable[[tuple[str, int]], float]] = {
        "current_offset": lambda at: marks[at][1],
        "oldest_offset": lambda at: marks[at][0],
        "leader": lambda at: int(placed[at]["Leader"]),
        "replicas": lambda at: len(replicas[at]),
        "in_sync_replica": lambda at: len(isr[at]),
        "leader_is_preferred": lambda at: placed[at]["Leader"] == replicas[at][0],
        "under_replicated_partition": lambda at: len(isr[at]) < len(replicas[at]),
    }
    offsets, lags = {}, {}
    for (group, topic), found in world.committed().items():
        for partition in world.partitions(topic):
            offset = found.get(partition, -1)
            offsets[group, topic, str(partition)] = offset
            lags[group, topic, str(partition)] = -1 if offset == -1 else world.lag(topic, partition, offset)
    pairs = list(world.committed())
    return {
        "kafka_brokers": {(): len(world.brokers)},
        "kafka_broker_info": {(str(node), f"{host}:{port}"): 1 for node, (host, port, _) in world.brokers.items()},
        "kafka_topic_partitions": {(topic,): len(world.partitions(topic)) for topic in world.topics.values()},
        **{
            f"kafka_topic_partition_{name}": {(topic, str(number)): value((topic, number)) for topic, number in placed}
            for name, value in by_partition.items()
        },
        "kafka_consumergroup_current_offset": offsets,
        "kafka_consumergroup_lag": lags,
        "kafka_consumergroup_current_offset_sum": {
            pair: sum(value for at, value in offsets.items() if at[:2] == pair) for pair in pairs
        },
        "kafka_consumergroup_lag_sum": {
            pair: sum(value for at, value in lags.items() if at[:2] == pair and offsets[at] != -1) for pair in pairs
        },
        "kafka_consumergroup_members": {(row["GROUP"],): int(row["#MEMBERS"]) for row in world.states},
    }


def _group_labels(row: Row) -> tuple[str, ...]:
    """Group, protocol, type of protocol (commits alone make none), state, coordinator."""
    kind = "consumer" if row["STATE"] == "Stable" else ""
    return (row["GROUP"], row["ASSIGNMENT-STRATEGY"].strip("-"), kind, row["STATE"], row["COORDINATOR"])


def kminion(world: World) -> Series:
    """What kminion publishes of such a cluster, but for what only it can know (see `test_kminion_...`)."""
    owned = [
        (row["GROUP"], topic, len(partitions.split(",")))
        for row in world.members
        for topic, _, partitions in (part.rpartition(":") for part in row["CURRENT-ASSIGNMENT"].split(";"))
        if topic
    ]
    lags = {
        (group, topic, partition): max(0, world.lag(topic, partition, offset))
        for (group, topic), found in world.committed().items()
        for partition, offset in found.items()
    }
    policies = {world.topics["unread"]: "compact"}
    return {
        "kminion_exporter_up": {(): 1},
        "kminion_kafka_cluster_info": {(str(len(world.brokers)), str(world.controller), world.cluster_id): 1},
        "kminion_kafka_broker_info": {
            (str(node), *address, str(node == world.controller).lower()): 1 for node, address in world.brokers.items()
        },
        "kminion_kafka_topic_log_dir_size_total_bytes": {(topic,): size for topic, size in world.sizes.items()},
        "kminion_kafka_topic_info": {
            (
                topic,
                str(len(world.partitions(topic))),
                str(len(world.placed[topic, 0]["Replicas"].split(","))),
                policies.get(topic, "delete"),
            ): 1
            for topic in world.topics.values()
        },
        **{
            f"kminion_kafka_topic_partition_{name}_water_mark": {
                (topic, str(number)): pair[end] for (topic, number), pair in world.marks.items()
            }
            for end, name in enumerate(("low", "high"))
        },
        **{
            f"kminion_kafka_topic_{name}_water_mark_sum": {
                (topic,): sum(world.marks[topic, number][end] for number in world.partitions(topic))
                for topic in world.topics.values()
            }
            for end, name in enumerate(("low", "high"))
        },
        "kminion_kafka_consumer_group_info": {_group_labels(row): row["STATE"] == "Stable" for row in world.states},
        "kminion_kafka_consumer_group_members": {(row["GROUP"],): int(row["#MEMBERS"]) for row in world.states},
        "kminion_kafka_consumer_group_empty_members": {(world.groups["consumer"],): 1},
        "kminion_kafka_consumer_group_topic_members": {(group, topic): 1 for group, topic, _ in owned},
        "kminion_kafka_consumer_group_topic_assigned_partitions": {
            (group, topic): size for group, topic, size in owned
        },
        "kminion_kafka_consumer_group_topic_offset_sum": {
            pair: sum(found.values()) for pair, found in world.committed().items()
        },
        "kminion_kafka_consumer_group_topic_partition_lag": {
            (group, topic, str(partition)): lag for (group, topic, partition), lag in lags.items()
        },
        "kminion_kafka_consumer_group_topic_lag": {
            pair: sum(lag for at, lag in lags.items() if at[:2] == pair) for pair in world.committed()
        },
    }


def kafka_lag_exporter(world: World) -> Series:
    """What kafka-lag-exporter publishes of such a cluster, but for seconds and its own time."""
    rows = {}
    for row in world.commits:
        owner = (row["HOST"], row["CONSUMER-ID"], row["CLIENT-ID"])
        if owner == ("-", "-", "-"):
            owner = ("unknown", "unknown", "unknown")
        at = ("default", row["GROUP"], row["TOPIC"], row["PARTITION"], *owner)
        rows[at] = math.nan if row["CURRENT-OFFSET"] == "-" else int(row["CURRENT-OFFSET"])
    lags = {at: offset if math.isnan(offset) else world.lag(at[2], int(at[3]), offset) for at, offset in rows.items()}
    known = {at: lag for at, lag in lags.items() if not math.isnan(lag)}
    read = {(topic, int(partition)) for _, _, topic, partition, *_ in rows}
    return {
        "kafka_partition_latest_offset": {("default", t, str(p)): world.marks[t, p][1] for t, p in read},
        "kafka_partition_earliest_offset": {("default", t, str(p)): world.marks[t, p][0] for t, p in read},
        "kafka_consumergroup_group_offset": rows,
        "kafka_consumergroup_group_lag": lags,
        "kafka_consumergroup_group_max_lag": {
            group: max(lag for at, lag in known.items() if at[:2] == group) for group in {at[:2] for at in rows}
        },
        "kafka_consumergroup_group_sum_lag": {
            group: sum(lag for at, lag in known.items() if at[:2] == group) for group in {at[:2] for at in rows}
        },
        "kafka_consumergroup_group_topic_sum_lag": {
            pair: sum(lag for at, lag in known.items() if at[:3] == pair) for pair in {at[:3] for at in rows}
        },
    }


def page(profile: str, series: Series) -> str:
    """The series as an exporter would publish them."""
    lines = []
    for name, values in series.items():
        lines.append(f"# TYPE {name} gauge")
        for labels, value in values.items():
            pairs = ",".join(f'{label}="{text}"' for label, text in zip(SERIES[profile][name], labels, strict=True))
            lines.append(f"{name}{{{pairs}}} {float(value)}")
    return "\n".join(lines) + "\n"
