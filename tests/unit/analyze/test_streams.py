"""Kafka Streams applications, their topics, and how long stores take to be rebuilt."""

from dataclasses import replace

import numpy as np
import pytest

from lagwatch.analyze.streams import is_internal, streams_of
from lagwatch.model.details import Details, LogDir, LogDirs, Part, ReplicaSizes
from lagwatch.model.view import View
from tests.support.build import T0, group, snapshot, topic, view

STORE, NODE = "shop-totals-changelog", "shop-by-customer-repartition"


def seen(sizes: dict[tuple[str, int, int], int] | None = None, *, kind: str = "streams", name: str = "shop") -> View:
    """The application "shop"; sizes by topic, partition and broker."""
    topics = {name: topic((0, 100), (0, 100)) for name in ("orders", STORE, NODE, "shopping-changelog")}
    facts = snapshot(topics, {name: group({"orders": [90, 95], NODE: [60, 100]}, kind=kind)})
    if sizes is None:
        return view(facts)
    names = tuple(sorted({topic for topic, _, _ in sizes}))
    replicas = ReplicaSizes(
        topics=names,
        topic=np.array([names.index(t) for t, _, _ in sizes], dtype=np.int32),
        partition=np.array([p for _, p, _ in sizes], dtype=np.int32),
        broker=np.array([b for _, _, b in sizes], dtype=np.int32),
        directory=np.zeros(len(sizes), dtype=np.int32),
        size=np.array(list(sizes.values())),
        offset_lag=np.zeros(len(sizes), dtype=np.int64),
        future=np.zeros(len(sizes), dtype=np.int32),
    )
    dirs = LogDirs(brokers=(1, 2), dirs=(LogDir(broker=1, path="/d"),), replicas=replicas)
    return view(replace(facts, details=Details(log_dirs=Part(value=dirs, read_at=T0 - 60))))


def test_topics_of_an_application_are_told_apart():
    found = streams_of(seen(), "shop")
    told = [[one.topic for one in part] for part in (found.inputs, found.repartitions, found.changelogs)]
    assert told == [["orders"], [NODE], [STORE]]
    assert (found.input_lag, found.repartitions[0].lag, found.changelogs[0].lag) == (15, 40, None)


def test_the_time_to_restore_is_the_size_of_the_changelogs_at_a_rate():
    sizes = {
        (STORE, 0, 1): 30_000_000_000,
        (STORE, 0, 2): 29_000_000_000,
        (STORE, 1, 2): 10_000_000_000,
        ("orders", 0, 1): 7,
    }
    found = streams_of(seen(sizes), "shop")
    assert (found.changelog_bytes, found.restore_s, found.sizes_at) == (40_000_000_000, 400.0, T0 - 60)
    assert streams_of(seen(sizes), "shop", restore_rate=50e6).restore_s == 800.0


@pytest.mark.parametrize("sizes", [None, {}, {(STORE, 0, 1): 5}, {(STORE, 0, 1): 5, (STORE, 1, 1): -1}])
def test_where_a_size_is_not_known_nor_is_the_time(sizes):
    found = streams_of(seen(sizes), "shop")
    assert (found.changelog_bytes, found.restore_s) == (None, None)


def test_an_application_of_the_classic_protocol_is_known_by_its_topics():
    assert streams_of(seen(kind="classic"), "shop") is not None
    assert streams_of(seen(kind="classic", name="billing"), "billing") is None
    assert streams_of(seen(), "nobody") is None


def test_a_topic_belongs_to_the_application_with_the_longest_name():
    topics = {name: topic((0, 1)) for name in ("orders", "shop-a-changelog", "shop-eu-a-changelog")}
    facts = view(snapshot(topics, {name: group({"orders": [1]}, kind="streams") for name in ("shop", "shop-eu")}))
    own = {name: [one.topic for one in streams_of(facts, name).changelogs] for name in ("shop", "shop-eu")}
    assert own == {"shop": ["shop-a-changelog"], "shop-eu": ["shop-eu-a-changelog"]}


def test_a_group_that_could_not_be_read_has_an_unknown_input_lag():
    facts = snapshot({"orders": topic((0, 100)), STORE: topic((0, 1))}, {"shop": None})
    assert streams_of(view(facts), "shop").input_lag is None


@pytest.mark.parametrize("name, expected", [
    ("shop-totals-changelog", True), ("shop-x-repartition", True), ("shop-orders", False),
    ("shopping-x-changelog", False), ("shop", False), ("other-shop-x-changelog", False),
])  # fmt: skip
def test_names_decide(name, expected):
    assert is_internal("shop", name) is expected
