"""The API's questions, answered by the analysis."""

from lagwatch.analyze.audit import audit
from lagwatch.analyze.capacity import capacity_of
from lagwatch.analyze.diagnosis import diagnosis_of
from lagwatch.analyze.health import failures
from lagwatch.analyze.hot import balance_of, topic_balance
from lagwatch.analyze.streams import streams_of
from lagwatch.judge.effective import Asked, effective
from lagwatch.model.alerts import Rule
from lagwatch.model.audit import AuditReport, Suppression
from lagwatch.model.balance import Balance, TopicBalance
from lagwatch.model.capacity import Capacity
from lagwatch.model.diagnosis import Diagnosis
from lagwatch.model.effective import Effective
from lagwatch.model.health import Failure
from lagwatch.model.latest import Latest
from lagwatch.model.streams import RESTORE_RATE, Streams


class Analyses:
    """
    What `publish.api.insights.Insights` asks for; it keeps nothing but what an audit is to leave out, and at how many bytes a
    second stores of Kafka Streams are restored.
    """

    def __init__(self, suppressions: tuple[Suppression, ...] = (), restore_rate: float = RESTORE_RATE) -> None:
        self._suppressions = suppressions
        self._restore_rate = restore_rate

    def diagnosis(self, latest: Latest, group: str) -> Diagnosis | None:
        """Why a group lags; None if it is not there."""
        return None if latest.view is None else diagnosis_of(latest.view, group)

    def balance(self, latest: Latest, group: str) -> Balance | None:
        """How the work of a group is spread; None if it is not there."""
        return None if latest.view is None else balance_of(latest.view, group)

    def topic_balance(self, latest: Latest, topic: str) -> TopicBalance | None:
        """How what a topic takes in is spread; None if it is not there."""
        return None if latest.view is None else topic_balance(latest.view, topic)

    def capacity(self, latest: Latest, topic: str, group: str | None) -> Capacity | None:
        """What a topic and its groups (or one of them) need; None if it is not there."""
        return None if latest.view is None else capacity_of(latest.view, topic, group)

    def streams(self, latest: Latest, group: str, restore_rate: float | None = None) -> Streams | None:
        """The Kafka Streams application of that name; None if it is none."""
        return None if latest.view is None else streams_of(latest.view, group, restore_rate or self._restore_rate)

    def audit(self, latest: Latest) -> AuditReport | None:
        """What is not good practice in the cluster's settings."""
        return None if latest.view is None else audit(latest.view).without(self._suppressions)

    def effective(self, rule: Rule, cluster: str | None, group: str | None, topic: str | None) -> tuple[Effective, ...]:
        """What a rule is for these names (None: any), the first that fits counts; nothing if it is about neither."""
        asked = Asked(cluster=cluster, group=group, topic=topic)
        return effective(rule, asked) if asked.concerns(rule) else ()

    def failures(self, latest: Latest) -> tuple[Failure, ...] | None:
        """What would come of the failure of each broker that is up, by name."""
        return None if latest.view is None else failures(latest.view)
