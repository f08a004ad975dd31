def test_topics_are_counted_from_their_partitions(api):
    topics = {topic["name"]: topic for topic in api.json("/api/v1/clusters/main/topics")["items"]}
    assert list(topics) == ["__consumer_offsets", "audit.log", "orders", "payments"]
    orders, audit, payments = topics["orders"], topics["audit.log"], topics["payments"]
    assert (orders["partitions"], orders["replication_factor"], orders["messages"]) == (3, 3, 19_900 + 30_000 + 100)
    assert (orders["groups"], orders["under_min_isr"], orders["config"]) == (8, 0, {"min.insync.replicas": "2"})
    assert (audit["offline"], audit["under_replicated"], audit["under_min_isr"]) == (1, 1, 1)
    assert (payments["messages"], payments["unknown_partitions"]) == (50, 1)
    assert payments["under_min_isr"] is None
    assert topics["__consumer_offsets"]["internal"]


def test_topics_can_be_filtered_and_sorted(api):
    def names(**params):
        return [topic["name"] for topic in api.json("/api/v1/clusters/main/topics", **params)["items"]]

    assert names(problem="offline") == ["audit.log"]
    assert names(problem="under_replicated") == ["audit.log", "payments"]
    assert names(internal="true") == ["__consumer_offsets"]
    assert names(sort="-messages", internal="false") == ["orders", "payments", "audit.log"]
    assert names(name="*o*", limit=1, offset=1) == ["audit.log"]


def test_one_topic_is_the_same_with_its_age(api):
    listed = next(t for t in api.json("/api/v1/clusters/main/topics")["items"] if t["name"] == "orders")
    one = api.json("/api/v1/clusters/main/topics/orders")
    assert one == listed | {"cluster": "main", "as_of": "2026-02-25T06:13:20Z", "age_s": 12.0}


def test_a_partition_whose_leader_did_not_answer_has_null_offsets(api):
    known, unknown = api.json("/api/v1/clusters/main/topics/payments/partitions")["items"]
    assert (known["log_start_offset"], known["log_end_offset"], known["last_stable_offset"], known["messages"]) == (
        0,
        50,
        50,
        50,
    )
    assert [unknown[key] for key in ("log_start_offset", "log_end_offset", "last_stable_offset", "messages")] == [
        None
    ] * 4
    assert (unknown["leader"], unknown["replicas"], unknown["in_sync_replicas"]) == (2, [2, 4], [2])
    assert unknown["under_min_isr"] is None


def test_a_partition_without_a_leader_is_offline(api):
    (partition,) = api.json("/api/v1/clusters/main/partitions", problem="offline")["items"]
    assert (partition["topic"], partition["leader"], partition["offline"]) == ("audit.log", None, True)


def test_partitions_of_all_topics_can_be_filtered_and_sorted(api):
    def found(**params):
        items = api.json("/api/v1/clusters/main/partitions", **params)["items"]
        return [(item["topic"], item["partition"]) for item in items]

    assert found(leader=2) == [("payments", 0), ("payments", 1)]
    assert found(topic="orders", sort="-log_end_offset") == [("orders", 1), ("orders", 0), ("orders", 2)]
    assert found(sort="-messages", limit=2) == [("orders", 1), ("orders", 0)]
    assert found(sort="messages")[-1] == ("payments", 1)
    assert api.json("/api/v1/clusters/main/topics/orders/partitions", leader=1)["total"] == 3
