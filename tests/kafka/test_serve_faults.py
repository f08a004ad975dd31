"""The service while Kafka comes, hangs and goes."""

from tests.kafka.support import commit, create_topic, produce, unique
from tests.support.service import Service, serving


def ready(service: Service) -> bool:
    return service.get("/readyz").status_code == 200


def test_a_kafka_that_comes_later_is_watched_when_it_is_there(lone_cluster, tmp_path):
    topic, group = create_topic(lone_cluster.bootstrap, unique("later")), unique("later")
    produce(lone_cluster.bootstrap, topic, {0: 10})
    commit(lone_cluster.bootstrap, group, {(topic, 0): 3})
    lone_cluster.node(1).stop()
    with serving(tmp_path, "--bootstrap", lone_cluster.bootstrap, "--interval", "1s") as service:
        assert service.wait_for_event("poll failed", count=2)["kind"] == "ClusterUnreachable"
        assert service.get("/readyz").status_code == 503
        lone_cluster.node(1).start()
        service.wait_for(lambda: ready(service), "readiness")

        def lag() -> int | None:
            found = service.get(f"/api/v1/clusters/default/groups/{group}")
            return found.json()["lag"] if found.status_code == 200 else None

        assert service.wait_for(lag, "the lag of the group") == 7
        assert service.stop() == 0


def test_a_kafka_that_hangs_ages_what_is_known_and_does_not_keep_the_service_from_ending(lone_cluster, tmp_path):
    topic, group = create_topic(lone_cluster.bootstrap, unique("hang")), unique("hang")
    produce(lone_cluster.bootstrap, topic, {0: 10})
    commit(lone_cluster.bootstrap, group, {(topic, 0): 3})
    with serving(tmp_path, "--bootstrap", lone_cluster.bootstrap, "--interval", "2s") as service:
        path = f"/api/v1/clusters/default/groups/{group}"
        service.wait_for(lambda: service.get(path).status_code == 200, "the group")
        lone_cluster.node(1).pause()
        try:
            polls = len(service.events("poll")) + len(service.events("poll failed"))
            service.wait_for(
                lambda: len(service.events("poll")) + len(service.events("poll failed")) >= polls + 2,
                "polls end by themselves",
            )
            metrics = service.get("/metrics").text
            assert f'kafka_consumer_group_total_lag{{kafka_cluster="default",group="{group}"}} 0' not in metrics
            assert service.get("/livez").status_code == 200
            assert service.stop() == 0
        finally:
            lone_cluster.node(1).resume()
