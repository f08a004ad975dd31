"""The shape of receivers, routes, maintenance windows and templates: who is told what, when, and in which words."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from lagwatch.config.ruleset import SeverityName
from lagwatch.config.section import Section, read_secret
from lagwatch.config.values import (
    Name,
    Patterns,
    Port,
    PositiveSeconds,
    ReadableFile,
    Seconds,
    Secret,
    SecretUrl,
    Text,
    Url,
)


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise ValueError("the name of a time zone, such as Europe/Berlin") from None
    return value


def _cron(value: str) -> str:
    from lagwatch.publish.notices.cron import parse

    parse(value)
    return value


def _mail(value: str) -> str:
    if not value.isprintable() or "@" not in value or "," in value or "\n" in value:
        raise ValueError("a mail address, such as ops@example.com")
    return value


def _window(value: float) -> float:
    if not 60 <= value <= 31 * 86_400:
        raise ValueError("a duration from 1m to 31d")
    return value


def _pause(value: float) -> float:
    if not 60 <= value <= 366 * 86_400:
        raise ValueError("a duration of 1m or more")
    return value


Zone = Annotated[str, AfterValidator(_zone)]
CronText = Annotated[str, AfterValidator(_cron)]
Mail = Annotated[str, AfterValidator(_mail)]
WindowLength = Annotated[Seconds, AfterValidator(_window)]
Pause = Annotated[Seconds, AfterValidator(_pause)]


class AlertmanagerSettings(Section):
    """An Alertmanager, API v2: it is shown what fires, again and again, and does everything else itself."""

    urls: tuple[Url, ...] = Field(
        description="Every peer of it (not a load balancer); a list.",
        examples=[["http://alertmanager-1:9093", "http://alertmanager-2:9093"]],
    )
    token: Secret | None = Field(None, description="Sent as `Authorization: Bearer ...`.", examples=["change me"])
    token_file: ReadableFile | None = Field(
        None, description="File that holds that token.", examples=["/run/secrets/alertmanager-token"]
    )
    resend_s: PositiveSeconds = Field(60.0, alias="resend", description="How often it is shown what fires.")
    server_ends: bool = Field(
        False, description="Let it end alerts by its own clock and resolve_timeout, where clocks differ."
    )
    ca_file: ReadableFile | None = Field(
        None, description="Certificates to trust instead of the system's.", examples=["/etc/ssl/our-ca.pem"]
    )
    timeout_s: PositiveSeconds = Field(10.0, alias="timeout", description="How long each peer may take to answer.")

    def secret_token(self) -> str | None:
        """The token as it is now; ConfigurationError if its file cannot be read."""
        return read_secret(self.token, self.token_file)


class WebhookReceiverSettings(Section):
    """A webhook: Alertmanager's JSON, version 4."""

    url: SecretUrl = Field(
        description="Where to post; the final address, redirects are not followed. Treated as a secret.",
        examples=["https://hooks.example.com/lagwatch"],
    )
    token: Secret | None = Field(None, description="Sent as `Authorization: Bearer ...`.", examples=["change me"])
    token_file: ReadableFile | None = Field(
        None, description="File that holds that token.", examples=["/run/secrets/webhook-token"]
    )
    signing_key: Secret | None = Field(
        None, description="Key of the HMAC-SHA256 in the header Lagwatch-Signature.", examples=["change me too"]
    )
    signing_key_file: ReadableFile | None = Field(
        None, description="File that holds that key.", examples=["/run/secrets/webhook-key"]
    )
    ca_file: ReadableFile | None = Field(
        None, description="Certificates to trust instead of the system's.", examples=["/etc/ssl/our-ca.pem"]
    )
    timeout_s: PositiveSeconds = Field(10.0, alias="timeout", description="How long the receiver may take to answer.")

    def secret_token(self) -> str | None:
        """The token as it is now; ConfigurationError if its file cannot be read."""
        return read_secret(self.token, self.token_file)

    def secret_signing_key(self) -> str | None:
        """The key as it is now; ConfigurationError if its file cannot be read."""
        return read_secret(self.signing_key, self.signing_key_file)


class SlackSettings(Section):
    """A channel of Slack, by an incoming webhook."""

    url: SecretUrl | None = Field(
        None,
        description="The address of the incoming webhook, which is its secret; or url_file.",
        examples=["https://hooks.slack.com/services/T000/B000/XXX"],
    )
    url_file: ReadableFile | None = Field(
        None, description="File that holds that address.", examples=["/run/secrets/slack-url"]
    )
    timeout_s: PositiveSeconds = Field(10.0, alias="timeout", description="How long Slack may take to answer.")

    def secret_url(self) -> str | None:
        """The address as it is now; ConfigurationError if its file cannot be read."""
        return read_secret(self.url, self.url_file)


class PagerDutySettings(Section):
    """A service of PagerDuty, by its Events API v2: one incident an alert."""

    routing_key: Secret | None = Field(
        None,
        description="The integration key of the service; or routing_key_file.",
        examples=["0123456789abcdef0123456789abcdef"],
    )
    routing_key_file: ReadableFile | None = Field(
        None, description="File that holds that key.", examples=["/run/secrets/pagerduty-key"]
    )
    url: SecretUrl | None = Field(
        None,
        description="Where events are posted; default: PagerDuty's address in the US.",
        examples=["https://events.eu.pagerduty.com/v2/enqueue"],
    )
    timeout_s: PositiveSeconds = Field(10.0, alias="timeout", description="How long PagerDuty may take to answer.")

    def secret_routing_key(self) -> str | None:
        """The key as it is now; ConfigurationError if its file cannot be read."""
        return read_secret(self.routing_key, self.routing_key_file)


