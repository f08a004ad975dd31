from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from lagwatch.collect import Reader, ReaderOptions
from lagwatch.collect.details.options import NO_DETAILS
from tests.support.wire_cluster import WireCluster


@pytest.fixture
def wire() -> Iterator[WireCluster]:
    """Three brokers without topics and groups."""
    with WireCluster() as cluster:
        yield cluster


@pytest.fixture
def reader(wire: WireCluster) -> Iterator[Callable[..., Reader]]:
    """Makes readers of the wire cluster, without slow facts unless these are asked for; they are closed at the end."""
    with ExitStack() as stack:

        def make(**options: object) -> Reader:
            usual = {"cluster": "wire", "bootstrap": wire.bootstrap, "deadline_s": 10, "details": NO_DETAILS}
            made = Reader(ReaderOptions(**{**usual, **options}))
            stack.callback(made.close)
            return made

        yield make
