"""Apache Kafka as its jars: fetched once with Maven, kept in the user's cache, used by brokers and by the Apache tools."""

import os
import shutil
from pathlib import Path

from lagwatch.demo import programs
from lagwatch.demo.programs import Progress, silent
from lagwatch.errors import DemoError

KAFKA_VERSION = "4.3.1"
LOG4J_VERSION = "2.25.4"

# Without an SLF4J 1.7 binding the brokers log nothing, not even why they stop.
_ARTIFACTS = (
    ("org.apache.kafka", "kafka_2.13", "{kafka}"),
    ("org.apache.kafka", "kafka-tools", "{kafka}"),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", LOG4J_VERSION),
)


def jars(progress: Progress = silent, *, version: str = KAFKA_VERSION) -> Path:
    """
    The directory that holds Kafka's jars and those they need (about 92 files, 55 MB); fetched when it is not there yet.

    The directory appears by one rename, so an interrupted download leaves nothing that looks complete.
    Raises DemoError when Maven is missing or fails.
    """
    home = programs.cache_directory() / f"kafka-{version}"
    if home.is_dir():
        return home
    maven = programs.ensure("mvn", "maven", progress)
    home.parent.mkdir(parents=True, exist_ok=True)
    work = home.with_name(f".{home.name}.{os.getpid()}")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        (work / "pom.xml").write_text(_pom(version), encoding="utf-8")
        progress(f"Fetching Kafka {version} with Maven, once (about 55 MB)")
        command = [maven, "-B", "dependency:copy-dependencies", f"-DoutputDirectory={work / 'jars'}"]
        programs.run_visibly(command, _Downloads(version, progress), label="Maven", cwd=work)
        if not list((work / "jars").glob("kafka_2.13-*.jar")):
            raise DemoError(f"Maven ended well but brought no kafka_2.13 {version} into {work / 'jars'}.")
        try:
            (work / "jars").rename(home)
        except OSError:
            if not home.is_dir():  # else another start was quicker, with the same jars
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return home


class _Downloads:
    """Turns Maven's lines into one that counts the files which arrived."""

    def __init__(self, version: str, progress: Progress) -> None:
        self._version, self._progress, self._files = version, progress, 0

    def __call__(self, line: str) -> None:
        if "Downloaded from" in line:
            self._files += 1
            self._progress(f"Fetching Kafka {self._version} with Maven, once: {self._files} files downloaded")


def _pom(version: str) -> str:
    dependencies = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>"
        f"<version>{pinned.format(kafka=version)}</version></dependency>"
        for group, name, pinned in _ARTIFACTS
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>lagwatch</groupId><artifactId>kafka-jars</artifactId><version>1</version><packaging>pom</packaging>"
        f"<dependencies>{dependencies}</dependencies></project>\n"
    )
