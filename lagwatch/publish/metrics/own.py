"""lagwatch's own metrics, as prometheus_client's families: rendered at each scrape, so that ages are true."""

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

from prometheus_client.exposition import generate_latest as generate_text
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from lagwatch import __version__
from lagwatch.model.kept import KINDS, StoreHealth
from lagwatch.model.latest import Latest, PollHealth
from lagwatch.publish.metrics import families as f
from lagwatch.publish.metrics.families import Family
from lagwatch.publish.metrics.negotiation import Format
from lagwatch.publish.notices.base import Counts

Samples = dict[tuple[str, ...], float]
"""Values by the values of the family's labels, in their order."""

_GENERATE: Mapping[Format, Callable[[Collector], bytes]] = {
    Format.TEXT: generate_text,
    Format.OPENMETRICS: generate_openmetrics,
}
_PROCESS = ProcessCollector(registry=None)
_PLATFORM = PlatformCollector(registry=None)
_VERSIONS = (__version__, platform.python_version(), version("kafka-python"), version("numpy"))


class _Families(Collector):
    """Families that are made already, as prometheus_client wants them."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """
    How the rest of lagwatch goes: notices (`receivers` by name, `suppressed` counts alerts that fire and are not told, by cluster
    and reason), the store (None: there is none), and how many series a limit keeps off the page, by cluster (`left_out`).
    """

    receivers: Mapping[str, Counts] = field(default_factory=dict)
    suppressed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    store: StoreHealth | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)


def own_page(form: Format, latests: Sequence[Latest], series: Mapping[str, int], inside: Inside, now: float) -> bytes:
    """The end of the page: `series` counts by cluster, `now` is seconds since the epoch."""
    families = [*_own(latests, series, inside, now), *_PROCESS.collect(), *_PLATFORM.collect()]
    return _GENERATE[form](_Families(families))


def _own(latests: Sequence[Latest], series: Mapping[str, int], inside: Inside, now: float) -> Iterator[Metric]:
    collected: dict[Family, Samples] = {}
    for latest in latests:
        for family, samples in _of_cluster(latest, series.get(latest.cluster, 0), now).items():
            collected.setdefault(family, {}).update(samples)
    collected.update(_of_notices(inside.receivers))
    collected[f.own.ALERTS_SUPPRESSED] = {
        (cluster, reason): count
        for cluster, reasons in inside.suppressed.items()
        if cluster
        for reason, count in reasons.items()
    }
    collected[f.own.SERIES_SUPPRESSED] = {(cluster,): count for cluster, count in inside.left_out.items()}
    if inside.store is not None:
        collected.update(_of_store(inside.store))
    collected[f.own.BUILD_INFO] = {_VERSIONS: 1}
    for family in f.FAMILIES:
        if collected.get(family):
            yield _metric(family, collected[family])


def _of_cluster(latest: Latest, series: int, now: float) -> dict[Family, Samples]:
    health, cluster = latest.health, (latest.cluster,)
    single = _of_health(health, now) | {f.own.SERIES: series}
    found: dict[Family, Samples] = {family: {cluster: value} for family, value in single.items() if value is not None}
    found[f.own.POLL_FAILURES] = {(*cluster, kind): count for kind, count in health.failures_by_kind.items()}
    found[f.own.GAPS] = {(*cluster, *key): count for key, count in health.gaps_by_reason.items()}
    found[f.own.REQUESTS] = {(*cluster, api): count for api, count in health.requests_by_api.items()}
    if latest.view is not None:
        stats = latest.view.snapshot.stats
        found[f.own.POLL_RETRIES] = {cluster: stats.retries}
        found[f.own.POLL_RECEIVED] = {cluster: stats.bytes_received}
        found[f.own.POLL_REQUESTS] = {(*cluster, api): count for api, count in stats.requests.items()}
    gaps = found[f.own.POLL_GAPS] = {}
    for gap in latest.gaps:
        key = (*cluster, gap.part, gap.reason)
        gaps[key] = gaps.get(key, 0) + gap.count
    return found


def _of_health(health: PollHealth, now: float) -> dict[Family, float | None]:
    age = None if health.last_good_at is None else max(0.0, now - health.last_good_at)
    return {
        f.own.LAST_POLL_SUCCESSFUL: None if health.last_attempt_at is None else float(not health.error),
        f.own.LAST_POLL: health.last_attempt_at,
        f.own.LAST_GOOD_POLL: health.last_good_at,
        f.own.POLL_AGE: age,
        f.own.WATCHED_SINCE: health.watched_since,
        f.own.POLL_DURATION: health.duration_s,
        f.own.POLL_INTERVAL: health.interval_s,
        f.own.POLL_DEADLINE: health.deadline_s,
        f.own.POLLS: health.polls,
    }


def _of_notices(notices: Mapping[str, Counts]) -> dict[Family, Samples]:
    waiting = ((name, counts.oldest_pending_at) for name, counts in notices.items())
    oldest: Samples = {(name,): since for name, since in waiting if since is not None}
    failed: Samples = {(name, reason): n for name, c in notices.items() for reason, n in c.failed_by_reason.items()}
    return {
        f.own.NOTIFICATIONS: {(name,): c.sent for name, c in notices.items()},
        f.own.NOTIFICATIONS_FAILED: failed,
        f.own.NOTIFICATIONS_RETRIED: {(name,): c.retries for name, c in notices.items()},
        f.own.NOTIFICATIONS_PENDING: {(name,): c.pending for name, c in notices.items()},
        f.own.NOTIFICATION_OLDEST: oldest,
        f.own.NOTIFICATION_LAST_SENT: {
            (name,): c.last_sent_at for name, c in notices.items() if c.last_sent_at is not None
        },
        f.own.NOTIFICATION_DEAD_LETTERS: {(name,): c.dead for name, c in notices.items()},
        f.own.NOTIFICATION_TEMPLATE_ERRORS: {(name,): c.template_errors for name, c in notices.items()},
        f.own.RECEIVER_UP: {(name,): float(not c.down) for name, c in notices.items()},
    }


def _of_store(health: StoreHealth) -> dict[Family, Samples]:
    return {
        f.own.STORE_OK: {(): float(health.ok)},
        f.own.STORE_PENDING: {(): health.pending},
        f.own.STORE_DROPPED: {(kind,): health.dropped.get(kind, 0) for kind in KINDS},
    }


def _metric(family: Family, samples: Samples) -> Metric:
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = kind(family.name, family.help, labels=family.labels, unit=family.unit)
    for labels, value in samples.items():
        metric.add_metric(labels, value)
    return metric
