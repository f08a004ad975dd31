"""
The real Kafka of a test run: one cluster for all tests that only use it, one more for each module that breaks nodes.

Every test below this directory has the marker `kafka` and, unless it says otherwise, two minutes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lagwatch.demo import KafkaCluster, Security
from lagwatch.demo.tools import run_class
from tests.kafka.support import USERS
from tests.support import kept

HERE = Path(__file__).parent
OWN_CLUSTER = {"private_cluster", "lone_cluster", "secure_cluster", "own_nodes"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    foreign = config.getoption("--bootstrap")
    for item in items:
        if HERE not in item.path.parents:
            continue
        item.add_marker(pytest.mark.kafka)
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(120))
        needs = OWN_CLUSTER.intersection(getattr(item, "fixturenames", ()))
        if foreign and needs:
            item.add_marker(
                pytest.mark.skip(
                    reason="breaks nodes or needs its own listeners, which is not done to the cluster of --bootstrap; "
                    "run without --bootstrap"
                )
            )


@contextmanager
def running(cluster: KafkaCluster, session: pytest.Session) -> Iterator[KafkaCluster]:
    """Start `cluster` and stop it; its logs stay when a test failed meanwhile."""
    failed_before = session.testsfailed
    cluster.start()
    try:
        yield cluster
    finally:
        failed = session.testsfailed > failed_before
        cluster.stop(keep_logs=failed)
        if failed:
            kept.LOGS.append(str(cluster.directory))


@dataclass(frozen=True)
class ExistingCluster:
    """The cluster of `--bootstrap`: what tests may do with `cluster`, without touching its nodes."""

    bootstrap: str

    def tool(self, class_name: str, *arguments: str, timeout_s: float = 60) -> str:
        return run_class(class_name, "--bootstrap-server", self.bootstrap, *arguments, timeout_s=timeout_s)


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[KafkaCluster | ExistingCluster]:
    """Three nodes for the whole run (`.bootstrap`, `.tool`); tests share them, so names must be their own."""
    bootstrap = request.config.getoption("--bootstrap")
    if bootstrap:
        yield ExistingCluster(bootstrap)
        return
    with running(KafkaCluster(nodes=3), request.session) as started:
        yield started


@pytest.fixture(scope="module")
def private_cluster(request: pytest.FixtureRequest) -> Iterator[KafkaCluster]:
    """Three nodes for one module, to be stopped, killed and paused; a test leaves them all running."""
    with running(KafkaCluster(nodes=3), request.session) as started:
        yield started


@pytest.fixture(scope="module")
def lone_cluster(request: pytest.FixtureRequest) -> Iterator[KafkaCluster]:
    """One node for one module, to be stopped and paused; a test leaves it running."""
    with running(KafkaCluster(nodes=1), request.session) as started:
        yield started


@pytest.fixture
def own_nodes() -> None:
    """Asked for by tests that start nodes themselves; with `--bootstrap` they are left out."""


@pytest.fixture(scope="session")
def secure_cluster(request: pytest.FixtureRequest) -> Iterator[KafkaCluster]:
    """
    One node with every secured listener, the users of USERS, and an authorizer: nobody but the plain listener may do
    anything until an ACL says so.
    """
    with running(KafkaCluster(nodes=1, security=Security(users=USERS, acls=True)), request.session) as started:
        yield started
