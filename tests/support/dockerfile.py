"""Reads a Dockerfile and does what it says outside of Docker: stages share one directory that plays the root of the image."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

Instruction = tuple[str, str]
"""Its name in capitals, and the rest of the line."""


def instructions(text: str) -> list[Instruction]:
    """All instructions in order; comments are left out and continued lines joined."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines()
    return [(name.upper(), rest.strip()) for name, _, rest in (line.partition(" ") for line in joined)]


def last_stage(text: str) -> dict[str, str]:
    """What the image that is shipped says: the last word of each instruction of the last stage."""
    every = instructions(text)
    start = max(index for index, (name, _) in enumerate(every) if name == "FROM")
    return dict(every[start:])


def environment(text: str) -> dict[str, str]:
    """The variables that ENV sets in the last stage, values not yet expanded."""
    return dict(pair.split("=", 1) for pair in last_stage(text)["ENV"].split())


def command_of(rest: str) -> list[str]:
    """The command of an instruction in exec form, flags before it left out."""
    words: list[str] = json.loads(rest[rest.index("[") :])
    return words


@dataclass(frozen=True)
class Image:
    """`root` plays /, `context` is what is built; `tools` holds the python and pip of the base image."""

    root: Path
    context: Path
    tools: Path

    def build(self, text: str) -> None:
        """COPY and RUN of every stage in order."""
        workdir = self.root
        for name, rest in instructions(text):
            if name == "WORKDIR":
                workdir = self.path(rest)
                workdir.mkdir(parents=True, exist_ok=True)
            elif name == "COPY":
                self._copy(rest, workdir)
            elif name == "RUN":
                self._run(rest, workdir)

    def path(self, inside: str) -> Path:
        """Where an absolute path of the image is."""
        return self.root / inside.lstrip("/")

    def _copy(self, rest: str, workdir: Path) -> None:
        *sources, target = [word for word in rest.split() if not word.startswith("--")]
        if "--from=" in rest:
            assert sources == [target], "stages share one root here: a copy between them must keep its path"
            assert self.path(target).exists(), f"no stage has made {target}"
            return
        to = self.path(target) if target.startswith("/") else workdir / target
        for source in sources:
            found = self.context / source
            if found.is_dir():
                shutil.copytree(found, to, dirs_exist_ok=True)
            else:
                destination = to / found.name if target.endswith("/") or len(sources) > 1 else to
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found, destination)

    def _run(self, command: str, workdir: Path) -> None:
        if os.geteuid() != 0:
            command = re.sub(r" -[og] \d+", "", command)  # only root gives away what it makes, as RUN does in Docker
        inside = re.sub(r"(?<![\w./-])/(?=(?:opt|wheels|src|etc|tmp|var)\b)", f"{self.root}/", command)
        done = subprocess.run(["sh", "-c", inside], cwd=workdir, env=self._environ(), capture_output=True, text=True)
        assert done.returncode == 0, f"RUN {command}\n{done.stdout}{done.stderr}"

    def _environ(self) -> Mapping[str, str]:
        return {"PATH": f"{self.tools}:/usr/bin:/bin", "HOME": str(self.root), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def ignored_context(context: Path, ignore: str, target: Path) -> Path:
    """What Docker would send of `context` with this .dockerignore, which names what is kept after a first line `*`."""
    rules = [line for line in ignore.splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*", "the .dockerignore leaves everything out that it does not name"
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    left_out = [rule.removeprefix("**/") for rule in rules[1:] if not rule.startswith("!")]
    for path in _files(context, kept):
        if not any(part in left_out for part in path.parts):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(context / path, target / path)
    return target


def _files(context: Path, kept: list[str]) -> Iterator[Path]:
    for name in kept:
        found = context / name
        yield from (
            [found.relative_to(context)]
            if found.is_file()
            else (each.relative_to(context) for each in found.rglob("*") if each.is_file())
        )
