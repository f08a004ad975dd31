"""The API's questions, answered by the analysis."""

from lagwatch.analyze.audit import audit
from lagwatch.analyze.diagnosis import diagnosis_of
from lagwatch.analyze.health import failures
from lagwatch.model.audit import AuditReport, Suppression
from lagwatch.model.diagnosis import Diagnosis
from lagwatch.model.health import Failure
from lagwatch.model.latest import Latest


class Analyses:
    """What `publish.api.insights.Insights` asks for; it keeps nothing but what an audit is to leave out."""

    def __init__(self, suppressions: tuple[Suppression, ...] = ()) -> None:
        self._suppressions = suppressions

    def diagnosis(self, latest: Latest, group: str) -> Diagnosis | None:
        """Why a group lags; None if it is not there."""
        return None if latest.view is None else diagnosis_of(latest.view, group)

    def audit(self, latest: Latest) -> AuditReport | None:
        """What is not good practice in the cluster's settings."""
        return None if latest.view is None else audit(latest.view).without(self._suppressions)

    def failures(self, latest: Latest) -> tuple[Failure, ...] | None:
        """What would come of the failure of each broker that is up, by name."""
        return None if latest.view is None else failures(latest.view)
