"""Options of the whole test run, and which tests may run side by side."""

from collections import Counter

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.support import kept

WITH_SERVERS = ("tests/kafka/", "tests/prometheus/")

# How long one example takes says more about the machine than about the code.
settings.register_profile("lagwatch", deadline=None)
settings.load_profile("lagwatch")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bootstrap",
        metavar="HOST:PORT",
        help="run the Kafka tests on this cluster instead of one of their own; those that break nodes are left out",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    twice = [nodeid for nodeid, count in Counter(item.nodeid for item in items).items() if count > 1]
    if twice:  # of which pytest-xdist would run one, and not say so
        raise pytest.UsageError(f"Several tests have one id: {', '.join(twice)}")


class ServersTogether(LoadScopeScheduling):
    """
    Tests with servers share one cluster and mostly wait: one process has them all, one after another, while the others
    calculate.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "servers" if nodeid.startswith(WITH_SERVERS) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ServersTogether:
    return ServersTogether(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)  # only in a process of pytest-xdist
    if output is not None:
        output["logs"] = kept.LOGS


def pytest_testnodedown(node: object) -> None:
    kept.LOGS.extend(getattr(node, "workeroutput", {}).get("logs", ()))  # without an output the process broke down


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for directory in kept.LOGS:
        terminalreporter.write_line(f"Tests failed; the logs of their Kafka nodes are in {directory}")
