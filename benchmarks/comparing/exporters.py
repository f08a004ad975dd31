"""How each exporter is started, when it has read the cluster, and what of it lagwatch does not claim to publish alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.comparing.pages import Allowance
from benchmarks.processes import PEERS
from lagwatch.demo import programs

CLUSTER = "main"
"""What the cluster is called, where an exporter gives it a name."""

_PROCESS = Allowance(
    names="(go|process|promhttp|jvm|python|scrape)_.*", what="name", why="the exporter's own process and scrape"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an exporter is to read, where it is to listen (on 127.0.0.1), and a directory of its own."""

    bootstrap: str
    port: int
    home: Path
    topics: str = ".*"
    groups: str = ".*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A command, variables over those that are there, and files that it reads, by name, in its directory."""

    command: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """
    One that is known. Once `ready` is on its page ("": any series of Kafka, of one that reads Kafka when it is scraped), and
    `ours` on lagwatch's, the cluster was read; `allowed` is what is not compared (docs/metric-profiles.md tells it to users).
    The names in `itself` tell of the exporter: they are on both pages though Kafka was never read.
    """

    ours: str
    ready: str = ""
    itself: tuple[str, ...] = ()
    start: Callable[[Path, Wanted], Start]
    allowed: tuple[Allowance, ...] = ()


def _kafka_exporter(executable: Path, wanted: Wanted) -> Start:
    command = PEERS["kafka_exporter"].command(executable, wanted.bootstrap, wanted.port)
    filters = [f"--topic.filter=^({wanted.topics})$", f"--group.filter=^({wanted.groups})$"]
    return Start(command=[*command, *filters])


def _kminion(executable: Path, wanted: Wanted) -> Start:
    variables = {
        **PEERS["kminion"].variables(wanted.bootstrap, wanted.port),
        "MINION_TOPICS_ALLOWEDTOPICS": f"/^({wanted.topics})$/",
        "MINION_CONSUMERGROUPS_ALLOWEDGROUPS": f"/^({wanted.groups})$/",
        "MINION_LOGDIRS_ENABLED": "true",
    }
    return Start(command=[str(executable)], variables=variables)


def _burrow(executable: Path, wanted: Wanted) -> Start:
    servers = ", ".join(f'"{address}"' for address in wanted.bootstrap.split(","))
    reading = f'class-name = "kafka"\nservers = [{servers}]\nclient-profile = "compare"'
    file = f"""\
[general]
pidfile = "{wanted.home}/burrow.pid"
[logging]
level = "warn"
[client-profile.compare]
kafka-version = "2.8.0"
[httpserver.default]
address = "127.0.0.1:{wanted.port}"
[storage.default]
class-name = "inmemory"
group-allowlist = "^({wanted.groups})$"
[cluster.{CLUSTER}]
{reading}
offset-refresh = 2
topic-refresh = 10
[consumer.{CLUSTER}]
{reading}
cluster = "{CLUSTER}"
"""
    return Start(command=[str(executable), "--config-dir", str(wanted.home)], files={"burrow.toml": file})


def _kafka_lag_exporter(executable: Path, wanted: Wanted) -> Start:
    file = f"""\
kafka-lag-exporter {{
  port = {wanted.port}
  reporters.prometheus.port = {wanted.port}
  poll-interval = 2 seconds
  watchers {{ strimzi = "false" }}
  clusters = [{{
    name = "{CLUSTER}"
    bootstrap-brokers = "{wanted.bootstrap}"
    topic-whitelist = ["{wanted.topics}"]
    group-whitelist = ["{wanted.groups}"]
  }}]
}}
akka.loglevel = "WARNING"
"""
    option = f"-Dconfig.file={wanted.home}/application.conf"
    jar = executable.suffix == ".jar"
    command = [programs.java(), option, "-jar", str(executable)] if jar else [str(executable)]
    return Start(command=command, variables={} if jar else {"JAVA_OPTS": option}, files={"application.conf": file})


EXPORTERS: Mapping[str, Exporter] = {
    "kafka_exporter": Exporter(
        ours="kafka_brokers",
        itself=("kafka_exporter_build_info",),
        start=_kafka_exporter,
        allowed=(
            _PROCESS,
            Allowance(names="kafka_exporter_build_info", what="name", why="the build of the exporter"),
            Allowance(names="kafka_consumergroupzookeeper_.*", what="name", why="offsets in ZooKeeper"),
        ),
    ),
    "kminion": Exporter(
        ours="kminion_kafka_topic_log_dir_size_total_bytes",
        itself=("kminion_exporter_up", "kminion_kafka_requests_sent_total"),
        start=_kminion,
        allowed=(
            _PROCESS,
            Allowance(names="kminion_end_to_end_.*", what="name", why="the end-to-end probe writes records"),
            Allowance(
                names="kminion_exporter_offset_consumer_.*|kminion_kafka_consumer_group_offset_commits_total",
                what="name",
                why="only counted while __consumer_offsets is read",
            ),
            Allowance(
                names="kminion_(log_messages_total|kafka_(requests_received_total|sent_bytes|received_bytes)(_total)?)",
                what="name",
                why="kminion's own client and log",
            ),
            Allowance(names="kminion_kafka_requests_sent_total", what="value", why="each counts its own requests"),
            Allowance(names="kminion_exporter_up", what="version", why="each has its own version"),
            Allowance(
                names="kminion_kafka_cluster_info", what="cluster_version", why="each estimates it by other requests"
            ),
            Allowance(
                names="kminion_kafka_cluster_info",
                what="controller_id",
                why="brokers of a KRaft cluster name any broker, lagwatch the controller",
            ),
            Allowance(
                names="kminion_kafka_broker_info",
                what="is_controller",
                why="brokers of a KRaft cluster name any broker, lagwatch the controller",
            ),
        ),
    ),
    "kafka_lag_exporter": Exporter(
        ready="kafka_consumergroup_poll_time_ms",
        ours="kafka_consumergroup_poll_time_ms",
        start=_kafka_lag_exporter,
        allowed=(
            _PROCESS,
            Allowance(names="kafka_consumergroup_poll_time_ms", what="value", why="each takes its own time"),
            Allowance(
                names="kafka_consumergroup_group_(max_)?lag_seconds",
                what="value",
                why="a straight line through its polls there, lagwatch's own time lag here",
            ),
        ),
    ),
    "burrow": Exporter(
        ready="burrow_kafka_consumer_partition_lag",
        ours="burrow_kafka_topic_partition_offset",
        start=_burrow,
        allowed=(_PROCESS,),
    ),
}
"""The exporters whose names lagwatch can take, by the names of its profiles."""
