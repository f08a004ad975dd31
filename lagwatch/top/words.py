"""Values of the API as cells of the terminal: unknown is "?", never 0. Pure."""

from rich.text import Text

from lagwatch.model.words import duration, printable

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


def word(value: str | None, style: str = "", *, most: int | None = None) -> Text:
    """A text as it is: no markup in it is obeyed, and no command to the terminal. At `most` so many characters: the middle goes."""
    if value is None:
        return Text(UNKNOWN, style="dim")
    shown = printable(value)
    if most is not None and len(shown) > most:
        shown = f"{shown[: most // 2]}…{shown[len(shown) - (most - 1) // 2 :]}"
    return Text(shown, style=style)


def severity(value: str) -> Text:
    """How loud, in its colour."""
    return Text(value, style=SEVERITY.get(value, ""))
