"""The rules of the audit as a page; docs/audit.md is held to it by a test. Pure."""

from collections.abc import Iterator

from lagwatch.analyze.audit import ADVICE, RULES
from lagwatch.model.audit import AuditRule, Kind

_TITLES = {
    Kind.TOPIC: "Topics",
    Kind.BROKER: "Brokers",
    Kind.CLUSTER: "The cluster",
    Kind.GROUP: "Groups",
    Kind.CLIENT: "Clients",
}


def as_markdown() -> str:
    """One section a rule, by what it is about."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    for kind, title in _TITLES.items():
        yield from (f"## {title}", "")
        for judged in RULES:
            if judged.rule.kind is kind:
                yield from _section(judged.rule)
    yield from (
        "## Advice",
        "",
        "No client tells a broker how it is set. What follows is good practice for all of them, and never a finding.",
        "",
    )
    for rule in ADVICE:
        yield from (f"### {rule.id}", "", f"**{rule.title}.** {rule.why} {rule.mend}", "")


def _section(rule: AuditRule) -> Iterator[str]:
    yield from (
        f"### {rule.id}",
        "",
        f"**{rule.title}** ({rule.level.value}).",
        "",
        f"- When: {rule.check}",
        f"- Why it matters: {rule.why}",
        f"- What helps: {rule.mend}",
        "",
    )
