"""
Metric-name profiles: pages on which lagwatch's facts stand under the names of another exporter, for its dashboards and alerts.

Each profile is a module with a `PROFILE`; `metrics.profiles` in the configuration switches them on by name, and
docs/metric-profiles.md says what is the same and what cannot be.
"""

from lagwatch.publish.metrics.profiles import kafka_exporter
from lagwatch.publish.metrics.profiles.base import Profile, Rows
from lagwatch.publish.metrics.profiles.page import Part, body, part

__all__ = ["PROFILES", "Part", "Profile", "Rows", "body", "part"]

PROFILES: dict[str, Profile] = {profile.name: profile for profile in (kafka_exporter.PROFILE,)}
"""All profiles by the names that the configuration knows them by."""
