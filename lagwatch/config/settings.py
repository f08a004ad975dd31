"""
Everything that can be configured, with its default and its meaning. `load` makes these; they never change afterwards.

Keys in the file have no unit (`interval: 30s`); attributes that are durations are seconds and say so (`interval_s`).
What one field says about another (a deadline within its interval, a password with its user name) is in `checks.py`.
"""

from typing import Any, Literal

from pydantic import Field, model_validator

from lagwatch.config.access import TokenSettings
from lagwatch.config.audit import AuditSettings
from lagwatch.config.burrow import BurrowSettings
from lagwatch.config.connection import ConnectionSettings
from lagwatch.config.profiles import ProfileSettings
from lagwatch.config.receivers import MaintenanceSettings, ReceiverSettings, RouteSettings, TemplateSettings
from lagwatch.config.ruleset import RuleSettings
from lagwatch.config.section import Section, read_secret
from lagwatch.config.storage import StoreSettings
from lagwatch.config.streams import StreamsSettings
from lagwatch.config.values import (
    Addresses,
    Amount,
    Interval,
    Name,
    Patterns,
    Port,
    PositiveSeconds,
    Profiles,
    ReadableFile,
    Secret,
    SecretUrl,
    Text,
    TopicSettings,
    Url,
)
from lagwatch.model.filters import NameFilter

DEADLINE_SHARE = 2 / 3
"""The part of its interval that a poll may take, unless the configuration says otherwise."""

GROWTH_WINDOW_INTERVALS = 4
"""The least number of intervals over which growth can be measured."""


def _default_deadline(values: dict[str, Any]) -> float:
    interval: float = values.get("interval_s", 30.0)
    return round(interval * DEADLINE_SHARE, 3)


def _default_growth_window(values: dict[str, Any]) -> float:
    return max(300.0, GROWTH_WINDOW_INTERVALS * float(values.get("interval_s", 30.0)))


class FilterSettings(Section):
    """Which names to watch: regular expressions over the whole name. What is excluded is not asked for."""

    include: Patterns = Field(
        (), description="Only names that match one of these; empty: all.", examples=[["orders-.*"]]
    )
    exclude: Patterns = Field(
        (), description="Never names that match one of these.", examples=[["console-consumer-.*"]]
    )

    def name_filter(self) -> NameFilter:
        """The same as the rest of lagwatch knows it."""
        return NameFilter(include=self.include, exclude=self.exclude)


class DetailSettings(Section):
    """
    Facts that change slowly and cost more to learn; each part is read on a slower cadence of its own.

    `details: false` turns all of them off.
    """

    enabled: bool = Field(True, description="Whether any of them are read.")
    log_dirs: bool = Field(
        True, description="Log directories and the sizes of replicas (Describe on the cluster), every 5 minutes."
    )
    transactions: bool = Field(
        True,
        description="Open transactions (Describe on their ids), and who holds a partition (Read on the topic), every minute.",
    )
    reassignments: bool = Field(True, description="Partitions that are being moved (Describe on the cluster).")
    quorum: bool = Field(True, description="The metadata quorum (Describe on the cluster), in every poll.")
    eligible_replicas: bool = Field(
        True, description="Eligible leader replicas of partitions that lack replicas in sync (Kafka 4)."
    )
    features: bool = Field(True, description="Features of the cluster and releases of its brokers.")
    broker_config: bool = Field(
        True,
        description="Settings of brokers (DescribeConfigs on the cluster), every 5 minutes; never sensitive values.",
    )
    topic_config: bool = Field(
        True, description="All settings of topics (DescribeConfigs on them), not only those that rules need."
    )

    @model_validator(mode="before")
    @classmethod
    def _all_or_nothing(cls, value: Any) -> Any:
        return {"enabled": value} if isinstance(value, bool) else value

    def parts(self) -> frozenset[str]:
        """The parts to read, as a Gap names them."""
        names = type(self).model_fields.keys() - {"enabled"}
        return frozenset(name for name in names if self.enabled and getattr(self, name))


class ExactTimeLag(Section):
    """Reading single records for their timestamps."""

    partitions: Amount = Field(
        0,
        description="On so many partitions at most, those that are furthest behind; 0: none are read.",
        examples=[100],
    )


class ClusterSettings(Section):
    """One Kafka cluster."""

    name: Name = Field(
        "default", description="The cluster in metrics, API and notices (label kafka_cluster); no two are the same."
    )
    bootstrap: Addresses = Field(
        description="Brokers to ask first, host:port; a list, or one text with commas.", examples=[["localhost:9092"]]
    )
    interval_s: Interval = Field(30.0, alias="interval", description="Time from one poll to the next.")
    deadline_s: PositiveSeconds = Field(
        default_factory=_default_deadline,
        alias="deadline",
        description="When a poll ends, with what it has by then; default: two thirds of the interval.",
        examples=["20s"],
    )
    growth_window_s: PositiveSeconds = Field(
        default_factory=_default_growth_window,
        alias="growth_window",
        description="The time over which growth is measured; default: five minutes, or four intervals if that is more.",
        examples=["5m"],
    )
    groups: FilterSettings = Field(
        FilterSettings(), description="Which consumer groups to watch (regular expressions, whole name)."
    )
    topics: FilterSettings = Field(
        FilterSettings(), description="Which topics to watch (regular expressions, whole name)."
    )
    internal_topics: bool = Field(
        False, description="Whether to watch Kafka's own topics (__consumer_offsets, ...) too."
    )
    details: DetailSettings = Field(
        DetailSettings(),
        description="Which slow facts to read: settings, log directories, transactions, ... (`details: false`: none).",
    )
    exact_time_lag: ExactTimeLag = Field(
        ExactTimeLag(),
        description="Read the next records of groups that are behind, so that their time lag is exact; needs READ on the topics.",
    )
    connection: ConnectionSettings = Field(ConnectionSettings(), description="TLS and SASL.")


