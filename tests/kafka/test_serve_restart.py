"""The service killed and started again on a real Kafka, and on a disk that is full."""

import resource
import signal
import sqlite3
from pathlib import Path

import pytest

from lagwatch.store.location import FILE
from tests.kafka.support import commit, create_topic, produce, unique
from tests.support.receiver import receiver
from tests.support.service import Service, serving


@pytest.fixture
def orders(cluster) -> str:
    topic = create_topic(cluster.bootstrap, unique("restart-orders"), partitions=1)
    produce(cluster.bootstrap, topic, {0: 100})
    return topic


def write(directory: Path, bootstrap: str, group: str, url: str) -> None:
    (directory / "lagwatch.yaml").write_text(
        f"""
        clusters:
          - {{name: main, bootstrap: "{bootstrap}", interval: 1s, groups: {{include: ["{group}.*"]}}}}
        rules:
          ConsumerLagHigh: {{thresholds: {{lag: {{above: 50, clear: 10}}}}, for: 2s, keep: 1s}}
        store: {{data_dir: data}}
        webhook: {{url: "{url}"}}
        routes: [{{receivers: [webhook], group_by: [group], group_wait: 0s, group_interval: 0s}}]
        """
    )


def firing(service: Service, group: str) -> list[dict]:
    found = service.get("/api/v1/alerts?state=firing").json()["items"]
    return [alert for alert in found if alert["group"] == group]


def store(service: Service, name: str) -> float:
    """A number of the store's on the metrics page."""
    line = next(
        line for line in service.get("/metrics").text.splitlines() if line.startswith(f"lagwatch_store_{name} ")
    )
    return float(line.split()[1])


def test_an_alert_that_fired_fires_on_after_a_kill_and_nobody_is_told_twice(cluster, orders, tmp_path):
    group = unique("restart-slow")
    commit(cluster.bootstrap, group, {(orders, 0): 0})
    with receiver() as there:
        write(tmp_path, cluster.bootstrap, group, there.url)
        with serving(tmp_path) as service:
            (told,) = there.wait_for(1)
            (before,) = service.wait_for(lambda: firing(service, group), "the alert")
            service.wait_for(lambda: store(service, "pending_writes") == 0, "all is written")
            service.send(signal.SIGKILL)
            service.process.wait(10)
        with serving(tmp_path) as service:
            service.wait_for(  # the service keeps alerts about itself, too
                lambda: "main" in [each["cluster"] for each in service.events("alerts taken up")], "the alerts are back"
            )
            service.wait_for_event("poll", count=4)
            (after,) = firing(service, group)
            assert (after["since"], after["fired_at"]) == (before["since"], before["fired_at"])
            assert there.bodies == [told]
            assert service.events("alert firing") == []
            commit(cluster.bootstrap, group, {(orders, 0): 100})
            ended = there.wait_for(2)[1]
            assert (ended["status"], ended["alerts"][0]["startsAt"]) == ("resolved", told["alerts"][0]["startsAt"])
            service.wait_for(lambda: store(service, "pending_writes") == 0, "all is written")
            assert service.stop() == 0
    with sqlite3.connect(tmp_path / "data" / FILE) as kept:
        states = [state for (state,) in kept.execute("SELECT state FROM lagwatch_history ORDER BY number")]
    kept.close()
    assert states == ["pending", "firing", "resolved"]


def test_on_a_full_disk_the_watch_and_the_notices_go_on_and_all_is_written_afterwards(cluster, orders, tmp_path):
    group = unique("full-slow")
    with receiver() as there:
        write(tmp_path, cluster.bootstrap, group, there.url)
        with serving(tmp_path) as service:
            service.wait_for(lambda: service.get("/readyz").status_code == 200, "readiness")
            assert store(service, "ok") == 1
            # Files of the service may not grow beyond a few pages: to SQLite a full disk. The log is small enough.
            _, hard = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (16_384, hard))
            service.wait_for(lambda: store(service, "ok") == 0, "the fault on the metrics page")
            resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (1_000_000, hard))
            service.wait_for(lambda: store(service, "ok") == 1, "the store is back")

            with sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None) as other:
                other.execute("BEGIN EXCLUSIVE")
                service.wait_for(lambda: store(service, "ok") == 0, "the lock on the metrics page")
                health = service.get("/readyz").json()
                assert "another program holds a lock" in health["store"]["reason"]
                commit(cluster.bootstrap, group, {(orders, 0): 0})
                assert there.wait_for(1)[0]["status"] == "firing"
                assert store(service, "pending_writes") > 0
                other.execute("ROLLBACK")
            other.close()
            service.wait_for(
                lambda: store(service, "ok") == 1 and not store(service, "pending_writes"), "all is written"
            )
            assert len(there.bodies) == 1
            history = service.get("/api/v1/alerts/history?cluster=main").json()["items"]
            assert [entry["to"] for entry in history if entry["alert"]["group"] == group][-2:] == ["firing", "pending"]
            assert service.stop() == 0
