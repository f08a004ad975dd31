"""Where to read on: addresses within lagwatch, and those of runbooks. Pure."""

from urllib.parse import quote

from lagwatch.model.alerts import Subject
from lagwatch.model.notices import alert_id


def runbook_url(runbook: str, base: str) -> str | None:
    """
    Where the runbook of a rule is; None if the rule has none.

    `base` is the address of lagwatch without a slash at its end, "" for links within lagwatch. A runbook that is an address
    itself stays as it is.

    >>> runbook_url("data-lost", ""), runbook_url("data-lost", "https://lagwatch.example.com"), runbook_url("", "")
    ('/runbooks/data-lost', 'https://lagwatch.example.com/runbooks/data-lost', None)
    >>> runbook_url("https://wiki.example.com/lag", "")
    'https://wiki.example.com/lag'
    """
    if runbook.startswith(("http://", "https://")):
        return runbook
    return f"{base}/runbooks/{quote(runbook, safe='')}" if runbook else None


def alert_url(alert_id: str, base: str) -> str:
    """
    Where an alert is shown with what became of it, also when it is inactive by now.

    >>> alert_url("5f0a3c", "https://lagwatch.example.com")
    'https://lagwatch.example.com/alerts/5f0a3c'
    """
    return f"{base}/alerts/{quote(alert_id, safe='')}"


def page_url(rule: str, subject: Subject, base: str) -> str:
    """
    The page of what an alert is about: its group, else its topic, else its cluster; its own page if that is lagwatch itself.

    >>> page_url("ConsumerLagHigh", Subject(cluster="main", group="team/billing", topic="orders"), "")
    '/clusters/main/groups/team%2Fbilling'
    >>> page_url("PartitionsOffline", Subject(cluster="main", topic="orders"), "http://lagwatch:8484")
    'http://lagwatch:8484/clusters/main/topics/orders'
    >>> page_url("BrokerMissing", Subject(cluster="eu west"), "")
    '/clusters/eu%20west'
    """
    if subject.receiver is not None:
        return alert_url(alert_id(rule, subject), base)
    cluster = f"{base}/clusters/{quote(subject.cluster, safe='')}"
    if subject.group is not None:
        return f"{cluster}/groups/{quote(subject.group, safe='')}"
    return cluster if subject.topic is None else f"{cluster}/topics/{quote(subject.topic, safe='')}"
