"""Rates, backlogs, losses, balance and returns on the real Kafka, against what was done to it."""

import json
import math
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import numpy as np
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner

from lagwatch.analyze.history import History
from lagwatch.analyze.hot import balance_of
from lagwatch.analyze.streams import streams_of
from lagwatch.analyze.view import view as analyze
from lagwatch.cli import build
from lagwatch.collect import DetailOptions
from lagwatch.model.view import View
from tests.kafka.collecting import only, reading, reported_lag
from tests.kafka.support import (
    client,
    commit,
    create_topic,
    member,
    produce,
    read,
    share_member,
    share_read,
    transaction,
    unique,
    wait_until,
)

STEPS = 9


def view_of(memory: History, reader, **fields: object) -> View:
    seen = replace(reader.read(), **fields)
    return analyze(memory, seen)


def slope(moments: list[float], offsets: list[int]) -> float:
    """Messages a minute, least squares."""
    return float(np.polyfit((np.array(moments) - moments[-1]) / 60, offsets, 1)[0])


def test_rates_and_the_time_to_drain_are_those_of_what_was_done(cluster):
    """Partition 0 is drained, 1 takes in more than is read. Commits come with every poll."""
    topic, group = create_topic(cluster.bootstrap, unique("rates"), 2), unique("rates")
    produce(cluster.bootstrap, topic, {0: 1000, 1: 100})
    at, done = [], {0: [], 1: []}
    memory = History(growth_window_s=60.0)
    with reading(cluster.bootstrap, groups=only(group), topics=only(topic)) as reader:
        for step in range(STEPS):
            produce(cluster.bootstrap, topic, {0: 10, 1: 40})
            done[0].append(100 * (step + 1))
            done[1].append(20 * (step + 1))
            commit(cluster.bootstrap, group, {(topic, p): done[p][-1] for p in (0, 1)})
            view = view_of(memory, reader, at=1e9 + 7.0 * step)
            at.append(view.snapshot.at)
    reads = [slope(at, done[0]), slope(at, done[1])]
    comes = [slope(at, [1000 + 10 * k for k in range(STEPS)]), slope(at, [100 + 40 * k for k in range(STEPS)])]
    assert view.consumed.tolist() == pytest.approx(reads)
    assert view.produced.tolist() == pytest.approx(comes)
    assert view.pairs.consumed.tolist() == pytest.approx([sum(reads)])
    assert view.pairs.slowest_growth.tolist() == pytest.approx([comes[1] - reads[1]])
    lag = int(view.pairs.lag[0])
    assert lag == (1000 + 10 * STEPS - 100 * STEPS) + (100 + 40 * STEPS - 20 * STEPS)
    assert view.pairs.drain_s[0] == pytest.approx(60 * lag / (sum(reads) - sum(comes)))
    assert view.pairs.behind_s[0] == at[-1] - at[0]


def test_an_open_transaction_holds_lag_back_and_its_marker_is_nothing_to_read(cluster):
    topic, group = create_topic(cluster.bootstrap, unique("markers")), unique("markers")
    produce(cluster.bootstrap, topic, {0: 5})
    memory = History()
    with (
        reading(cluster.bootstrap, groups=only(group), topics=only(topic)) as reader,
        member(cluster.bootstrap, group, [topic], isolation_level="read_committed") as consumer,
    ):
        with transaction(cluster.bootstrap, topic, {0: 3}):
            read(consumer, 4)
            held = view_of(memory, reader)
        assert (held.pairs.stable_lag.tolist(), held.pairs.open_lag.tolist()) == ([1], [3])
        assert held.topics.transactional.tolist() == [True]
        read(consumer, 4)
        caught_up = view_of(memory, reader)
        later = view_of(memory, reader, at=caught_up.snapshot.at + 90)
    assert (later.pairs.lag.tolist(), later.pairs.residual_lag.tolist()) == ([1], [1])
    assert (later.pairs.behind_s.tolist(), later.pairs.drain_s.tolist()) == ([0.0], [0.0])


def test_records_that_are_deleted_unread_are_counted_exactly(cluster):
    topic, group = create_topic(cluster.bootstrap, unique("lost")), unique("lost")
    produce(cluster.bootstrap, topic, {0: 100})
    commit(cluster.bootstrap, group, {(topic, 0): 10})
    memory, admin = History(), AdminClient(client(cluster.bootstrap))
    with reading(cluster.bootstrap, groups=only(group), topics=only(topic)) as reader:
        lost = [float(view_of(memory, reader).pairs.lost_total[0])]
        for start in (8, 37, 60):
            for future in admin.delete_records([TopicPartition(topic, 0, start)]).values():
                future.result()
            wait_until(lambda s=start: reader.read().partitions.start.tolist() == [s], f"a log that starts at {start}")
            lost.append(float(view_of(memory, reader).pairs.lost_total[0]))
    assert lost == [0, 0, 27, 50]


