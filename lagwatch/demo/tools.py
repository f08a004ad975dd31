"""The Apache command-line tools, run from the same jars as the brokers."""

import subprocess

from lagwatch.demo import programs
from lagwatch.demo.jars import jars
from lagwatch.errors import DemoError

GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
SHARE_GROUPS = "org.apache.kafka.tools.consumer.group.ShareGroupCommand"
TOPICS = "org.apache.kafka.tools.TopicCommand"
TRANSACTIONS = "org.apache.kafka.tools.TransactionsCommand"
LEADER_ELECTION = "org.apache.kafka.tools.LeaderElectionCommand"
ACLS = "org.apache.kafka.tools.AclCommand"
LOG_DIRS = "org.apache.kafka.tools.LogDirsCommand"
METADATA_QUORUM = "org.apache.kafka.tools.MetadataQuorumCommand"
FEATURES = "org.apache.kafka.tools.FeatureCommand"

_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m")


def run_class(class_name: str, *arguments: str, timeout_s: float = 60) -> str:
    """What the class prints on stdout; raises DemoError with all its output when it fails or takes longer than `timeout_s`."""
    command = [programs.java(), *_JVM, "-cp", f"{jars()}/*", class_name, *arguments]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise DemoError(f"{class_name} did not end within {timeout_s:.0f} s.") from error
    if answer.returncode != 0:
        output = (answer.stdout + answer.stderr).strip()
        raise DemoError(f"{class_name} {' '.join(arguments)} ended with {answer.returncode}: {output}")
    return answer.stdout
