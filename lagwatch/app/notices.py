"""The notices as they are configured: receivers, routes, windows, and the words of the messages."""

import logging
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from functools import partial

from lagwatch.config import Settings, recipes
from lagwatch.config.receivers import EmailSettings, MatchSettings, ReceiverSettings, RepeatSettings, RouteSettings
from lagwatch.logs import event
from lagwatch.model.alerts import Severity
from lagwatch.model.filters import NameFilter
from lagwatch.model.notices import Acknowledgement, Outbox, Silence
from lagwatch.publish.notices import Matching, Notices, Receiver, Route, Setup, Window, Worker
from lagwatch.publish.notices import receivers as kinds
from lagwatch.publish.notices.receivers.apprise import apprise as require_apprise
from lagwatch.publish.notices.texts import Wording

LOG = logging.getLogger(__name__)

SHORT = "webhook"
"""The name of the receiver that the section `webhook` is the short form of."""

_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def notices(
    settings: Settings,
    external_url: str,
    outbox: Outbox,
    *,
    silences: Callable[[], Sequence[Silence]] = tuple,
    acknowledgements: Callable[[], Sequence[Acknowledgement]] = tuple,
) -> Notices:
    """Everything about notices, ready to be opened; `external_url` is where people reach this lagwatch."""
    built = receivers(settings)
    return Notices(
        setup(settings, external_url),
        outbox,
        workers=[Worker(each, outbox) for each in built if not isinstance(each, kinds.Alertmanager)],
        levels=[each for each in built if isinstance(each, kinds.Alertmanager)],
        windows=windows(settings),
        silences=silences,
        acknowledgements=acknowledgements,
    )


def rearrange(notices: Notices, old: Settings, new: Settings, external_url: str) -> None:
    """Other receivers, routes and windows, from now on; raises ConfigurationError, and changes nothing, if one cannot be made."""
    before, after = recipes(old), recipes(new)
    changed = {name for name, recipe in after.items() if before.get(name) != recipe}
    notices.rearrange(setup(new, external_url), receivers(new, changed), windows(new))


def setup(settings: Settings, external_url: str) -> Setup:
    """Who is told what; says in the log if some alerts are told to nobody."""
    given = routes(settings)
    if given and not any(route.matching == Matching() for route in given):
        event(LOG, logging.WARNING, "no route takes every alert: those that none matches are told to nobody")
    levels = tuple(name for name, each in settings.receivers.items() if each.alertmanager is not None)
    return Setup(
        routes=given,
        receivers=tuple(name for name in recipes(settings) if name not in levels),
        level=levels,
        external_url=external_url.rstrip("/"),
    )


def receivers(settings: Settings, names: AbstractSet[str] | None = None) -> list[Receiver]:
    """
    The receivers of these names (None: all), the short form among them; raises ConfigurationError if one needs what is not
    installed.
    """
    found = [
        _receiver(name, each, _wording(settings, each.template))
        for name, each in settings.receivers.items()
        if names is None or name in names
    ]
    short = settings.webhook
    if short.url is not None and (names is None or SHORT in names):
        url = short.url.get_secret_value()
        found.append(kinds.Webhook(SHORT, url, token=short.secret_token, timeout_s=short.timeout_s))
    return found


def routes(settings: Settings) -> tuple[Route, ...]:
    """The routes in their order; without any everybody hears of everything."""
    found = [_route(each) for each in settings.routes]
    if not found and settings.receivers:
        found.append(Route(receivers=tuple(settings.receivers)))
    if settings.webhook.url is not None and not any(SHORT in route.receivers for route in found):
        found.insert(0, Route(receivers=(SHORT,), go_on=True))
    return tuple(found)


def windows(settings: Settings) -> list[Window]:
    """The maintenance windows."""
    return [
        Window(
            name=each.name,
            cron=each.cron,
            duration_s=each.duration_s,
            zone=each.timezone,
            matching=_matching(each),
        )
        for each in settings.maintenance
    ]


def _receiver(name: str, settings: ReceiverSettings, wording: Wording) -> Receiver:
    if settings.alertmanager is not None:
        level = settings.alertmanager
        return kinds.Alertmanager(
            name,
            level.urls,
            token=level.secret_token,
            resend_s=level.resend_s,
            server_ends=level.server_ends,
            timeout_s=level.timeout_s,
            ca_file=level.ca_file,
        )
    if settings.webhook is not None:
        hook = settings.webhook
        return kinds.Webhook(
            name,
            hook.url.get_secret_value(),
            token=hook.secret_token,
            signing=hook.secret_signing_key,
            timeout_s=hook.timeout_s,
            ca_file=hook.ca_file,
            wording=wording,
        )
    return _for_people(name, settings, wording)


def _for_people(name: str, settings: ReceiverSettings, wording: Wording) -> Receiver:
    if settings.slack is not None:
        return kinds.Slack(name, settings.slack.secret_url, wording=wording, timeout_s=settings.slack.timeout_s)
    if settings.pagerduty is not None:
        pager = settings.pagerduty
        build = partial(kinds.PagerDuty, name, pager.secret_routing_key, wording=wording, timeout_s=pager.timeout_s)
        return build() if pager.url is None else build(url=pager.url.get_secret_value())
    if settings.email is not None:
        email = settings.email
        return kinds.Email(name, _server(email), sender=email.sender, to=email.to, wording=wording)
    assert settings.apprise is not None, "a receiver is one of the kinds"
    require_apprise()
    return kinds.Apprise(name, settings.apprise.secret_url, wording=wording)


def _server(email: EmailSettings) -> kinds.Server:
    return kinds.Server(
        host=email.host,
        port=email.port or _PORTS[email.tls],
        tls=email.tls,
        username=email.username,
        password=email.secret_password,
        ca_file=email.ca_file,
        timeout_s=email.timeout_s,
    )


def _wording(settings: Settings, name: str | None) -> Wording:
    if name is None:
        return Wording()
    from lagwatch.publish.notices.templates import Template

    given = settings.templates[name]
    return Wording(Template(title=given.title, text=given.text, html=given.html), name)


def _route(given: RouteSettings) -> Route:
    return Route(
        receivers=given.receivers,
        matching=_matching(given),
        go_on=given.go_on,
        group_by=given.group_by,
        group_wait_s=given.group_wait_s,
        group_interval_s=given.group_interval_s,
        repeat_s=_repeat(given.repeat),
    )


def _repeat(given: RepeatSettings) -> dict[Severity, float]:
    return {
        Severity.WARNING: given.warning_s,
        Severity.CRITICAL: given.critical_s,
        Severity.EMERGENCY: given.emergency_s,
    }


def _matching(given: MatchSettings) -> Matching:
    named = {"kafka_cluster": given.clusters, "group": given.groups, "topic": given.topics, **given.labels}
    return Matching(
        severities=tuple(Severity(each) for each in given.severity),
        labels={name: NameFilter(include=patterns) for name, patterns in named.items() if patterns},
    )
