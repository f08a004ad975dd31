"""
Burrow's HTTP API (its version 3), odd parts included, for scripts that know it.

It is an application of its own below `/v3`, since its errors have another shape than those of lagwatch's own API; /burrow/admin
stands beside it. docs/migrate-from-burrow.md says what differs.
"""

from lagwatch.publish.api.burrow.application import admin, burrow_api
from lagwatch.publish.api.burrow.setup import Setup

__all__ = ["Setup", "admin", "burrow_api"]