@contextmanager
def busy(consumer: Consumer) -> Iterator[None]:
    """A member that goes on polling, so that it takes part when the group rebalances."""
    done = threading.Event()

    def poll() -> None:
        while not done.is_set():
            consumer.poll(0.1)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_the_balance_names_owners_and_a_member_that_is_back_is_seen(cluster):
    topic, group = create_topic(cluster.bootstrap, unique("balance"), 4), unique("balance")
    produce(cluster.bootstrap, topic, {0: 500, 1: 5, 2: 5, 3: 5})
    commit(cluster.bootstrap, group, {(topic, p): 0 for p in range(4)})
    memory = History()

    def members(count: int) -> bool:
        (found,) = reader.read().groups
        return found.state == "Stable" and len(found.members) == count

    def shaky() -> AbstractContextManager[Consumer]:
        return member(cluster.bootstrap, group, [topic], client_id="shaky", protocol="consumer")

    with (
        reading(cluster.bootstrap, groups=only(group), topics=only(topic)) as reader,
        member(cluster.bootstrap, group, [topic], client_id="steady", protocol="consumer") as steady,
        busy(steady),
    ):
        with shaky() as one, busy(one):
            wait_until(lambda: members(2), "a group of two at rest")
            found = balance_of(view_of(memory, reader), group)
        wait_until(lambda: members(1), "a member that left")
        view_of(memory, reader)
        with shaky() as one, busy(one):
            wait_until(lambda: members(2), "a member that is back")
            back = view_of(memory, reader)
    (hot,) = found.partitions
    assert (hot.partition, hot.lag, hot.hot, len(hot.owners)) == (0, 500, ("lag",), 1)
    assert sorted(share.partitions for share in found.members) == [2, 2]
    assert {share.member.client_id for share in found.members} == {"steady", "shaky"}
    (returned,) = back.returned[group]
    assert (returned.client_id, returned.dropped) == ("shaky", False)
    assert back.groups.rebalances_total[0] >= 2


@contextmanager
def produced_all_the_time(bootstrap: str, topic: str) -> Iterator[None]:
    """Twenty records every fifth of a second."""
    done = threading.Event()

    def append() -> None:
        while not done.wait(0.2):
            produce(bootstrap, topic, {0: 20})

    thread = threading.Thread(target=append)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_the_command_measures_for_a_while_and_works_out_what_is_needed(cluster):
    topic, group = create_topic(cluster.bootstrap, unique("capacity"), 2), unique("capacity")
    often = {"enable_auto_commit": True, "auto_commit_interval_ms": 300}
    with (
        member(cluster.bootstrap, group, [topic], **often) as reader,
        busy(reader),
        produced_all_the_time(cluster.bootstrap, topic),
        reading(cluster.bootstrap, groups=only(group), topics=only(topic)) as watched,
    ):
        # The command asks for the groups that had committed when it began.
        wait_until(lambda: len(watched.read().commits) > 0, "the first commit")
        arguments = ["capacity", topic, "--bootstrap", cluster.bootstrap, "--for", "10s", "--json"]
        done = CliRunner().invoke(build(), arguments)
    assert done.exit_code == 0, done.exception
    found = json.loads(done.stdout)
    (need,) = found["groups"]
    assert (found["partitions"], need["group"], need["members"]) == (2, group, 1)
    assert 0 < found["peak_per_minute"] < 20 * 5 * 60 * 3
    assert need["members_needed"] == max(math.ceil(found["peak_per_minute"] / need["member_peak_per_minute"]), 1)
    assert need["partitions_needed"] == math.ceil(1.25 * need["members_needed"])
    assert any("Measured over" in warning for warning in found["warnings"])


def test_a_share_group_consumes_what_it_accepted(cluster):
    """Each time 20 + 10 k records are accepted, and five come that nobody has read yet."""
    topic, group = create_topic(cluster.bootstrap, unique("shared")), unique("shared")
    memory, accepted = History(growth_window_s=60.0), [0]
    with (
        reading(cluster.bootstrap, groups=only(group), topics=only(topic)) as reader,
        share_member(cluster.bootstrap, group, [topic]) as consumer,
    ):
        for step in range(5):
            produce(cluster.bootstrap, topic, {0: 15 + 10 * step + (5 if step == 0 else 0)})
            share_read(consumer, 20 + 10 * step)
            accepted.append(accepted[-1] + 20 + 10 * step)
            produce(cluster.bootstrap, topic, {0: 5})
            wait_until(lambda: reported_lag(reader.read(), group) == {(topic, 0): 5}, "the lag of the share group")
            view = view_of(memory, reader, at=1e9 + 10.0 * step)
    assert view.consumed.tolist() == pytest.approx([slope([10.0 * k for k in range(5)], accepted[1:])])
    assert view.growth.tolist() == pytest.approx([0.0])


def test_the_changelogs_of_an_application_have_a_size_and_a_time_to_restore(cluster):
    application = unique("app")
    source = create_topic(cluster.bootstrap, unique("source"))
    changelog = create_topic(cluster.bootstrap, f"{application}-totals-changelog", 2)
    produce(cluster.bootstrap, changelog, {0: 100, 1: 50}, value=b"x" * 1000)
    produce(cluster.bootstrap, source, {0: 30})
    commit(cluster.bootstrap, application, {(source, 0): 10})
    wanted = DetailOptions(parts=frozenset({"log_dirs"}), at_once=True)
    with reading(cluster.bootstrap, groups=only(application), topics=only(source, changelog), details=wanted) as reader:
        found = streams_of(view_of(History(), reader), application, restore_rate=1000.0)
    assert ([one.topic for one in found.inputs], found.input_lag) == ([source], 20)
    assert 150 * 1000 < found.changelog_bytes < 200 * 1000
    assert found.restore_s == found.changelog_bytes / 1000.0
