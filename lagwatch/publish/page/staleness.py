"""What pages say of a cluster whose polls fail: that what they show was seen long ago, before anybody takes it for the present."""

from html import escape

from lagwatch.model.latest import Latest
from lagwatch.model.words import duration
from lagwatch.publish.api.routers.clusters import state_of
from lagwatch.publish.api.values import age


def stale_banner(latest: Latest, now: float) -> str:
    """That the last good poll of the cluster was long ago, and why, as HTML; nothing while it is recent."""
    ago = _stale_for(latest, now)
    if not ago:
        return ""
    why = f" Why: {escape(latest.health.error)}" if latest.health.error else ""
    return (
        f'<p class="banner"><strong>Stale:</strong> the last good poll of {escape(latest.cluster)} was {ago} ago; '
        f"what this page says of it is what was seen then.{why}</p>\n"
    )


def stale_mark(latest: Latest, now: float) -> str:
    """The same in short, to be put into the heading of one of several tables."""
    ago = _stale_for(latest, now)
    return f' <span class="stale">stale: as seen {ago} ago</span>' if ago else ""


def _stale_for(latest: Latest, now: float) -> str:
    if state_of(latest, now) != "stale":
        return ""
    return duration(age(now, latest.health.last_good_at) or 0.0)
