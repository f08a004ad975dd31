"""What a small cluster's nodes are configured with; pure, so that a test can read it without starting anything."""

from collections.abc import Mapping

from lagwatch.demo.security import LISTENERS

SMALL: Mapping[str, str] = {
    "auto.create.topics.enable": "false",  # a monitor that creates topics by asking for them would show here
    "group.initial.rebalance.delay.ms": "0",
    "group.share.heartbeat.interval.ms": "1000",
    "group.share.min.heartbeat.interval.ms": "500",
    "group.consumer.heartbeat.interval.ms": "1000",
    "group.consumer.min.heartbeat.interval.ms": "500",
    "group.consumer.min.session.timeout.ms": "6000",
    "log.index.size.max.bytes": "65536",  # the default maps 10 MB a partition
    "log.segment.bytes": "67108864",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "num.partitions": "1",
    "offsets.topic.num.partitions": "12",
    "share.coordinator.state.topic.num.partitions": "4",
    "share.coordinator.state.topic.segment.bytes": "10485760",
    "transaction.state.log.num.partitions": "4",
}
"""Small internal topics and quick groups; everything else is Kafka's default."""

LOG4J = """\
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss.SSS} %p %m (%c{1})%n%xEx
logger.config.name = org.apache.kafka.common.config.AbstractConfig
logger.config.level = WARN
logger.log.name = org.apache.kafka.storage.internals.log
logger.log.level = WARN
logger.manager.name = kafka.log
logger.manager.level = WARN
logger.partition.name = kafka.cluster.Partition
logger.partition.level = WARN
"""
"""log4j 2 settings of a node: everything to its log file, without the thousands of lines that each partition adds."""


def node_settings(
    number: int, ports: Mapping[str, tuple[int, ...]], data: str, overrides: Mapping[str, str]
) -> dict[str, str]:
    """
    The configuration of node `number` (from 1).

    `ports` maps each listener (CONTROLLER, PLAINTEXT, and any of security.LISTENERS) to one port a node; `data` is the
    node's data directory; `overrides` win over everything.
    """
    nodes = len(ports["CONTROLLER"])
    copies = str(min(3, nodes))
    in_sync = str(min(2, nodes))
    voters = (f"{peer}@127.0.0.1:{port}" for peer, port in enumerate(ports["CONTROLLER"], start=1))
    protocols = {"CONTROLLER": "PLAINTEXT", "PLAINTEXT": "PLAINTEXT", **LISTENERS}
    return {
        **SMALL,
        "node.id": str(number),
        "process.roles": "broker,controller",
        "controller.quorum.voters": ",".join(voters),
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listeners": ",".join(f"{name}://127.0.0.1:{of_nodes[number - 1]}" for name, of_nodes in ports.items()),
        "listener.security.protocol.map": ",".join(f"{name}:{protocols[name]}" for name in ports),
        "log.dirs": data,
        "broker.rack": f"rack-{number}",
        "default.replication.factor": copies,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": in_sync,
        **overrides,
    }


def properties(settings: Mapping[str, str]) -> str:
    """`settings` as a Java properties file; values here need no escapes but that of the backslash."""
    return "".join(f"{name}={value.replace(chr(92), chr(92) * 2)}\n" for name, value in settings.items())
