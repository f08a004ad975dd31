"""What stands under the names of other exporters, series by series, for plain facts."""

from dataclasses import replace

import numpy as np
import pytest

from lagwatch import __version__
from lagwatch.model.details import Details, Features, LogDir, LogDirs, Part, ReplicaSizes
from lagwatch.model.snapshot import Assigned, Broker, Member, PollStats
from lagwatch.publish.board import Board
from lagwatch.publish.metrics.profiles import PROFILES, switched_on
from tests.support.build import T0, group, latest, snapshot, topic, view
from tests.support.metrics import parse_text
from tests.support.peers import COUNTERS, SERIES

TOPICS = {
    "orders": topic((5, 100), (0, 50), (0, 20), cleanup_policy="compact"),
    "payments": topic((0, 9), (None, None), leader=2, replicas=(1, 2), isr=(2,)),
    "unread": topic((3, 3), leader=-1, isr=()),
}
GROUPS = {
    "billing": group({"orders": [90, 50, None], "payments": [4, 7]}),
    "idle": group({"orders": [None, 55, None]}, state="Empty", members=0),
    "shared": group({"orders": [60, None, None]}, kind="share", members=2),
    "gone-dark": None,
}
MEMBERS = (
    Member(
        id="c-1", client_id="app", host="/10.0.0.1", assigned=(Assigned("orders", (0, 2)), Assigned("payments", (0,)))
    ),
    Member(id="c-2", client_id="app", host="/10.0.0.2", assigned=(Assigned("orders", (1,)),)),
    Member(id="c-3", client_id="app", host="/10.0.0.3"),
)


def facts(**more):
    seen = snapshot(TOPICS, GROUPS, brokers=(1, 2))
    groups = tuple(
        replace(
            one,
            protocol_type="" if one.name == "shared" else "consumer",
            coordinator=2 if one.known else -1,
            protocol="range" if one.name == "billing" else "",
            member_count=3 if one.name == "billing" else one.member_count,
            members=MEMBERS if one.name == "billing" else (),
            assigned_known=True,
        )
        for one in seen.groups
    )
    brokers = (Broker(id=1, host="kafka-1", port=9092, rack="r1"), Broker(id=2, host="kafka-2", port=9093))
    known = {
        "brokers": brokers,
        "groups": groups,
        "controller": 2,
        "cluster_id": "Q1",
        "stats": PollStats(duration_s=0.25),
    }
    return replace(seen, **(known | more))


def published(profile, seen=None, *, profiles=PROFILES, series=SERIES, **more):
    """Values by name and label values in the order in which the exporter lists its labels."""
    one = seen if seen is not None else latest(view(facts()))
    board = Board(profiles=profiles, clock=lambda: T0)
    board.put(replace(one, **more))
    page = b"".join(board.profile_pieces(profile, board.clusters(), gzip=False)).decode()
    found = {}
    for metric in parse_text(page):
        for sample in metric.samples:
            labels = series[profile][sample.name]
            assert sample.labels.keys() == set(labels)
            found.setdefault(sample.name, {})[tuple(sample.labels[label] for label in labels)] = sample.value
    return found


@pytest.fixture(name="exporter")
def _exporter():
    return published("kafka_exporter")


@pytest.fixture(name="kminion")
def _kminion():
    return published("kminion")


@pytest.fixture(name="kle")
def _kle():
    return published("kafka_lag_exporter")


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_profile_has_the_names_types_and_labels_of_its_exporter_and_no_others(profile):
    assert {family.name: family.labels for family in profile.families} == SERIES[profile.name]
    assert {family.name for family in profile.families if family.kind == "counter"} == COUNTERS & SERIES[
        profile.name
    ].keys()


def test_kafka_exporter_says_which_version_of_lagwatch_it_is_at_any_time():
    for one in (latest(view(facts())), latest()):
        assert published("kafka_exporter", one)["kafka_exporter_build_info"] == {(__version__,): 1}


def test_a_series_without_labels_has_no_braces():
    """As the exporters write it, and as scripts look for it."""
    board = Board(profiles=PROFILES, clock=lambda: T0)
    board.put(latest(view(facts())))
    text = "".join(b"".join(board.profile_pieces(name, ("main",), gzip=False)).decode() for name in PROFILES)
    assert "{}" not in text
    assert "\nkafka_brokers 2\n" in text
    assert "\nkminion_kafka_requests_sent_total 0\n" in text


