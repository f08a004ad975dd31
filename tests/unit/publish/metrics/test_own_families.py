"""What the page says of lagwatch itself."""

from dataclasses import replace
from importlib.metadata import version

from lagwatch import __version__
from lagwatch.model.kept import StoreHealth
from lagwatch.model.latest import Latest, PollHealth
from lagwatch.model.snapshot import Gap, PollStats
from lagwatch.publish.board import Board
from lagwatch.publish.notices.base import Counts
from tests.support.build import T0, latest, snapshot, view
from tests.support.metrics import of, series


def board(*latests: Latest, now: float = T0, **options: object) -> Board:
    made = Board(clock=lambda: now, **options)
    for one in latests:
        made.put(one)
    return made


def single(page: Board, name: str) -> float | None:
    return of(page, f"lagwatch_{name}", "kafka_cluster").get("main")


def test_before_the_first_poll_only_what_is_configured_is_known():
    page = board(latest())

    assert single(page, "poll_interval_seconds") == 30
    assert single(page, "poll_deadline_seconds") == 20
    assert single(page, "polls_total") == 0
    for name in (
        "last_poll_successful",
        "last_poll_timestamp_seconds",
        "last_successful_poll_timestamp_seconds",
        "last_successful_poll_age_seconds",
        "poll_duration_seconds",
        "poll_retries",
    ):
        assert single(page, name) is None, name


def test_a_failed_poll_is_counted_and_ages_what_is_known():
    health = PollHealth(
        interval_s=30,
        deadline_s=20,
        last_attempt_at=T0 + 60,
        last_good_at=T0,
        duration_s=20.5,
        error="No bootstrap address answered.",
        error_kind="ClusterUnreachable",
        polls=3,
        failures=2,
        failures_by_kind={"ClusterUnreachable": 2},
    )
    page = board(latest(view(snapshot({}, {})), health=health), now=T0 + 65)

    assert single(page, "last_poll_successful") == 0
    assert single(page, "last_poll_timestamp_seconds") == T0 + 60
    assert single(page, "last_successful_poll_timestamp_seconds") == T0
    assert single(page, "last_successful_poll_age_seconds") == 65
    assert single(page, "poll_duration_seconds") == 20.5
    assert single(page, "polls_total") == 3
    assert of(page, "lagwatch_poll_failures_total", "kind") == {"ClusterUnreachable": 2}


def test_of_a_cluster_that_was_never_read_it_is_told_since_when_it_is_watched_and_no_age():
    page = board(latest(health=PollHealth(interval_s=30, deadline_s=20, watched_since=T0 - 600, error="No way in.")))

    assert single(page, "watched_since_timestamp_seconds") == T0 - 600
    assert single(page, "last_successful_poll_age_seconds") is None


def test_the_age_is_that_of_the_scrape_not_of_the_rendering():
    now = T0
    made = Board(clock=lambda: now)
    made.put(latest(view(snapshot({}, {}))))

    assert single(made, "last_successful_poll_age_seconds") == 0
    now = T0 + 45
    assert single(made, "last_successful_poll_age_seconds") == 45


def test_requests_gaps_and_bytes_are_those_of_the_poll_and_the_counters_those_since_the_start():
    stats = PollStats(requests={"Metadata": 1, "ListOffsets": 9}, bytes_received=4_096, retries=2)
    gaps = (
        Gap(part="offsets", reason="REQUEST_TIMED_OUT", count=3, broker=1),
        Gap(part="offsets", reason="REQUEST_TIMED_OUT", count=4, broker=2),
        Gap(part="topics", reason="TOPIC_AUTHORIZATION_FAILED"),
    )
    health = replace(
        latest().health,
        requests_by_api={"Metadata": 5, "ListOffsets": 45},
        gaps_by_reason={("offsets", "REQUEST_TIMED_OUT"): 17},
    )
    facts = view(replace(snapshot({}, {}), stats=stats))
    page = board(Latest(cluster="main", health=health, view=facts, gaps=gaps))

    assert of(page, "lagwatch_poll_requests", "api") == {"Metadata": 1, "ListOffsets": 9}
    assert of(page, "lagwatch_kafka_requests_total", "api") == {"Metadata": 5, "ListOffsets": 45}
    assert single(page, "poll_received_bytes") == 4_096
    assert single(page, "poll_retries") == 2
    assert of(page, "lagwatch_poll_gaps", "part", "reason") == {
        ("offsets", "REQUEST_TIMED_OUT"): 7,
        ("topics", "TOPIC_AUTHORIZATION_FAILED"): 1,
    }
    assert of(page, "lagwatch_gaps_total", "part", "reason") == {("offsets", "REQUEST_TIMED_OUT"): 17}


