"""The pages for people: what the API knows, read at a glance and at night; no script, nothing from elsewhere."""

from lagwatch.publish.page import alert, cluster, group, index, runbooks, topic

ROUTERS = (index.router, cluster.router, group.router, topic.router, alert.router, runbooks.router)
"""Their routes, at the root."""
