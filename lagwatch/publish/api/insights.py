"""What the API needs of the analysis: what is worked out of a cluster's facts when somebody asks, and not once per poll."""

from typing import Protocol

from lagwatch.model.audit import AuditReport
from lagwatch.model.diagnosis import Diagnosis
from lagwatch.model.health import Failure
from lagwatch.model.latest import Latest


class Insights(Protocol):
    """
    Questions about what is known of one cluster now; each is answered from `latest` alone, in milliseconds.

    Where `latest` has no view yet, or what is asked about is not in it, the answer is None.
    """

    def diagnosis(self, latest: Latest, group: str) -> Diagnosis | None:
        """Why a group lags."""

    def audit(self, latest: Latest) -> AuditReport | None:
        """What is not good practice in the cluster's settings."""

    def failures(self, latest: Latest) -> tuple[Failure, ...] | None:
        """What would come of the failure of each broker that is up, by name."""