def test_a_label_that_is_empty_is_printed():
    """As client_golang does, and as scripts look for it."""
    board = Board(profiles=PROFILES, clock=lambda: T0)
    board.put(latest(view(facts())))
    text = b"".join(board.profile_pieces("kminion", ("main",), gzip=False)).decode()
    assert (
        '\nkminion_kafka_consumer_group_info{group_id="idle",protocol="",protocol_type="consumer",state="Empty",'
        'coordinator_id="2"} 0\n'
    ) in text
    assert (
        '\nkminion_kafka_broker_info{broker_id="2",address="kafka-2",port="9093",rack_id="",is_controller="true"} 1\n'
    ) in text
    assert (
        '\nkminion_kafka_cluster_info{cluster_version="",broker_count="2",controller_id="2",cluster_id="Q1"} 1\n'
        in text
    )


def test_kafka_exporter_counts_brokers_and_has_their_addresses(exporter):
    assert exporter["kafka_brokers"] == {(): 2}
    assert exporter["kafka_broker_info"] == {("1", "kafka-1:9092"): 1, ("2", "kafka-2:9093"): 1}
    assert exporter["kafka_topic_partitions"] == {("orders",): 3, ("payments",): 2, ("unread",): 1}


def test_kafka_exporter_has_the_offsets_that_are_known(exporter):
    orders = {("orders", "0"): 100, ("orders", "1"): 50, ("orders", "2"): 20}
    assert exporter["kafka_topic_partition_current_offset"] == {**orders, ("payments", "0"): 9, ("unread", "0"): 3}
    starts = {("orders", "0"): 5, ("orders", "1"): 0, ("orders", "2"): 0}
    assert exporter["kafka_topic_partition_oldest_offset"] == {**starts, ("payments", "0"): 0, ("unread", "0"): 3}


def test_kafka_exporter_tells_how_partitions_are_placed(exporter):
    one = {key: exporter[f"kafka_topic_partition_{key}"] for key in
           ("leader", "replicas", "in_sync_replica", "leader_is_preferred", "under_replicated_partition")}  # fmt: skip
    assert {key: values.get(("orders", "0")) for key, values in one.items()} == {
        "leader": 1, "replicas": 3, "in_sync_replica": 3, "leader_is_preferred": 1, "under_replicated_partition": 0
    }  # fmt: skip
    assert {key: values.get(("payments", "0")) for key, values in one.items()} == {
        "leader": 2, "replicas": 2, "in_sync_replica": 1, "leader_is_preferred": 0, "under_replicated_partition": 1
    }  # fmt: skip
    assert {key: values.get(("unread", "0")) for key, values in one.items()} == {
        "leader": None, "replicas": 3, "in_sync_replica": 0, "leader_is_preferred": 0, "under_replicated_partition": 1
    }  # fmt: skip


def test_kafka_exporter_has_minus_one_where_a_group_has_no_commit_on_a_topic_that_it_reads(exporter):
    assert exporter["kafka_consumergroup_current_offset"] == {
        ("billing", "orders", "0"): 90, ("billing", "orders", "1"): 50, ("billing", "orders", "2"): -1,
        ("billing", "payments", "0"): 4, ("billing", "payments", "1"): 7,
        ("idle", "orders", "0"): -1, ("idle", "orders", "1"): 55, ("idle", "orders", "2"): -1,
    }  # fmt: skip


def test_kafka_exporter_does_not_floor_lag_and_has_none_where_the_log_end_is_unknown(exporter):
    assert exporter["kafka_consumergroup_lag"] == {
        ("billing", "orders", "0"): 10, ("billing", "orders", "1"): 0, ("billing", "orders", "2"): -1,
        ("billing", "payments", "0"): 5,
        ("idle", "orders", "0"): -1, ("idle", "orders", "1"): -5, ("idle", "orders", "2"): -1,
    }  # fmt: skip


def test_kafka_exporter_adds_minus_one_into_the_sum_of_offsets_and_not_into_that_of_lags(exporter):
    assert exporter["kafka_consumergroup_current_offset_sum"] == {
        ("billing", "orders"): 90 + 50 - 1, ("billing", "payments"): 11, ("idle", "orders"): 55 - 2
    }  # fmt: skip
    assert exporter["kafka_consumergroup_lag_sum"] == {
        ("billing", "orders"): 10, ("billing", "payments"): 5, ("idle", "orders"): -5
    }  # fmt: skip