def test_notices_are_counted_by_receiver():
    counts = Counts(
        sent=7,
        failed_by_reason={"gave_up": 2},
        retries=5,
        pending=3,
        oldest_pending_at=T0 - 90,
        template_errors=4,
        dead=2,
        down=True,
        last_sent_at=T0 - 100,
    )
    page = board(latest(), notices=lambda: {"webhook": counts, "mail": Counts()})

    assert of(page, "lagwatch_notifications_total", "receiver") == {"webhook": 7, "mail": 0}
    assert of(page, "lagwatch_notifications_failed_total", "receiver", "reason") == {("webhook", "gave_up"): 2}
    assert of(page, "lagwatch_notifications_retried_total", "receiver") == {"webhook": 5, "mail": 0}
    assert of(page, "lagwatch_notifications_pending", "receiver") == {"webhook": 3, "mail": 0}
    assert of(page, "lagwatch_notification_oldest_pending_timestamp_seconds", "receiver") == {"webhook": T0 - 90}
    assert of(page, "lagwatch_notification_last_sent_timestamp_seconds", "receiver") == {"webhook": T0 - 100}
    assert of(page, "lagwatch_notification_dead_letters", "receiver") == {"webhook": 2, "mail": 0}
    assert of(page, "lagwatch_notification_template_errors_total", "receiver") == {"webhook": 4, "mail": 0}
    assert of(page, "lagwatch_receiver_up", "receiver") == {"webhook": 0, "mail": 1}


def test_alerts_that_are_not_told_are_counted_by_reason():
    page = board(latest(), suppressed=lambda: {"main": {"silenced": 3, "acknowledged": 1}, "": {"silenced": 1}})
    assert of(page, "lagwatch_alerts_suppressed", "kafka_cluster", "reason") == {
        ("main", "silenced"): 3,
        ("main", "acknowledged"): 1,
    }


def test_without_receivers_and_without_pending_notices_nothing_is_said_of_them():
    assert {name for name, _ in series(board(latest())) if "notification" in name} == set()
    page = board(latest(), notices=lambda: {"webhook": Counts()})
    assert of(page, "lagwatch_notification_oldest_pending_timestamp_seconds", "receiver") == {}


def test_a_store_that_is_away_is_on_the_page_with_what_waits_and_what_was_dropped():
    away = StoreHealth(ok=False, sentence="the disk is full.", since=T0, pending=7, dropped={"history": 3})
    page = board(latest(), store=lambda: away)

    assert of(page, "lagwatch_store_ok") == {(): 0}
    assert of(page, "lagwatch_store_pending_writes") == {(): 7}
    assert of(page, "lagwatch_store_dropped_total", "kind") == {"alert_state": 0, "history": 3, "message": 0, "told": 0}
    assert of(board(latest(), store=StoreHealth), "lagwatch_store_ok") == {(): 1}


def test_versions_and_the_process_are_on_the_page():
    page = board()

    assert of(page, "lagwatch_build_info", "version", "kafka_python", "numpy") == {
        (__version__, version("kafka-python"), version("numpy")): 1
    }
    assert of(page, "process_resident_memory_bytes")[()] > 1_000_000
    assert of(page, "process_cpu_seconds_total")[()] > 0
    assert set(of(page, "python_info", "implementation")) == {"CPython"}


def test_series_counts_those_of_each_cluster():
    page = board(latest(view(snapshot({}, {}))), latest(cluster="other"))

    counted = of(page, "lagwatch_series", "kafka_cluster")
    kafka = [
        labels for name, labels in series(page) if name.startswith("kafka_") and ("kafka_cluster", "main") in labels
    ]
    assert counted == {"main": len(kafka), "other": 0}
