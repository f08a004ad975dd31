"""A diagnosis as text for the terminal. Pure."""

from typing import Any

from lagwatch.model.words import figures, printable


def text(found: dict[str, Any]) -> str:
    """The diagnosis, as the REST API gives it, for people; `not_known` are sentences that a short look adds."""
    lines = [] if found["findings"] else [found["sentence"]]
    several = len(found["findings"]) > 1
    for number, finding in enumerate(found["findings"], start=1):
        place = "" if finding["topic"] is None else f", {finding['topic']}"
        place += "" if finding["partition"] is None else f"/{finding['partition']}"
        head = f"{number}. " if several else ""
        lines += [
            f"{head}{finding['cause'].replace('_', ' ').upper()} (certainty {finding['certainty']:.0%}{place})",
            f"  {finding['sentence']}",
            f"  Evidence: {figures(finding['evidence'])}",
            f"  Next: {finding['next_step']}",
            "",
        ]
    lines += [f"Not known: {sentence}" for sentence in found.get("not_known", ())]
    return "\n".join(map(printable, lines)).rstrip("\n")
