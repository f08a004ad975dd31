"""The composition root: builds the service from its settings, starts and stops it; the only place that knows everybody."""

from lagwatch.app.service import Service

__all__ = ["Service"]
