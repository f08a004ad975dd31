"""Values of the API as cells of the terminal: unknown is "?", never 0. Pure."""

from rich.text import Text

from lagwatch.model.words import duration

UNKNOWN = "?"

SEVERITY = {"warning": "yellow", "critical": "red", "emergency": "bold magenta"}
"""The colour of each severity; the word is always there as well."""


def number(value: float | None, form: str = ",.0f", *, at_least: bool = False) -> Text:
    """A number, to the right; `at_least` says that it may be more."""
    shown = UNKNOWN if value is None else f"{'≥' if at_least else ''}{value:{form}}"
    return Text(shown, justify="right", style="dim" if value is None else "")


def seconds(value: float | None, *, at_least: bool = False) -> Text:
    """A duration, to the right; `at_least` says that it may be more."""
    shown = UNKNOWN if value is None else f"{'≥' if at_least else ''}{duration(value)}"
    return Text(shown, justify="right", style="dim" if value is None else "")


def word(value: str | None, style: str = "") -> Text:
    """A text as it is: no markup in it is obeyed."""
    return Text(UNKNOWN if value is None else value, style="dim" if value is None else style)


def severity(value: str) -> Text:
    """How loud, in its colour."""
    return Text(value, style=SEVERITY.get(value, ""))