def test_kafka_exporter_says_nothing_of_a_sum_of_lags_of_which_no_part_is_known():
    found = published("kafka_exporter", latest(view(snapshot({"t": topic((None, None))}, {"g": group({"t": [7]})}))))
    assert found["kafka_consumergroup_current_offset_sum"] == {("g", "t"): 7}
    assert "kafka_consumergroup_lag_sum" not in found


def test_kafka_exporter_counts_members_of_groups_that_could_be_described(exporter):
    assert exporter["kafka_consumergroup_members"] == {("billing",): 3, ("idle",): 0}


def test_share_groups_are_under_nobodys_name(exporter, kminion, kle):
    for page in (exporter, kminion, kle):
        assert "shared" not in {value for series in page.values() for labels in series for value in labels}


def test_kminion_is_up_while_polls_see_everything():
    good = latest(view(facts()))
    assert published("kminion", good)["kminion_exporter_up"] == {(__version__,): 1}
    failed = replace(good.health, error="Nobody answered.")
    assert published("kminion", good, health=failed)["kminion_exporter_up"] == {(__version__,): 0}
    assert published("kminion", latest())["kminion_exporter_up"] == {(__version__,): 0}


def test_kminion_counts_the_requests_that_were_sent():
    good = latest(view(facts()))
    counted = replace(good.health, requests_by_api={"Metadata": 2, "ListOffsets": 9})
    assert published("kminion", good, health=counted)["kminion_kafka_requests_sent_total"] == {(): 11}


def test_kminion_knows_cluster_and_brokers(kminion):
    assert kminion["kminion_kafka_cluster_info"] == {("", "2", "2", "Q1"): 1}
    assert kminion["kminion_kafka_broker_info"] == {
        ("1", "kafka-1", "9092", "r1", "false"): 1, ("2", "kafka-2", "9093", "", "true"): 1
    }  # fmt: skip


def test_kminion_has_the_oldest_release_of_the_brokers_as_the_version_of_the_cluster():
    features = Part(value=Features(releases={1: "4.3 or later", 2: "3.10 or later"}), read_at=T0)
    found = published("kminion", latest(view(facts(details=Details(features=features)))))
    assert found["kminion_kafka_cluster_info"] == {("v3.10", "2", "2", "Q1"): 1}


def test_kminion_has_a_topics_settings_as_labels(kminion):
    assert kminion["kminion_kafka_topic_info"] == {
        ("orders", "3", "3", "compact"): 1, ("payments", "2", "2", "N/A"): 1, ("unread", "1", "3", "N/A"): 1
    }  # fmt: skip


@pytest.mark.parametrize("profile", PROFILES)
def test_a_topic_that_has_no_partition_yet_keeps_nothing_from_being_published(profile):
    found = published(profile, latest(view(snapshot({"orders": topic((0, 5)), "born": topic(), "zero": topic()}, {}))))
    if profile == "kminion":
        assert found["kminion_kafka_topic_info"] == {
            ("born", "0", "0", "N/A"): 1, ("orders", "1", "3", "N/A"): 1, ("zero", "0", "0", "N/A"): 1
        }  # fmt: skip


def test_kminion_has_the_settings_that_are_asked_for():
    every = {"orders": {"retention.ms": "60000", "cleanup.policy": "delete"}}
    seen = facts(details=Details(topic_config=Part(value=every, read_at=T0)))
    asked = switched_on(["kminion"], topic_config=["retention.ms", "cleanup.policy"])
    labels = ("topic_name", "partition_count", "replication_factor", "retention_ms", "cleanup_policy")
    series = {"kminion": SERIES["kminion"] | {"kminion_kafka_topic_info": labels}}
    found = published("kminion", latest(view(seen)), profiles=asked, series=series)["kminion_kafka_topic_info"]
    assert ("orders", "3", "3", "60000", "compact") in found
    assert ("unread", "1", "3", "N/A", "N/A") in found


def test_kminion_sums_water_marks_only_where_all_of_a_topic_are_known(kminion):
    assert kminion["kminion_kafka_topic_partition_low_water_mark"]["orders", "0"] == 5
    assert kminion["kminion_kafka_topic_partition_high_water_mark"]["payments", "0"] == 9
    assert ("payments", "1") not in kminion["kminion_kafka_topic_partition_high_water_mark"]
    assert kminion["kminion_kafka_topic_low_water_mark_sum"] == {("orders",): 5, ("unread",): 3}
    assert kminion["kminion_kafka_topic_high_water_mark_sum"] == {("orders",): 170, ("unread",): 3}


