"""What the API needs of the analysis: what is worked out of a cluster's facts when somebody asks, and not once per poll."""

from typing import Protocol

from lagwatch.model.alerts import Rule
from lagwatch.model.audit import AuditReport
from lagwatch.model.balance import Balance, TopicBalance
from lagwatch.model.capacity import Capacity
from lagwatch.model.diagnosis import Diagnosis
from lagwatch.model.effective import Effective
from lagwatch.model.health import Failure
from lagwatch.model.latest import Latest
from lagwatch.model.streams import Streams


class Insights(Protocol):
    """
    Questions about what is known of one cluster now; each is answered from `latest` alone, in milliseconds.

    Where `latest` has no view yet, or what is asked about is not in it, the answer is None.
    """

    def diagnosis(self, latest: Latest, group: str) -> Diagnosis | None:
        """Why a group lags."""

    def balance(self, latest: Latest, group: str) -> Balance | None:
        """How the work of a group is spread."""

    def topic_balance(self, latest: Latest, topic: str) -> TopicBalance | None:
        """How what a topic takes in is spread."""

    def capacity(self, latest: Latest, topic: str, group: str | None) -> Capacity | None:
        """What a topic and its groups (or one of them) need."""

    def streams(self, latest: Latest, group: str, restore_rate: float | None = None) -> Streams | None:
        """The Kafka Streams application of that name, its stores restored at so many bytes a second (None: as configured)."""

    def audit(self, latest: Latest) -> AuditReport | None:
        """What is not good practice in the cluster's settings."""

    def effective(self, rule: Rule, cluster: str | None, group: str | None, topic: str | None) -> tuple[Effective, ...]:
        """What a rule is for these names (None: any), the first that fits counts; nothing if it is about neither."""

    def failures(self, latest: Latest) -> tuple[Failure, ...] | None:
        """What would come of the failure of each broker that is up, by name."""
