"""
Metric-name profiles: pages on which lagwatch's facts stand under the names of another exporter, for its dashboards and alerts.

Each profile is a module with a `PROFILE`; `metrics.profiles` in the configuration switches them on by name, and
docs/metric-profiles.md says what is the same and what cannot be.
"""

from collections.abc import Iterable, Sequence

from lagwatch.publish.metrics.profiles import burrow, kafka_exporter, kafka_lag_exporter, kminion
from lagwatch.publish.metrics.profiles.base import Profile, Rows
from lagwatch.publish.metrics.profiles.page import Part, body, part

__all__ = ["PROFILES", "Part", "Profile", "Rows", "body", "part", "switched_on"]

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (kafka_exporter.PROFILE, kminion.PROFILE, kafka_lag_exporter.PROFILE, burrow.PROFILE)
}
"""All profiles by the names that the configuration knows them by, as they are by default."""


def switched_on(names: Iterable[str], *, topic_config: Sequence[str] = kminion.CONFIG_KEYS) -> dict[str, Profile]:
    """The profiles of these names; `topic_config` are the settings that kminion's topic_info carries."""
    chosen = {name: PROFILES[name] for name in names}
    return chosen | ({"kminion": kminion.profile(topic_config)} if "kminion" in chosen else {})
