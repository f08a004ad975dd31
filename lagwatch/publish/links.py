"""Where to read on: addresses within lagwatch, and those of runbooks. Pure."""

from urllib.parse import quote

from lagwatch.model.alerts import Subject


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


def page_url(subject: Subject, base: str) -> str:
    """
    Where the subject of an alert is shown: its group, else its topic, else the alerts of its cluster.

    >>> page_url(Subject(cluster="main", group="team/billing", topic="orders"), "")
    '/api/v1/clusters/main/groups/team%2Fbilling'
    >>> page_url(Subject(cluster="main", topic="orders"), ""), page_url(Subject(cluster="", receiver="on-call"), "")
    ('/api/v1/clusters/main/topics/orders', '/api/v1/receivers')
    """
    if subject.receiver is not None:
        return f"{base}/api/v1/receivers"
    cluster = f"{base}/api/v1/clusters/{quote(subject.cluster, safe='')}"
    if subject.group is not None:
        return f"{cluster}/groups/{quote(subject.group, safe='')}"
    return f"{cluster}/alerts" if subject.topic is None else f"{cluster}/topics/{quote(subject.topic, safe='')}"
