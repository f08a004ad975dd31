"""The section `burrow`: the windows that `/v3` and the profile burrow look at, in Burrow's words."""

from pydantic import Field

from lagwatch.config.section import Section
from lagwatch.config.values import Amount, PositiveSeconds, Seconds, Share, Slots
from lagwatch.model.commit_windows import WindowOptions


class BurrowSettings(Section):
    """
    What is kept and how it is judged for whoever comes from Burrow: the API below /v3, the profile burrow, its metrics.

    A commit is seen when a poll finds that the offset has moved (docs/migrate-from-burrow.md).
    """

    intervals: Slots = Field(
        10, description="Commits in a window, and log ends kept of each partition (storage.intervals)."
    )
    min_distance_s: Seconds = Field(
        0.0,
        alias="min_distance",
        description="A commit that comes sooner after the newest one takes its place (storage.min-distance).",
    )
    expire_group_s: PositiveSeconds = Field(
        604_800.0,
        alias="expire_group",
        description="A group that has not moved for so long is not known under /v3 any more (storage.expire-group).",
    )
    minimum_complete: Share = Field(
        0.0,
        description="A window that is less full, from 0 to 1, is OK whatever it holds (evaluator.minimum-complete).",
    )
    allowed_lag: Amount = Field(
        0, description="Messages of lag on a partition that count as none (evaluator.allowed-lag)."
    )
    most_commits: Amount = Field(
        50_000,
        description="With more committed partitions in a cluster no windows are kept, which take 250 bytes each; 0: never any.",
    )

    def window_options(self) -> WindowOptions:
        """The same as the rest of lagwatch knows it."""
        return WindowOptions(
            intervals=self.intervals,
            min_distance_s=self.min_distance_s,
            expire_group_s=self.expire_group_s,
            minimum_complete=self.minimum_complete,
            allowed_lag=self.allowed_lag,
            most_commits=self.most_commits,
        )
