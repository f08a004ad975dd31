"""Notices: what changed in the alerts of a poll, brought to the people who must know."""

from lagwatch.publish.notices.base import Counts, Notifier
from lagwatch.publish.notices.webhook import Delivery, Webhook

__all__ = ["Counts", "Delivery", "Notifier", "Webhook"]
