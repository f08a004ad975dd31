"""What one evaluation looks at: a view, its subjects and its columns, each worked out once. Pure."""

from lagwatch.judge.columns import COLUMNS, Reading
from lagwatch.judge.conditions import Read
from lagwatch.judge.subjects import Subjects, subjects
from lagwatch.model.alerts import Condition
from lagwatch.model.view import View


class Sight:
    """A view through the eyes of the rules; lives for one evaluation."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._subjects: dict[str, Subjects] = {}
        self._readings: dict[tuple[str, str], Reading] = {}

    def subjects(self, grain: str) -> Subjects:
        """The subjects of a grain."""
        if grain not in self._subjects:
            self._subjects[grain] = subjects(self.view, grain)
        return self._subjects[grain]

    def column(self, grain: str, name: str) -> Reading:
        """The column of that name."""
        key = (grain, name)
        if key not in self._readings:
            self._readings[key] = COLUMNS[grain][name].read(self.view)
        return self._readings[key]

    def reader(self, grain: str) -> Read:
        """What a condition of a rule of that grain compares."""

        def read(condition: Condition) -> Reading:
            return self.column(grain, condition.value)

        return read
