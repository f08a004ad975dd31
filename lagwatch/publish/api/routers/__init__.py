"""The routes under /api/v1, one noun a module."""

from lagwatch.publish.api.routers import alerts, brokers, clusters, gaps, group_parts, groups, poll, rules, topics

ROUTERS = (
    clusters.router,
    brokers.router,
    topics.router,
    group_parts.router,
    groups.router,
    alerts.router,
    rules.router,
    gaps.router,
    poll.router,
)
"""
In the order in which they are tried: the name of a group may have slashes in it, so what ends in /partitions or /members
comes before the group itself.
"""
