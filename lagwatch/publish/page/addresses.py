"""Where pages are, seen from the root. Pure."""

from urllib.parse import quote


def cluster_page(cluster: str) -> str:
    """
    That of a cluster.

    >>> cluster_page("eu/west 1")
    'clusters/eu%2Fwest%201'
    """
    return f"clusters/{quote(cluster, safe='')}"


def groups_page(cluster: str) -> str:
    """The list of all groups of a cluster."""
    return f"{cluster_page(cluster)}/groups"


def topics_page(cluster: str) -> str:
    """The list of all topics of a cluster."""
    return f"{cluster_page(cluster)}/topics"


def group_page(cluster: str, group: str) -> str:
    """That of a group."""
    return f"{groups_page(cluster)}/{quote(group, safe='')}"


def topic_page(cluster: str, topic: str) -> str:
    """That of a topic."""
    return f"{topics_page(cluster)}/{quote(topic, safe='')}"


def alert_page(alert_id: str) -> str:
    """That of an alert."""
    return f"alerts/{quote(alert_id, safe='')}"
