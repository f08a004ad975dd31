"""Log directories and the replicas in them: DescribeLogDirs, to every broker (it takes DESCRIBE on the cluster)."""

from lagwatch.collect.details.asking import Asking
from lagwatch.collect.details.log_dir_columns import DirsOfBroker, decode_log_dirs, joined
from lagwatch.collect.errors import NoAnswer, no_answer, refused
from lagwatch.collect.requests import DESCRIBE_LOG_DIRS
from lagwatch.errors import ProtocolMismatch
from lagwatch.model.details import LogDirs


async def read_log_dirs(asking: Asking) -> LogDirs:
    """The directories of all brokers that answer; raises NoAnswer if none does."""

    async def ask(node: int) -> DirsOfBroker:
        version = DESCRIBE_LOG_DIRS.version(await asking.exchange.versions(node))
        body = await asking.exchange.ask(node, DESCRIBE_LOG_DIRS.encode(version, topics=None))
        try:
            found = decode_log_dirs(bytes(body), version, node)
        except ProtocolMismatch as error:
            raise no_answer(error) from error
        if found.error:
            raise refused(found.error, "DescribeLogDirs was refused")
        if not found.dirs:  # before Kafka 3.2 those who may not ask get nothing, and no error
            raise NoAnswer("CLUSTER_AUTHORIZATION_FAILED", "the broker shows no log directory")
        return found

    return joined(await asking.of_all(asking.brokers, ask))
