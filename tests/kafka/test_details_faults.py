"""A node of the real Kafka dies: what is left, what one more failure would do, and that all of it comes back."""

import pytest

from lagwatch.analyze.health import failures
from lagwatch.cycle import Memory, advance
from tests.kafka.collecting import only, reading
from tests.kafka.support import create_topic, unique, wait_until

pytestmark = pytest.mark.slow


def test_with_a_node_down_eligible_replicas_and_the_next_failure_are_told(private_cluster):
    bootstrap = private_cluster.bootstrap
    three = create_topic(bootstrap, unique("three"), replicas=3, config={"min.insync.replicas": "2"})
    two = create_topic(bootstrap, unique("two"), partitions=3, replicas=2, config={"min.insync.replicas": "2"})
    one = create_topic(bootstrap, unique("one"), partitions=3, replicas=1)
    memory = Memory()
    with reading(bootstrap, topics=only(three, two, one), deadline_s=10) as reader:

        def look():
            snapshot = reader.read()
            return advance(memory, snapshot, (), snapshot.at)[0]

        def healthy():
            seen = look()
            parts = {part.name: part.lost for part in seen.health.parts}
            whole = not seen.under_replicated.any() and seen.snapshot.details.log_dirs is not None
            return (seen, parts) if whole and len(seen.snapshot.brokers) == 3 and parts["quorum"] == 0 else None

        before, parts = wait_until(healthy, "a cluster without faults, and its log directories")
        assert parts["brokers_missing"] == parts["under_replicated"] == parts["offline"] == 0
        assert before.health.quorum.can_lose == 1
        assert not any(each.ends_quorum for each in failures(before))

        private_cluster.node(3).kill()

        def damaged():
            seen = look()
            elr = () if seen.snapshot.details.elr is None else seen.snapshot.details.elr.value
            return seen if len(elr) == 3 and len(seen.snapshot.brokers) == 2 and seen.health.quorum.behind else None

        seen = wait_until(
            damaged, "eligible replicas of the partitions that broker 3 shared or had alone", timeout_s=60
        )
        assert {(each.topic, each.eligible) for each in seen.snapshot.details.elr.value} == {(two, (3,)), (one, (3,))}
        assert seen.health.score < before.health.score - 30
        assert seen.health.quorum.can_lose == 0
        assert seen.health.at_min_isr >= 1
        assert seen.health.unrecoverable == 0  # the partition of one replica waits for broker 3
        told = {each.broker: each for each in failures(seen)}
        assert set(told) == {1, 2}
        assert all(each.ends_quorum for each in told.values())
        replicas = seen.snapshot.partitions.replicas
        for broker, each in told.items():
            mine = [row for row in range(len(seen.snapshot.partitions)) if broker in replicas.of(row)]
            alone = {row for row in mine if set(replicas.of(row)) <= {broker, 3}}
            assert set(each.would_go_offline) == {name(seen, row) for row in alone}
            # An eligible replica on broker 3 has all that was committed: it is not lost with this broker's disks.
            assert set(each.last_copies) == {name(seen, row) for row in alone if len(replicas.of(row)) == 1}
            assert f"{three}/0" in each.would_refuse

        private_cluster.node(3).start()
        after, parts = wait_until(healthy, "a cluster that is whole again", timeout_s=90)
        assert parts["under_replicated"] == 0
        assert after.snapshot.details.elr.value == ()
        wait_until(
            lambda: look().snapshot.details.log_dirs.value.brokers == (1, 2, 3), "log directories of all brokers"
        )
        wait_until(lambda: not look().snapshot.gaps, "a poll without gaps")


def name(seen, row):
    table = seen.snapshot.partitions
    return f"{seen.snapshot.topics.names[table.topic[row]]}/{table.partition[row]}"
