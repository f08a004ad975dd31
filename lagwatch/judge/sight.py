"""What one evaluation looks at: a view and lagwatch itself, their subjects and columns, each worked out once. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lagwatch.judge.columns import COLUMNS, left_s, patience_s
from lagwatch.judge.conditions import Read
from lagwatch.judge.itself import of_receivers, of_service
from lagwatch.judge.readings import Reading
from lagwatch.judge.reasons import Reasons
from lagwatch.judge.subjects import Subjects, subjects
from lagwatch.judge.windows import Window
from lagwatch.judge.wording import not_read
from lagwatch.model.alerts import Condition, Rule, Statistic
from lagwatch.model.columns import Array
from lagwatch.model.diagnosis import Diagnosis
from lagwatch.model.service import Receiver, Service
from lagwatch.model.snapshot import Float64
from lagwatch.model.view import View

WindowKey = tuple[str, str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """
    What there is to look at in one evaluation at a moment.

    `view` is that of the last good poll; `fresh` says whether that is this one: if it is not, nothing is known of its columns
    now. `never` says that no poll was good since the start: the view is one of nothing. `service` is how the watch of the cluster
    goes, `receivers` how the notices go (None: not asked here). `why` says of a group why it lags; it is asked about groups with
    alerts that fire, and no others.
    """

    now: float
    view: View
    fresh: bool = True
    never: bool = False
    service: Service | None = None
    receivers: Mapping[str, Receiver] | None = None
    why: Callable[[str], Diagnosis | None] | None = None


class Sight:
    """What is looked at, through the eyes of the rules; lives for one evaluation."""

    def __init__(self, looked: Looked, windows: dict[WindowKey, Window], reasons: Reasons) -> None:
        self.looked = looked
        self.view = looked.view
        self._windows = windows
        self._subjects: dict[str, Subjects] = {}
        self._stood: dict[str, tuple[Subjects, bool]] = {}
        self._readings: dict[tuple[str, str], Reading] = {}
        self._left: dict[str, Float64 | None] = {}
        self._reasons = reasons

    @property
    def unread(self) -> str:
        """Why nothing is known of the cluster; the same sentence for as long as that lasts, "" if it was just read."""
        snapshot = self.view.snapshot
        return "" if self.looked.fresh else not_read(snapshot.cluster, None if self.looked.never else snapshot.at)

    def sees(self, grain: str) -> bool:
        """Whether rules of this grain are judged here."""
        return (grain == "receiver") == (self.looked.receivers is not None)

    def subjects(self, grain: str) -> Subjects:
        """The subjects of a grain."""
        if grain not in self._subjects:
            self._subjects[grain] = subjects(self.view, grain, tuple(sorted(self.looked.receivers or ())))
        return self._subjects[grain]

    def stands(self, before: Subjects) -> bool:
        """Whether the subjects of a grain stand where they stood; looked at once, however many rules ask."""
        known = self._stood.get(before.grain)
        if known is None or known[0] is not before:
            known = self._stood[before.grain] = (before, self.subjects(before.grain).same_as(before))
        return known[1]

    def column(self, grain: str, name: str) -> Reading:
        """The column of that name."""
        key = (grain, name)
        if key not in self._readings:
            self._readings[key] = self._read(grain, name)
        return self._readings[key]

    def _read(self, grain: str, name: str) -> Reading:
        looked = self.looked
        column = COLUMNS[grain][name]
        if grain == "receiver":
            return Reading(of_receivers(name, looked.receivers or {}, looked.now))
        if column.read is None:
            return Reading(np.array([of_service(name, looked.service, looked.now)]))
        if not looked.fresh:
            return Reading(np.full(self.subjects(grain).size, np.nan))
        return column.read(self.view)

    def remember(self, rules: tuple[Rule, ...]) -> None:
        """Take the values of this evaluation into the windows that some condition looks at; drop the others."""
        wanted = {
            (rule.grain, condition.value, condition.over_s)
            for rule in rules
            for condition in (*rule.conditions, *(rule.escalation.conditions if rule.escalation else ()))
            if condition.statistic is not Statistic.LAST and self.sees(rule.grain)
        }
        for key in self._windows.keys() - wanted:
            del self._windows[key]
        for key in wanted if self.looked.fresh else ():
            grain, name, over_s = key
            window = self._windows.setdefault(key, Window(over_s))
            window.add(self.looked.now, self.subjects(grain), self.column(grain, name).values)

    def reader(self, grain: str) -> Read:
        """What a condition of a rule of that grain compares."""

        def read(condition: Condition) -> Reading:
            now = self.column(grain, condition.value)
            if condition.statistic is Statistic.LAST:
                return now
            if not self.looked.fresh:
                return Reading(np.full(len(now.values), np.nan))
            window = self._windows[grain, condition.value, condition.over_s]
            return Reading(window.read(condition.statistic, condition.quantile), now.at_least)

        return read

    def patience_s(self, grain: str) -> Array | None:
        """For how long a condition must hold before it says something about each subject (None: does not matter)."""
        return patience_s(self.view, grain)

    def commit_interval_s(self, grain: str) -> Float64 | None:
        """Seconds between two commits of each subject (NaN: not known); None for grains that do not commit."""
        if grain == "partition":
            return self.view.patience_s.astype(np.float64) / 2.0
        return self.view.pairs.commit_interval_s if grain == "pair" else None

    def left_s(self, grain: str) -> Float64 | None:
        """For how long each subject has been one that a live group does not consume (NaN: it does); None if there is none."""
        if grain not in self._left:
            self._left[grain] = left_s(self.view, grain) if self.looked.fresh else None
        return self._left[grain]

    def diagnosis(self, group: str) -> Diagnosis | None:
        """Why a group lags; None where nobody can say."""
        return None if self.looked.why is None else self._reasons.of(group, self.looked.why)
