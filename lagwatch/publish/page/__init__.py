"""The pages for people: what the API knows, read at a glance and at night; no script, nothing from elsewhere."""

from lagwatch.publish.page import index, runbooks

ROUTERS = (index.router, runbooks.router)
"""Their routes, at the root."""
