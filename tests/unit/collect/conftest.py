from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from lagwatch.collect import Reader, ReaderOptions
from tests.support.wire_cluster import WireCluster


@pytest.fixture
def wire() -> Iterator[WireCluster]:
    """Three brokers without topics and groups."""
    with WireCluster() as cluster:
        yield cluster


@pytest.fixture
def reader(wire: WireCluster) -> Iterator[Callable[..., Reader]]:
    """Makes readers of the wire cluster; they are closed at the end."""
    with ExitStack() as stack:

        def make(**options: object) -> Reader:
            made = Reader(
                ReaderOptions(**{"cluster": "wire", "bootstrap": wire.bootstrap, "deadline_s": 10, **options})
            )
            stack.callback(made.close)
            return made

        yield make
