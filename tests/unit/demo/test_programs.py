"""Java, Maven and the jars: found where they are; what is missing is named with the command that installs it."""

import os
from pathlib import Path

import pytest

from lagwatch.demo import jars, programs
from lagwatch.errors import DemoError


@pytest.fixture
def bare(tmp_path, monkeypatch) -> Path:
    """A PATH with nothing but what a test puts there, a cache of its own, and no JAVA_HOME."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def java(folder: Path, version: str) -> Path:
    return program(folder, "java", f"echo 'openjdk version \"{version}\"' >&2")


def test_java_17_on_the_path_is_taken(bare):
    assert str(java(bare, "17.0.15")) == programs.java()


def test_java_home_comes_first(bare, tmp_path, monkeypatch):
    java(bare, "17.0.15")
    home = tmp_path / "jdk"
    (home / "bin").mkdir(parents=True)
    newer = java(home / "bin", "21")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert str(newer) == programs.java()


def test_a_java_home_that_is_too_old_is_passed_over(bare, tmp_path, monkeypatch):
    good = java(bare, "17.0.15")
    (tmp_path / "bin8" / "bin").mkdir(parents=True)
    java(tmp_path / "bin8" / "bin", "1.8.0_402")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "bin8"))
    assert str(good) == programs.java()


@pytest.mark.parametrize(("version", "feature"), [("1.8.0_402", 8), ("11.0.2", 11), ("17", 17), ("25-ea", 25)])
def test_every_way_that_java_writes_its_version_is_understood(bare, version, feature):
    assert feature == programs.java_version(str(java(bare, version)))


def test_without_java_the_error_names_the_command_that_installs_it(bare):
    with pytest.raises(DemoError, match=r"Java 17 or newer \(found none\).*apt-get install default-jre-headless"):
        programs.java()


def test_an_old_java_is_named_with_its_version(bare):
    java(bare, "11.0.2")
    with pytest.raises(DemoError, match=r"java is Java 11.*apt-get install default-jre-headless"):
        programs.java()


def test_a_missing_program_is_named_with_its_package(bare):
    with pytest.raises(DemoError, match=r"mvn is needed.*apt-get install maven"):
        programs.ensure("mvn", "maven")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may install packages")
def test_root_on_debian_gets_the_package_installed_with_its_progress_shown(bare):
    program(bare, "apt-cache", "exit 0")
    program(bare, "apt-get", f"echo \"$@\"; printf '#!/bin/sh\\n' > {bare}/mvn; /bin/chmod 755 {bare}/mvn")
    said: list[str] = []
    assert str(bare / "mvn") == programs.ensure("mvn", "maven", said.append)
    assert said == ["Installing maven: -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends maven"]


def test_the_cache_is_where_the_user_wants_it(bare, tmp_path, monkeypatch):
    assert tmp_path / "cache" / "lagwatch" == programs.cache_directory()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    assert Path("/home/someone/.cache/lagwatch") == programs.cache_directory()


MAVEN = """
echo "Downloaded from central: one.jar"
echo "Downloaded from central: two.jar"
for word in "$@"; do case "$word" in -DoutputDirectory=*) out="${word#*=}";; esac; done
/bin/mkdir -p "$out"
: > "$out/kafka_2.13-4.3.1.jar"
echo called >> "$(/usr/bin/dirname "$0")/calls"
"""


def test_jars_are_fetched_once(bare):
    program(bare, "mvn", MAVEN)
    said: list[str] = []
    home = jars.jars(said.append)
    assert [path.name for path in home.iterdir()] == ["kafka_2.13-4.3.1.jar"]
    assert said[-1] == "Fetching Kafka 4.3.1 with Maven, once: 2 files downloaded"
    assert home == jars.jars()
    assert (bare / "calls").read_text(encoding="utf-8") == "called\n"


def test_a_maven_that_fails_is_quoted_and_leaves_nothing_that_looks_complete(bare):
    program(bare, "mvn", 'echo "[ERROR] no route to host"; exit 1')
    with pytest.raises(DemoError, match=r"(?s)Maven failed.*ended with 1.*no route to host"):
        jars.jars()
    assert list(programs.cache_directory().iterdir()) == []


def test_a_maven_that_brings_nothing_is_noticed(bare):
    program(bare, "mvn", "exit 0")
    with pytest.raises(DemoError, match="brought no kafka"):
        jars.jars()
    assert list(programs.cache_directory().iterdir()) == []