def test_kminion_tells_the_state_of_groups_and_what_their_members_own(kminion):
    assert kminion["kminion_kafka_consumer_group_info"] == {
        ("billing", "range", "consumer", "Stable", "2"): 1, ("idle", "", "consumer", "Empty", "2"): 0
    }  # fmt: skip
    assert kminion["kminion_kafka_consumer_group_members"] == {("billing",): 3, ("idle",): 0}
    assert kminion["kminion_kafka_consumer_group_empty_members"] == {("billing",): 1}
    assert kminion["kminion_kafka_consumer_group_topic_members"] == {
        ("billing", "orders"): 2,
        ("billing", "payments"): 1,
    }
    assert kminion["kminion_kafka_consumer_group_topic_assigned_partitions"] == {
        ("billing", "orders"): 3, ("billing", "payments"): 1
    }  # fmt: skip


def test_kminion_floors_lag_and_leaves_out_partitions_without_a_commit_or_a_log_end(kminion):
    assert kminion["kminion_kafka_consumer_group_topic_partition_lag"] == {
        ("billing", "orders", "0"): 10, ("billing", "orders", "1"): 0, ("billing", "payments", "0"): 5,
        ("idle", "orders", "1"): 0,
    }  # fmt: skip
    assert kminion["kminion_kafka_consumer_group_topic_lag"] == {
        ("billing", "orders"): 10, ("billing", "payments"): 5, ("idle", "orders"): 0
    }  # fmt: skip
    assert kminion["kminion_kafka_consumer_group_topic_offset_sum"] == {
        ("billing", "orders"): 140, ("billing", "payments"): 4, ("idle", "orders"): 55
    }  # fmt: skip


def log_dirs(*, brokers=(1, 2), error=""):
    """Sizes of two topics on two brokers, one of them not watched, and of one in a directory on its way to be another."""
    sizes = ReplicaSizes(
        topics=("orders", "__consumer_offsets"),
        topic=np.array([0, 0, 1, 1, 0], np.int32),
        partition=np.array([0, 1, 0, 0, 0], np.int32),
        broker=np.array([1, 2, 1, 2, 1], np.int32),
        directory=np.array([0, 1, 0, 1, 0], np.int32),
        size=np.array([1000, 200, 30, 4, 5], np.int64),
        offset_lag=np.zeros(5, np.int64),
        future=np.array([0, 0, 0, 0, 1], np.int32),
    )
    dirs = (LogDir(broker=1, path="/a"), LogDir(broker=2, path="/b", error=error))
    return facts(details=Details(log_dirs=Part(value=LogDirs(brokers=brokers, dirs=dirs, replicas=sizes), read_at=T0)))


def test_kminion_sums_log_directories_by_broker_and_by_watched_topic():
    found = published("kminion", latest(view(log_dirs())))
    assert found["kminion_kafka_broker_log_dir_size_total_bytes"] == {
        ("1", "kafka-1", "9092", "r1"): 1035, ("2", "kafka-2", "9093", ""): 204
    }  # fmt: skip
    assert found["kminion_kafka_topic_log_dir_size_total_bytes"] == {("orders",): 1205}


def test_kminion_has_no_size_of_a_topic_that_is_gone_since_log_directories_were_read():
    seen = log_dirs()
    now = replace(snapshot({"__consumer_offsets": topic((0, 9))}, {}), details=seen.details, brokers=seen.brokers)
    found = published("kminion", latest(view(now)))
    assert found["kminion_kafka_topic_log_dir_size_total_bytes"] == {("__consumer_offsets",): 34}


@pytest.mark.parametrize("trouble", [{"brokers": (1,)}, {"error": "KAFKA_STORAGE_ERROR"}])
def test_kminion_withholds_the_sizes_of_topics_while_a_log_directory_is_missing(trouble):
    found = published("kminion", latest(view(log_dirs(**trouble))))
    assert len(found["kminion_kafka_broker_log_dir_size_total_bytes"]) == 2
    assert "kminion_kafka_topic_log_dir_size_total_bytes" not in found


