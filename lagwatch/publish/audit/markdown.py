"""An audit's report as Markdown, for a ticket or a wiki. Pure."""

from collections.abc import Iterator

from lagwatch.model.audit import AuditFinding, AuditReport, Level
from lagwatch.model.words import plural
from lagwatch.publish.audit.form import counts, moment

SPECIAL = "\\`*_{}[]<>()#+-!|~"
"""What Markdown would take for more than a character."""


def as_markdown(report: AuditReport) -> str:
    """The whole report: a line of counts, then each rule that speaks with its subjects and commands."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: AuditReport) -> Iterator[str]:
    yield f"# Audit of {escaped(report.cluster)}"
    yield ""
    found = ", ".join(plural(count, level) for level, count in counts(report.findings).items() if count)
    yield f"As of {moment(report.at)}: {found or 'nothing found'}; {plural(len(report.suppressed), 'finding')} suppressed."
    for level in Level:
        some = [finding for finding in report.findings if finding.level is level]
        if some:
            yield from ("", f"## {level.value.capitalize()}")
            yield from _rules(some)
    if report.suppressed:
        yield from ("", "## Suppressed", "")
        yield from (
            f"- {escaped(each.subject)}: {each.rule.title} ({escaped(each.suppressed or 'no reason given')})"
            for each in report.suppressed
        )
    yield from ("", "## Advice", "", "What no client tells a broker, for every cluster alike:", "")
    yield from (f"- **{escaped(rule.title)}.** {escaped(rule.why)} {escaped(rule.mend)}" for rule in report.advice)


def _rules(findings: list[AuditFinding]) -> Iterator[str]:
    for rule in dict.fromkeys(finding.rule for finding in findings):
        yield from ("", f"### {escaped(rule.title)} (`{rule.id}`)", "", f"{escaped(rule.why)} {escaped(rule.mend)}", "")
        for finding in findings:
            if finding.rule == rule:
                yield f"- **{escaped(finding.subject)}** {escaped(finding.message)}"
                if finding.command:
                    yield from ("", *(f"  {line}".rstrip() for line in fenced(finding.command)), "")


def fenced(command: str) -> list[str]:
    """The command as a code block, whatever is in it."""
    fence = "```"
    while fence in command:
        fence += "`"
    return [f"{fence}sh", *command.split("\n"), fence]


def escaped(text: str) -> str:
    """
    Text in which nothing is markup.

    >>> escaped("my_topic|*")
    'my\\\\_topic\\\\|\\\\*'
    """
    return "".join(f"\\{char}" if char in SPECIAL else char for char in text.replace("\n", " "))
