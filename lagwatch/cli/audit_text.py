"""An audit's report in the terminal: rule by rule, the worst first, with what was seen and the command that mends it."""

from rich.console import Console
from rich.text import Text

from lagwatch.model.audit import AuditFinding, AuditReport, AuditRule, Level
from lagwatch.model.words import plural, printable
from lagwatch.publish.audit.form import counts, moment

SHOWN = 10
"""Subjects of one rule that are shown one by one, unless all are wanted."""

LONGEST = 600
"""Characters of a command that are shown, unless all are wanted."""

_STYLES = {
    Level.ERROR: "bold red",
    Level.WARNING: "bold yellow",
    Level.UNKNOWN: "bold magenta",
    Level.NOTE: "bold cyan",
}


def show(report: AuditReport, console: Console, *, everything: bool) -> None:
    """Print the report; `everything`: all subjects, whole commands, and what is suppressed, subject by subject."""
    by_rule: dict[tuple[Level, AuditRule], list[AuditFinding]] = {}
    for finding in report.findings:
        by_rule.setdefault((finding.level, finding.rule), []).append(finding)
    for (level, rule), findings in by_rule.items():
        _say(console, Text(level.value.upper(), _STYLES[level]), f"  {rule.title}  ", Text(rule.page, "dim"))
        _say(console, f"    {rule.why} {rule.mend}")
        for finding in findings if everything else findings[:SHOWN]:
            _finding(console, finding, everything=everything)
        if len(findings) > SHOWN and not everything:
            _say(console, f"  and {len(findings) - SHOWN:,} more (--all)")
        _say(console, "")
    for finding in report.suppressed if everything else ():
        _say(console, Text(f"suppressed: {finding.subject}: {finding.rule.title} ({finding.suppressed})", "dim"))
    _say(console, summary(report))


def summary(report: AuditReport) -> str:
    """The report in one line."""
    found = (
        ", ".join(plural(count, level) for level, count in counts(report.findings).items() if count) or "nothing found"
    )
    apart = f", {plural(len(report.suppressed), 'finding')} suppressed" if report.suppressed else ""
    return (
        f"{report.cluster} as of {moment(report.at)}: {found}{apart}; {plural(len(report.rules), 'rule')} judged. What no client "
        "tells a broker: docs/audit.md#advice."
    )


def _finding(console: Console, finding: AuditFinding, *, everything: bool) -> None:
    _say(console, "  ", Text(finding.subject, "bold"), f"  {finding.message}")
    command = finding.command
    if len(command) > LONGEST and not everything:
        command = f"{command[:LONGEST]} ... (the whole of it: --all, or --format json)"
    for line in command.split("\n") if command else ():
        _say(console, Text(f"      {line}", "green"))


def _say(console: Console, *parts: str | Text) -> None:
    """One line, never wrapped: commands are to be copied."""
    line = Text()
    for part in parts:
        text = part if isinstance(part, Text) else Text(part)
        line.append(printable(text.plain), text.style)
    console.print(line, soft_wrap=True, highlight=False)
