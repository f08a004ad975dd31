"""Options of the whole test run."""

import pytest
from hypothesis import settings

# How long one example takes says more about the machine than about the code.
settings.register_profile("lagwatch", deadline=None)
settings.load_profile("lagwatch")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bootstrap",
        metavar="HOST:PORT",
        help="run the Kafka tests on this cluster instead of one of their own; those that break nodes are left out",
    )