class WebSettings(Section):
    """Where metrics, API and pages are served."""

    host: Text = Field(
        "127.0.0.1",
        description="Address to listen on. Nobody is asked who they are before they read (see read_requires_token), so only this "
        "computer is served unless you say 0.0.0.0.",
    )
    port: Port = Field(8484, description="Port to listen on; 0: any free one.")
    external_url: Url | None = Field(
        None,
        description="How people reach lagwatch; links in notices begin with it.",
        examples=["https://lagwatch.example.com"],
    )
    tokens: tuple[TokenSettings, ...] = Field(
        (), description="Tokens of the API; without one nobody can silence, acknowledge or send again."
    )
    read_requires_token: bool = Field(
        False,
        description="Whether reading needs a token as well (a browser sends it as a password); /livez and /readyz never do.",
    )


class MetricsSettings(Section):
    """What /metrics holds."""

    granularity: Literal["partition", "topic", "group"] = Field(
        "partition", description="The finest series of lag: partition, topic or group. Coarser is smaller."
    )
    max_series: Amount = Field(
        10_000_000,
        description="The most series of one cluster. Beyond it what is finest is left out: groups per partition (whole groups, the "
        "largest first), partitions, groups per topic, topics, groups; lagwatch_series_suppressed counts them, and "
        "SeriesLimitReached fires.",
    )
    profiles: Profiles = Field(
        (),
        description="Exporters whose dashboards and alerts are to go on working: each gets a page of its own, such as "
        "/metrics/kafka_exporter, with its names, labels and values (docs/metric-profiles.md).",
        examples=[["kafka_exporter"]],
    )
    kminion_config_keys: TopicSettings = Field(
        ("cleanup.policy",),
        description="Settings of topics that become labels of kminion_kafka_topic_info (kminion's topics.infoMetric.configKeys).",
    )


class WebhookSettings(Section):
    """
    The short form for one receiver of notices, named webhook (Alertmanager's webhook JSON, version 4).

    Unless a route names it, it hears of everything.
    """

    url: SecretUrl | None = Field(
        None,
        description="Where to post firing and resolved alerts; without it nothing is sent. Treated as a secret.",
        examples=["https://hooks.example.com/lagwatch"],
    )
    token: Secret | None = Field(None, description="Sent as `Authorization: Bearer ...`.", examples=["change me"])
    token_file: ReadableFile | None = Field(
        None, description="File that holds that token.", examples=["/run/secrets/webhook-token"]
    )
    timeout_s: PositiveSeconds = Field(10.0, alias="timeout", description="How long the receiver may take to answer.")

    def secret_token(self) -> str | None:
        """The token as it is now; ConfigurationError if its file cannot be read (any more)."""
        return read_secret(self.token, self.token_file)


class LogSettings(Section):
    """What lagwatch says while it runs, on stderr."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="debug, info, warning or error.")
    format: Literal["text", "json"] = Field("text", description="text (key=value) or json, one line an event.")


class Settings(Section):
    """The whole configuration."""

    clusters: tuple[ClusterSettings, ...] = Field(
        (), description="The clusters to watch. With one cluster its keys may also stand at the top level."
    )
    web: WebSettings = Field(WebSettings(), description="Where metrics, API and pages are served.")
    metrics: MetricsSettings = Field(MetricsSettings(), description="What /metrics holds.")
    store: StoreSettings = Field(StoreSettings(), description="What must outlive a restart, and for how long.")
    profiles: tuple[ProfileSettings, ...] = Field((), description="Groups that run in another way than most: batches.")
    rules: dict[str, RuleSettings] = Field(
        {}, description="Changes to the rules that lagwatch comes with, by name, and rules of your own."
    )
    webhook: WebhookSettings = Field(
        WebhookSettings(),
        description="One receiver of notices (Alertmanager's webhook JSON); the short form of receivers.",
    )
    receivers: dict[Name, ReceiverSettings] = Field({}, description="Who can be told of alerts, by name.")
    routes: tuple[RouteSettings, ...] = Field(
        (), description="Who is told of which alerts; without any route everybody is told of everything."
    )
    maintenance: tuple[MaintenanceSettings, ...] = Field(
        (), description="Windows that come again and again, in which nobody is told."
    )
    templates: dict[Name, TemplateSettings] = Field({}, description="Words of your own for messages, by name.")
    burrow: BurrowSettings = Field(
        BurrowSettings(), description="Windows of commits for whoever comes from Burrow: /v3, the profile burrow."
    )
    audit: AuditSettings = Field(AuditSettings(), description="What `lagwatch audit` leaves out.")
    streams: StreamsSettings = Field(StreamsSettings(), description="What is assumed of Kafka Streams applications.")
    log: LogSettings = Field(LogSettings(), description="What lagwatch says while it runs, on stderr.")
