"""Notices: what changed in the alerts of a poll, brought to the people who must know."""

from lagwatch.publish.notices.base import Counts, Receiver
from lagwatch.publish.notices.notices import Notices, Record
from lagwatch.publish.notices.plan import Setup
from lagwatch.publish.notices.quiet import Window
from lagwatch.publish.notices.routes import Matching, Route
from lagwatch.publish.notices.worker import Worker

__all__ = ["Counts", "Matching", "Notices", "Receiver", "Record", "Route", "Setup", "Window", "Worker"]
