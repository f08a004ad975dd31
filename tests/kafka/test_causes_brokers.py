"""Lag that a broker is to blame for, on nodes that are killed; and groups beside it that it does not touch."""

import time

import pytest

from lagwatch.analyze.diagnosis import diagnosis_of
from lagwatch.cycle import Memory, advance
from lagwatch.model.diagnosis import Cause
from tests.kafka.collecting import reading
from tests.kafka.support import commit, create_topic, member, produce, read, unique, wait_until

pytestmark = pytest.mark.slow

WINDOW_S = 10.0


def diagnoses(reader, memory, groups):
    """What is said of the groups after one more poll."""
    snapshot = reader.read()
    view, _ = advance(memory, snapshot, (), snapshot.at)
    return {group: diagnosis_of(view, group) for group in groups}


def causes(found):
    return [finding.cause for finding in found.findings] if found else []


@pytest.mark.timeout(240)
def test_a_partition_without_a_leader_is_named_and_other_groups_are_left_out_of_it(private_cluster):
    bootstrap = private_cluster.bootstrap
    hit, well, group, other = (unique(name) for name in ("hit", "well", "hit-group", "well-group"))
    create_topic(bootstrap, hit, 3, 1)
    create_topic(bootstrap, well, 3, 3)
    for topic in (hit, well):
        produce(bootstrap, topic, dict.fromkeys(range(3), 50))
    memory = Memory(growth_window_s=WINDOW_S)
    with reading(bootstrap, deadline_s=4) as reader, member(bootstrap, other, [well]) as reads:
        read(reads, 150)
        commit(bootstrap, group, {(hit, partition): 10 for partition in range(3)})

        def known():
            found = diagnoses(reader, memory, (group, other))
            return found if causes(found[group])[:1] == [Cause.STOPPED] else None

        assert causes(wait_until(known, "nobody reads for the one group")[other]) == []

        snapshot = reader.read()
        row = int(snapshot.topics.first[snapshot.topics.names.index(hit)])
        victim = private_cluster.node(int(snapshot.partitions.leader[row]))
        victim.kill()
        try:

            def blamed():
                time.sleep(1)
                found = diagnoses(reader, memory, (group, other))
                return causes(found[group])[:1] == [Cause.BROKER_FAULT] and causes(found[other]) == [] and found

            found = wait_until(blamed, "the broker is to blame", timeout_s=90)[group]
            (finding,) = (each for each in found.findings if each.cause is Cause.BROKER_FAULT)
            assert f"{hit} partition 0 has no leader" in found.sentence or "does not answer" in found.sentence
            assert (finding.topic, finding.evidence["brokers_missing"]) == (hit, 1.0)
            assert str(victim.number) not in finding.evidence["brokers_up"].split(", ")
        finally:
            victim.start()

        def over():
            time.sleep(1)
            return Cause.BROKER_FAULT not in causes(diagnoses(reader, memory, (group,))[group])

        wait_until(over, "the broker is back, and nobody is blamed any more", timeout_s=60)


@pytest.mark.timeout(240)
def test_a_broker_that_does_not_answer_is_named(private_cluster):
    """A node that is stopped without a word: until it is found out to be gone, it leads its partitions and says nothing."""
    bootstrap = private_cluster.bootstrap
    topic, group = unique("silent"), unique("silent-group")
    create_topic(bootstrap, topic, 6, 3)
    produce(bootstrap, topic, dict.fromkeys(range(6), 50))
    memory = Memory(growth_window_s=WINDOW_S)
    with reading(bootstrap, deadline_s=3) as reader, member(bootstrap, group, [topic]) as reads:
        read(reads, 300)
        keeps_up = wait_until(lambda: diagnoses(reader, memory, (group,))[group], "the group is known")
        assert causes(keeps_up) == []
        frozen = private_cluster.node(2)
        frozen.pause()
        try:

            def blamed():
                found = diagnoses(reader, memory, (group,))[group]
                return found if causes(found)[:1] == [Cause.BROKER_FAULT] else None

            sentence = wait_until(blamed, "a broker is to blame", timeout_s=60).sentence
            assert "does not answer" in sentence
            assert "roker 2" in sentence
        finally:
            frozen.resume()
