"""A reader that lost its whole cluster finds it again."""

import pytest

from lagwatch.collect import Reader, ReaderOptions
from lagwatch.errors import ClusterUnreachable
from tests.kafka.support import wait_until


def test_polls_give_facts_again_once_a_cluster_that_hung_goes_on(private_cluster):
    reader = Reader(
        ReaderOptions(cluster="hangs", bootstrap=tuple(private_cluster.bootstrap.split(",")), deadline_s=1.5)
    )

    def brokers() -> list[int] | None:
        try:
            return [broker.id for broker in reader.read().brokers]
        except ClusterUnreachable:
            return None

    try:
        assert wait_until(brokers, "a first poll") == [1, 2, 3]
        for node in private_cluster.nodes:
            node.pause()
        for _ in range(3):
            with pytest.raises(ClusterUnreachable):
                reader.read()
        for node in private_cluster.nodes:
            node.resume()
        assert wait_until(brokers, "a poll of the cluster that goes on") == [1, 2, 3]
    finally:
        reader.close()