def test_kle_has_the_partitions_that_members_own_and_nan_where_nothing_is_committed(kle):
    owners = {"0": ("/10.0.0.1", "c-1", "app"), "1": ("/10.0.0.2", "c-2", "app"), "2": ("/10.0.0.1", "c-1", "app")}
    offsets = {
        ("main", "billing", "orders", p, *owners[p]): value for p, value in (("0", 90), ("1", 50), ("2", np.nan))
    }
    offsets["main", "billing", "payments", "0", *owners["0"]] = 4
    offsets["main", "idle", "orders", "1", "unknown", "unknown", "unknown"] = 55
    assert kle["kafka_consumergroup_group_offset"] == pytest.approx(offsets, nan_ok=True)
    lags = dict(zip(offsets, (10, 0, np.nan, 5, 0), strict=True))
    assert kle["kafka_consumergroup_group_lag"] == pytest.approx(lags, nan_ok=True)


def test_kle_sums_skip_what_is_not_committed_and_the_largest_is_of_what_is_known(kle):
    assert kle["kafka_consumergroup_group_sum_lag"] == {("main", "billing"): 15, ("main", "idle"): 0}
    assert kle["kafka_consumergroup_group_max_lag"] == {("main", "billing"): 10, ("main", "idle"): 0}
    assert kle["kafka_consumergroup_group_topic_sum_lag"] == {
        ("main", "billing", "orders"): 10, ("main", "billing", "payments"): 5, ("main", "idle", "orders"): 0
    }  # fmt: skip


def test_kle_has_offsets_only_of_partitions_that_a_group_reads(kle):
    assert kle["kafka_partition_latest_offset"] == {
        ("main", "orders", "0"): 100, ("main", "orders", "1"): 50, ("main", "orders", "2"): 20, ("main", "payments", "0"): 9
    }  # fmt: skip
    assert kle["kafka_partition_earliest_offset"]["main", "orders", "0"] == 5


def test_kle_has_lagwatchs_time_lag_in_seconds_and_nan_where_that_is_unknown():
    seen = view(facts())
    ages = np.full(len(seen.snapshot.commits), np.nan, np.float32)
    ages[0], ages[1] = 7.5, 0
    found = published("kafka_lag_exporter", latest(replace(seen, time_lag_s=ages)))
    seconds = {labels[1:4]: value for labels, value in found["kafka_consumergroup_group_lag_seconds"].items()}
    assert seconds == pytest.approx(
        {
            ("billing", "orders", "0"): 7.5, ("billing", "orders", "1"): 0, ("billing", "orders", "2"): np.nan,
            ("billing", "payments", "0"): np.nan, ("idle", "orders", "1"): np.nan,
        },
        nan_ok=True,
    )  # fmt: skip
    assert found["kafka_consumergroup_group_max_lag_seconds"] == pytest.approx(
        {("main", "billing"): 7.5, ("main", "idle"): np.nan}, nan_ok=True
    )


def test_kle_spells_what_is_no_number_as_prometheus_does():
    board = Board(profiles=PROFILES, clock=lambda: T0)
    board.put(latest(view(facts())))
    text = b"".join(board.profile_pieces("kafka_lag_exporter", ("main",), gzip=False)).decode()
    assert " NaN\n" in text
    assert " nan\n" not in text


def test_kle_says_nan_to_a_sum_of_which_no_part_could_be_read():
    seen = snapshot({"t": topic((None, None))}, {"g": group({"t": [7]}, members=0)})
    found = published("kafka_lag_exporter", latest(view(seen)))
    assert found["kafka_consumergroup_group_sum_lag"] == pytest.approx({("main", "g"): np.nan}, nan_ok=True)


def test_kle_leaves_out_groups_that_are_no_consumers():
    seen = facts()
    groups = tuple(replace(one, protocol_type="connect") if one.name == "billing" else one for one in seen.groups)
    found = published("kafka_lag_exporter", latest(view(replace(seen, groups=groups))))
    assert found["kafka_consumergroup_group_sum_lag"].keys() == {("main", "idle")}


def test_kle_tells_how_long_the_poll_took(kle):
    assert kle["kafka_consumergroup_poll_time_ms"] == {("main",): 250}


def test_kle_has_all_clusters_on_one_page():
    board = Board(profiles=PROFILES, clock=lambda: T0)
    for name in ("east", "west"):
        board.put(latest(view(replace(facts(), cluster=name))))
    page = b"".join(board.profile_pieces("kafka_lag_exporter", board.clusters(), gzip=False)).decode()
    polls = [line for line in page.splitlines() if line.startswith("kafka_consumergroup_poll_time_ms")]
    assert polls == [f'kafka_consumergroup_poll_time_ms{{cluster_name="{name}"}} 250' for name in ("east", "west")]
