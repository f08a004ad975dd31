"""
The programs that the demo and the tests start beside Python: found where they are, fetched where that is allowed.

Nothing is installed behind anyone's back: on Debian as root `apt-get` runs with its progress shown; everywhere else the
error names the command that a person would type.
"""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from lagwatch.errors import DemoError

Progress = Callable[[str], None]
"""Told what is going on, one short sentence at a time; called from the thread that works."""

JAVA_MINIMUM = 17
"""Kafka 4 brokers need Java 17 (Kafka's documentation, "Java Version")."""


def silent(_message: str) -> None:
    """A `Progress` that shows nothing."""


def cache_directory() -> Path:
    """Where downloads are kept between runs: `$XDG_CACHE_HOME/lagwatch`, else `~/.cache/lagwatch`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "lagwatch"


def java(progress: Progress = silent) -> str:
    """The path of a Java 17 or newer; installs one on Debian as root, else raises DemoError with the command to type."""
    home = os.environ.get("JAVA_HOME")
    found = [str(Path(home) / "bin" / "java")] if home else []
    on_path = shutil.which("java")
    found += [on_path] if on_path else []
    versions = {path: java_version(path) for path in found}
    for path, version in versions.items():
        if version is not None and version >= JAVA_MINIMUM:
            return path
    have = ", ".join(f"{path} is Java {version or 'that does not start'}" for path, version in versions.items())
    _install("default-jre-headless", f"Java {JAVA_MINIMUM} or newer ({have or 'found none'})", progress)
    installed = shutil.which("java")
    if installed is None or (java_version(installed) or 0) < JAVA_MINIMUM:
        raise DemoError(f"default-jre-headless brought no Java {JAVA_MINIMUM}; set JAVA_HOME to a newer one.")
    return installed


@functools.cache
def java_version(path: str) -> int | None:
    """The feature release of the Java at `path` (8, 11, 17, ...), or None if it does not start or says nothing."""
    try:
        answer = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    return int(match[1]) if match else None


def ensure(program: str, debian_package: str, progress: Progress = silent) -> str:
    """The path of `program`; installs `debian_package` on Debian as root, else raises DemoError with the command."""
    path = shutil.which(program)
    if path is None:
        _install(debian_package, program, progress)
        path = shutil.which(program)
    if path is None:
        raise DemoError(f"The package {debian_package} brought no program named {program}.")
    return path


def unpacked(program: str, debian_package: str, progress: Progress = silent) -> str:
    """
    The path of `program`, from PATH or from its Debian package unpacked into the cache: no service is set up or started.

    For self-contained programs (promtool, prometheus, alertmanager). Raises DemoError where there is no `apt-get`.
    """
    path = shutil.which(program)
    if path is not None:
        return path
    home = cache_directory() / "debian" / debian_package
    if not home.exists():
        _unpack(debian_package, home, progress)
    for folder in ("usr/bin", "usr/sbin", "bin"):
        candidate = home / folder / program
        if candidate.exists():
            return str(candidate)
    raise DemoError(f"The package {debian_package}, unpacked in {home}, holds no program named {program}.")


def run_visibly(command: list[str], progress: Progress, *, label: str, cwd: Path | None = None) -> None:
    """Run `command`, telling `progress` each line it prints; raises DemoError with its last lines when it fails."""
    tail: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, cwd=cwd
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                tail = [*tail[-14:], line.rstrip()]
                progress(f"{label}: {line.strip()}" if line.strip() else label)
        except BaseException:  # we are told to stop: so is what we started
            process.terminate()
            process.wait()
            raise
    if process.returncode != 0:
        raise DemoError(f"{label} failed: `{' '.join(command)}` ended with {process.returncode}.\n" + "\n".join(tail))


def _install(package: str, wanted: str, progress: Progress) -> None:
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise DemoError(
            f"{wanted} is needed. Install it with `sudo apt-get install {package}` (Debian, Ubuntu), or with your "
            f"system's package manager, and start again."
        )
    apt = ["apt-get", "-q", "-y", "-o", "Dpkg::Use-Pty=0"]
    if not _listed(package):
        run_visibly([*apt, "update"], progress, label="Reading Debian's package lists")
    run_visibly([*apt, "install", "--no-install-recommends", package], progress, label=f"Installing {package}")


def _unpack(package: str, home: Path, progress: Progress) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise DemoError(f"{package} is needed, and this is no Debian: install it so that its programs are on the PATH.")
    if not _listed(package) and os.geteuid() == 0:
        run_visibly(["apt-get", "-q", "update"], progress, label="Reading Debian's package lists")
    home.parent.mkdir(parents=True, exist_ok=True)
    work = home.with_name(f".{package}.{os.getpid()}")
    work.mkdir()
    try:
        # apt drops its rights to a user that may not write here; as ourselves it downloads just the same.
        download = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package]
        run_visibly(download, progress, label=f"Downloading {package}", cwd=work)
        (archive,) = work.glob("*.deb")
        run_visibly(["dpkg-deb", "-x", str(archive), str(work / "root")], progress, label=f"Unpacking {package}")
        if not home.exists():
            (work / "root").rename(home)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _listed(package: str) -> bool:
    answer = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    return answer.returncode == 0
