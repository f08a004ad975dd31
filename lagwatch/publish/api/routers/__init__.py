"""The routes under /api/v1, one noun a module."""

from lagwatch.publish.api.routers import (
    acknowledgements,
    alert_history,
    alerts,
    audit,
    audit_log,
    balance,
    brokers,
    cluster_health,
    clusters,
    diagnosis,
    gaps,
    group_parts,
    groups,
    notices,
    poll,
    receivers,
    rules,
    silences,
    slow_facts,
    topics,
)

ROUTERS = (
    clusters.router,
    brokers.router,
    cluster_health.router,
    slow_facts.router,
    balance.router,
    topics.router,
    group_parts.router,
    diagnosis.router,
    groups.router,
    alerts.router,
    alert_history.router,
    rules.router,
    gaps.router,
    poll.router,
    audit.router,
    silences.router,
    silences.writing,
    acknowledgements.router,
    acknowledgements.writing,
    notices.router,
    notices.writing,
    receivers.router,
    audit_log.router,
)
"""
In the order in which they are tried: the name of a group may have slashes in it, so what ends in /partitions, /members,
/diagnosis, /balance or /streams comes before the group itself.
"""
