"""The commands that mend: those of the Apache tools with their real flags, quoted for a shell. Pure."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

from lagwatch.analyze.audit.facts import Facts
from lagwatch.model.commands import command, named


def set_topic(facts: Facts, topic: str, name: str, value: object) -> str:
    """Gives a topic a setting of its own."""
    return _configs(
        facts, "--entity-type", "topics", *named("--entity-name", topic), "--add-config", f"{name}={_listed(value)}"
    )


def unset_topic(facts: Facts, topic: str, names: Iterable[str]) -> str:
    """Takes settings of its own from a topic."""
    return _configs(
        facts, "--entity-type", "topics", *named("--entity-name", topic), "--delete-config", ",".join(names)
    )


def set_brokers(facts: Facts, name: str, value: object) -> str:
    """Changes a setting of all brokers while they run."""
    return _configs(facts, "--entity-type", "brokers", "--entity-default", "--add-config", f"{name}={_listed(value)}")


def in_properties(name: str, value: object) -> str:
    """A setting that brokers only read when they start."""
    return f"# in server.properties of every broker; then restart them, one after the other\n{name}={value}"


def in_clients(settings: Mapping[str, object]) -> str:
    """Settings of clients."""
    lines = [f"{name}={value}" for name, value in settings.items()]
    return "\n".join(["# in the settings of its clients", *lines])


def describe_log_dirs(facts: Facts, broker: int) -> str:
    """Shows what fills the log directories of a broker."""
    return command(
        "kafka-log-dirs.sh", "--bootstrap-server", facts.bootstrap, "--describe", "--broker-list", str(broker)
    )


def describe_groups(facts: Facts, group: str) -> str:
    """Shows a group's members with what they are assigned."""
    return _groups(facts, "--describe", *named("--group", group), "--members", "--verbose")


def delete_group(facts: Facts, group: str) -> str:
    """Deletes a group that nobody uses, with what it has committed."""
    return _groups(facts, "--delete", *named("--group", group))


def reassign(facts: Facts, topic: str, replicas: Mapping[int, Sequence[int]]) -> str:
    """Moves partitions of a topic to other replicas (kafka-reassign-partitions.sh, which takes a file)."""
    file = f"lagwatch-reassign-{re.sub('[^A-Za-z0-9._-]', '_', topic)}.json"
    wanted = [
        {"topic": topic, "partition": partition, "replicas": list(brokers)} for partition, brokers in replicas.items()
    ]
    text = json.dumps({"version": 1, "partitions": wanted}, separators=(",", ":"))
    tool = command(
        *("kafka-reassign-partitions.sh", "--bootstrap-server", facts.bootstrap),
        *("--reassignment-json-file", file, "--execute"),
    )
    return f"cat > {shlex.quote(file)} <<'END'\n{text}\nEND\n{tool}"


def _configs(facts: Facts, *what: str) -> str:
    return command("kafka-configs.sh", "--bootstrap-server", facts.bootstrap, "--alter", *what)


def _groups(facts: Facts, *what: str) -> str:
    return command("kafka-consumer-groups.sh", "--bootstrap-server", facts.bootstrap, *what)


def _listed(value: object) -> str:
    """A value with commas is a list for kafka-configs.sh only in brackets."""
    text = str(value)
    return f"[{text}]" if "," in text else text
