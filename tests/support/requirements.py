"""
What a plain installation of lagwatch brings along: its requirements and theirs, as pinned lines.

`python -m tests.support.requirements > constraints.txt` writes the file anew after a requirement changed; the versions are
those of the environment that runs it.
"""

import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]

HEADER = """\
# Everything that a plain installation of lagwatch brings along, pinned: `make install` and the Dockerfile use it.
# Written by: .venv/bin/python -m tests.support.requirements > constraints.txt
"""


def required() -> dict[str, str]:
    """Name and version of what pyproject.toml itself pins."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return pins("\n".join(re.sub(r"\s", "", line) for line in project["dependencies"]))


def closure() -> dict[str, str]:
    """Name and version of everything that an installation needs, sorted by name."""
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    to_do = [(name, "") for name in required()]
    while to_do:
        name, extra = to_do.pop()
        if (name, extra) not in seen:
            seen.add((name, extra))
            installed = distribution(name)
            found[name] = installed.version
            for need in map(Requirement, installed.requires or ()):
                if need.marker is None or need.marker.evaluate({"extra": extra}):
                    to_do += [(_normal(need.name), wanted) for wanted in ("", *need.extras)]
    return dict(sorted(found.items()))


def pins(text: str) -> dict[str, str]:
    """The pinned versions of a constraints file by name; a line that is anything but `name==version` or a comment fails."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            pin = re.fullmatch(r"([A-Za-z0-9._-]+)==([0-9A-Za-z.]+)", line)
            assert pin, f"not a name and a version: {line}"
            found[_normal(pin[1])] = pin[2]
    return found


def _normal(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    print(HEADER + "\n".join(f"{name}=={version}" for name, version in closure().items()))
