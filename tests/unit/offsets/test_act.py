"""What a hand says of offsets that it could not move."""

import socket
from contextlib import closing

from lagwatch.collect import ReaderOptions
from lagwatch.offsets.act import Hand
from lagwatch.offsets.plan import Move
from lagwatch.offsets.seen import Partition


def test_a_cluster_that_is_gone_midway_is_a_reason_for_each_partition_and_no_end_of_the_act():
    with socket.create_server(("127.0.0.1", 0)) as free:
        bootstrap = f"127.0.0.1:{free.getsockname()[1]}"
    moves = [Move(partition=Partition("orders", number), before=1, after=2) for number in range(2)]
    with closing(Hand(ReaderOptions(cluster="c", bootstrap=(bootstrap,), deadline_s=1.0), "billing")) as hand:
        failed = hand.move(moves)
    assert set(failed) == {move.partition for move in moves}
    assert all("cannot be reached" in reason for reason in failed.values())
