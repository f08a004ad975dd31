"""The values of lagwatch itself: how its polls and its notices go. Pure."""

from collections.abc import Mapping

import numpy as np

from lagwatch.model.service import Receiver, Service
from lagwatch.model.snapshot import Float64


def of_service(name: str, service: Service | None, now: float) -> float:
    """One value of the watch of a cluster; NaN where nobody told (as in a replay)."""
    if service is None:
        return float("nan")
    health = service.health
    age = max(0.0, now - (health.last_good_at if health.last_good_at is not None else service.started_at))
    values: dict[str, float | None] = {
        "watching": 1.0,
        "poll_age_s": age,
        "poll_overdue": age / health.stale_after_s(),
        "poll_share": None if health.duration_s is None else health.duration_s / health.interval_s,
        "series_suppressed": service.series_suppressed,
    }
    value = values[name]
    return float("nan") if value is None else float(value)


def of_receivers(name: str, receivers: Mapping[str, Receiver], now: float) -> Float64:
    """One value of every receiver, in the order of their names."""
    there = [receivers[key] for key in sorted(receivers)]
    if name == "dead_letters":
        return np.array([receiver.dead_letters for receiver in there], dtype=np.float64)
    pending = [receiver.oldest_pending_at for receiver in there]
    return np.array([0.0 if at is None else max(0.0, now - at) for at in pending])
