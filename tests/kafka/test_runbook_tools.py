"""The Apache tools that our pages name have the options that these use: each tool of the real jars is asked for its help once."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from lagwatch.demo import programs
from lagwatch.demo.jars import jars
from tests.support.markdown import commands

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
CLASSES = {
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
    "kafka-broker-api-versions.sh": "org.apache.kafka.tools.BrokerApiVersionsCommand",
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-console-consumer.sh": "org.apache.kafka.tools.consumer.ConsoleConsumer",
    "kafka-consumer-groups.sh": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "kafka-delete-records.sh": "org.apache.kafka.tools.DeleteRecordsCommand",
    "kafka-leader-election.sh": "org.apache.kafka.tools.LeaderElectionCommand",
    "kafka-log-dirs.sh": "org.apache.kafka.tools.LogDirsCommand",
    "kafka-metadata-quorum.sh": "org.apache.kafka.tools.MetadataQuorumCommand",
    "kafka-reassign-partitions.sh": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
    "kafka-share-groups.sh": "org.apache.kafka.tools.consumer.group.ShareGroupCommand",
    "kafka-streams-groups.sh": "org.apache.kafka.tools.streams.StreamsGroupCommand",
    "kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
    "kafka-transactions.sh": "org.apache.kafka.tools.TransactionsCommand",
}
"""What the scripts in Kafka's bin start (their last lines)."""
WITH_SUBCOMMANDS = {"kafka-transactions.sh", "kafka-metadata-quorum.sh"}
USED = [
    (page.relative_to(ROOT).as_posix(), tuple(words))
    for page in PAGES
    for words in commands(page)
    if words[0].startswith("kafka-")
]


@cache
def options(script: str, subcommand: str | None) -> frozenset[str]:
    """The options that the help of a tool lists."""
    java = [programs.java(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-cp", f"{jars()}/*"]
    words = [CLASSES[script], *([subcommand] if subcommand else []), "--help"]
    done = subprocess.run([*java, *words], capture_output=True, text=True, timeout=60, check=False)
    return frozenset(re.findall(r"(?<![\w-])--[a-z][a-z-]*", done.stdout + done.stderr))


def test_there_are_commands_to_look_at():
    assert len({words[0] for _, words in USED}) >= 10


@pytest.mark.parametrize("script", sorted({words[0] for _, words in USED}))
def test_every_option_that_a_page_uses_is_one_of_the_tool(script):
    assert script in CLASSES, f"no tool of Kafka is called {script}"
    unknown = []
    for page, words in USED:
        if words[0] != script:
            continue
        named = [word for word in words[1:] if not word.startswith("-")]
        subcommand = next((word for word in named if re.fullmatch("[a-z-]+", word)), None)
        found = options(script, subcommand if script in WITH_SUBCOMMANDS else None)
        if script in WITH_SUBCOMMANDS:
            found |= options(script, None)
        unknown += [(page, word) for word in words if word.startswith("--") and word.partition("=")[0] not in found]
    assert unknown == []
