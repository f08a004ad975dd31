"""Settings from YAML text, as a file would give them, without a file."""

from collections.abc import Mapping
from typing import Any

from lagwatch.config import Settings
from lagwatch.config.load import build
from lagwatch.config.yamlfile import read_text


def parse(
    text: str,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
    *,
    offline: bool = False,
) -> tuple[Settings | None, list[str]]:
    """What a file with this text gives, and the problems in the order in which they are found."""
    file, problems = read_text(text.encode(), "lagwatch.yaml")
    settings, more = build(file, environ or {}, flags or {}, offline=offline)
    return settings, [str(problem) for problem in sorted([*problems, *more], key=lambda problem: problem.order)]


def settings(
    text: str = "bootstrap: localhost:9092", environ: Mapping[str, str] | None = None, **flags: Any
) -> Settings:
    """The settings of a file that is right."""
    found, problems = parse(text, environ, flags)
    assert not problems, problems
    assert found is not None
    return found
