"""Where notices go: one file a kind of receiver."""

from lagwatch.publish.notices.receivers.alertmanager import Alertmanager
from lagwatch.publish.notices.receivers.apprise import Apprise
from lagwatch.publish.notices.receivers.email import Email, Server
from lagwatch.publish.notices.receivers.pagerduty import PagerDuty
from lagwatch.publish.notices.receivers.slack import Slack
from lagwatch.publish.notices.receivers.webhook import Webhook

__all__ = ["Alertmanager", "Apprise", "Email", "PagerDuty", "Server", "Slack", "Webhook"]
