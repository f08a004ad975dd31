"""The API's questions, answered by the analysis."""

from lagwatch.analyze.diagnosis import diagnosis_of
from lagwatch.model.diagnosis import Diagnosis
from lagwatch.model.latest import Latest


class Analyses:
    """What `publish.api.insights.Insights` asks for; it keeps nothing."""

    def diagnosis(self, latest: Latest, group: str) -> Diagnosis | None:
        """Why a group lags; None if it is not there."""
        return None if latest.view is None else diagnosis_of(latest.view, group)
