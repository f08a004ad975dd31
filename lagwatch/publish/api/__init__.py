"""The REST API, health, the index page and the way to `/metrics`: reads what the board holds, never Kafka."""

from lagwatch.publish.api.factory import create_api

__all__ = ["create_api"]