class EmailSettings(Section):
    """Mail, over SMTP."""

    host: Text = Field(description="The mail server.", examples=["smtp.example.com"])
    port: Port | None = Field(
        None, description="Its port; default: 587, with tls: tls 465, with none 25.", examples=[587]
    )
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls, tls from the start, or none (everybody on the way can read it)."
    )
    username: Text | None = Field(None, description="Who logs in; without it nobody does.", examples=["lagwatch"])
    password: Secret | None = Field(None, description="The password of that user.", examples=["change me"])
    password_file: ReadableFile | None = Field(
        None, description="File that holds that password.", examples=["/run/secrets/smtp-password"]
    )
    sender: Mail = Field(alias="from", description="The sender's address.", examples=["lagwatch@example.com"])
    to: tuple[Mail, ...] = Field(description="Whom to write to; a list.", examples=[["ops@example.com"]])
    ca_file: ReadableFile | None = Field(
        None, description="Certificates to trust instead of the system's.", examples=["/etc/ssl/our-ca.pem"]
    )
    timeout_s: PositiveSeconds = Field(20.0, alias="timeout", description="How long each step may take.")

    def secret_password(self) -> str | None:
        """The password as it is now; ConfigurationError if its file cannot be read."""
        return read_secret(self.password, self.password_file)


class AppriseSettings(Section):
    """Everything else that Apprise knows (OpsGenie, Teams, Telegram, ...); needs `pip install 'lagwatch[apprise]'`."""

    url: Secret | None = Field(
        None,
        description="Apprise's URL of the service, a secret as a whole; or url_file.",
        examples=["opsgenie://change-me"],
    )
    url_file: ReadableFile | None = Field(
        None, description="File that holds that URL.", examples=["/run/secrets/apprise-url"]
    )

    def secret_url(self) -> str | None:
        """The URL as it is now; ConfigurationError if its file cannot be read."""
        return read_secret(self.url, self.url_file)


class ReceiverSettings(Section):
    """One receiver: exactly one of the kinds, and the template of its words."""

    alertmanager: AlertmanagerSettings | None = Field(None, description="An Alertmanager.")
    webhook: WebhookReceiverSettings | None = Field(None, description="A webhook.")
    slack: SlackSettings | None = Field(None, description="A channel of Slack.")
    pagerduty: PagerDutySettings | None = Field(None, description="A service of PagerDuty.")
    email: EmailSettings | None = Field(None, description="Mail.")
    apprise: AppriseSettings | None = Field(None, description="Everything else.")
    template: Name | None = Field(
        None, description="The template of its words; default: our own words.", examples=["short"]
    )


KINDS = ("alertmanager", "webhook", "slack", "pagerduty", "email", "apprise")


class MatchSettings(Section):
    """Conditions on an alert; all that are given must hold. Patterns are regular expressions over the whole text."""

    severity: tuple[SeverityName, ...] = Field((), description="Only these severities.", examples=[["emergency"]])
    clusters: Patterns = Field((), description="Only clusters that match one of these.", examples=[["prod-.*"]])
    groups: Patterns = Field((), description="Only groups that match one of these.", examples=[["payments-.*"]])
    topics: Patterns = Field((), description="Only topics that match one of these.", examples=[["orders.*"]])
    labels: dict[str, Patterns] = Field(
        {}, description="Only alerts with these labels (alertname, or of the rule).", examples=[{"team": "payments"}]
    )


class RepeatSettings(Section):
    """How long after it was told an alert that still fires, and that nobody acknowledged, is told again."""

    warning_s: Pause = Field(4 * 3600.0, alias="warning", description="A warning.")
    critical_s: Pause = Field(3600.0, alias="critical", description="A critical alert.")
    emergency_s: Pause = Field(900.0, alias="emergency", description="An emergency.")


class RouteSettings(MatchSettings):
    """Where alerts go that match. The first route that matches counts, and the next ones too if it says `continue`."""

    receivers: tuple[Name, ...] = Field(description="Who is told; a list of names.", examples=[["on-call"]])
    go_on: bool = Field(False, alias="continue", description="Whether further routes are looked at as well.")
    group_by: tuple[Name, ...] = Field(
        ("kafka_cluster", "group"), description="The labels that the alerts of one message share."
    )
    group_wait_s: Seconds = Field(
        30.0, alias="group_wait", description="How long a new group waits for more of it before it is told."
    )
    group_interval_s: Seconds = Field(
        300.0, alias="group_interval", description="The least time between two messages of what changed in a group."
    )
    repeat: RepeatSettings = Field(RepeatSettings(), description="When it is told again, by severity.")


class MaintenanceSettings(MatchSettings):
    """A window that comes again and again, in which alerts that match are not told; they are judged and shown all the same."""

    name: Name = Field(description="What it is called.", examples=["nightly-batch"])
    cron: CronText = Field(
        description="When it opens: minute, hour, day of month, month, day of week.", examples=["0 2 * * mon-fri"]
    )
    duration_s: WindowLength = Field(alias="duration", description="How long it is open.", examples=["90m"])
    timezone: Zone = Field("UTC", description="Whose clock on the wall it goes by (IANA name).")


class TemplateSettings(Section):
    """The words of a message, as Jinja2 templates; what is not given is said in our own words."""

    title: str = Field(
        "", description="One line: the subject of a mail, the summary of an incident.", examples=["{{ title }}"]
    )
    text: str = Field("", description="The text; of a webhook, the whole body.", examples=["{{ text }}"])
    html: str = Field("", description="The same for mail programs that show HTML.", examples=["<p>{{ title }}</p>"])
