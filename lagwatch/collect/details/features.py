"""Finalized features of the cluster, and the release of each broker: ApiVersions, which everybody may ask."""

from lagwatch.collect.details.asking import Asking
from lagwatch.collect.requests import API_VERSIONS
from lagwatch.model.details import Features


async def read_features(asking: Asking) -> Features:
    """Features as one broker knows them, releases as each broker's requests tell; raises NoAnswer."""
    answer = await asking.ask_any(API_VERSIONS, client_software_name="lagwatch", client_software_version="1")
    releases = await asking.of_all(asking.brokers, asking.exchange.release)
    return Features(
        finalized={feature.name: int(feature.max_version_level) for feature in answer.finalized_features or ()},
        releases=releases,
    )
