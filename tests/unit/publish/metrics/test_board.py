"""The board: what is published stands until it is replaced, ages, and goes when it must."""

import threading
from dataclasses import replace
from itertools import pairwise

import pytest

from lagwatch.model.alerts import Alert, Severity, State, Subject, Verdict
from lagwatch.model.latest import Latest
from lagwatch.model.view import View
from lagwatch.publish.board import Board
from lagwatch.publish.metrics import Format, Variant
from tests.support.build import T0, group, latest, snapshot, topic, view
from tests.support.metrics import ALL_VARIANTS, families, of, series, text

OPENMETRICS = Variant(Format.OPENMETRICS)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> float:
        return self.now


def facts(cluster: str = "main", **committed: int) -> View:
    groups = {name: group({"orders": [offset]}) for name, offset in committed.items()}
    return view(snapshot({"orders": topic((0, 100))}, groups, cluster=cluster))


def failed(before: Latest, at: float) -> Latest:
    health = replace(before.health, last_attempt_at=at, error="No answer.", failures=1, failures_by_kind={"X": 1})
    return replace(before, health=health)


def kafka_series(board: Board, cluster: str) -> set[str]:
    return {n for n, labels in series(board) if n.startswith("kafka_") and ("kafka_cluster", cluster) in labels}


def test_a_board_gives_back_what_was_put():
    board = Board()
    one, other = latest(facts()), latest(cluster="backup")

    assert board.clusters() == ()
    assert board.latest("main") is None
    board.put(one)
    board.put(other)
    assert board.clusters() == ("backup", "main")
    assert board.latest("main") is one
    newer = latest(facts(), at=T0 + 30)
    board.put(newer)
    assert board.latest("main") is newer


@pytest.mark.parametrize("variant", ALL_VARIANTS, ids=str)
def test_every_variant_says_the_same(variant):
    board = Board(clock=lambda: T0)
    board.put(latest(facts(billing=90, search=10), verdict=Verdict(at=T0)))

    changing = {"process_cpu_seconds_total", "process_open_fds", "process_resident_memory_bytes"}
    changing |= {"process_virtual_memory_bytes"}
    found = {key: v for key, v in series(board, variant).items() if key[0] not in changing}
    assert found == {key: v for key, v in series(board).items() if key[0] not in changing}
    assert len(found) > 50


@pytest.mark.parametrize("variant", ALL_VARIANTS, ids=str)
def test_the_lines_of_a_family_are_together_and_each_family_is_announced_once(variant):
    board = Board(clock=lambda: T0)
    for name in ("b", "a", "c"):
        board.put(latest(facts(name, billing=90)))

    announced = [line.split()[2] for line in text(board, variant).splitlines() if line.startswith("# TYPE")]
    assert len(announced) == len(set(announced))
    names = [sample.name for family in families(board, variant) for sample in family.samples]
    assert sum(a != b for a, b in pairwise(names)) == len(set(names)) - 1
    assert list(of(board, "kafka_consumer_group_lag", "kafka_cluster")) == ["a", "b", "c"]


def test_openmetrics_ends_where_it_says_and_types_counters_without_their_suffix():
    board = Board(clock=lambda: T0)
    board.put(latest(facts()))

    page = text(board, OPENMETRICS)
    assert page.endswith("# EOF\n")
    assert page.count("# EOF") == 1
    assert "# TYPE lagwatch_polls counter\n" in page
    assert "# UNIT lagwatch_poll_interval_seconds seconds\n" in page
    assert "# TYPE lagwatch_polls_total counter\n" in text(board)


def test_a_vanished_group_is_gone_with_the_next_poll():
    board = Board(clock=lambda: T0)
    board.put(latest(facts(billing=90, search=10)))
    board.put(latest(facts(billing=95)))

    assert of(board, "kafka_consumer_group_lag", "group") == {"billing": 5}
    assert not [labels for _, labels in series(board) if ("group", "search") in labels]


def test_a_failed_poll_keeps_the_series_and_updates_what_is_said_of_polling():
    clock = Clock()
    board = Board(clock=clock)
    good = latest(facts(billing=90))
    board.put(good)
    clock.now = T0 + 60
    board.put(failed(good, clock.now))

    assert of(board, "kafka_consumer_group_lag", "group") == {"billing": 10}
    assert of(board, "lagwatch_last_poll_successful", "kafka_cluster") == {"main": 0}
    assert of(board, "lagwatch_last_successful_poll_age_seconds", "kafka_cluster") == {"main": 60}
    assert of(board, "lagwatch_poll_failures_total", "kind") == {"X": 1}


@pytest.mark.parametrize("poller", ["fails", "hangs"])
def test_series_are_withdrawn_when_the_last_good_poll_is_too_old(poller):
    clock = Clock()
    board = Board(clock=clock)
    alert = Alert(rule="R", severity=Severity.WARNING, subject=Subject(cluster="main"), state=State.FIRING, since=T0)
    old = latest(facts("main", billing=90), verdict=Verdict(at=T0, alerts=(alert,)))
    board.put(old)
    board.put(latest(facts("young", billing=80), at=T0 + 200))
    limit = T0 + old.health.stale_after_s()

    def moment(now: float) -> None:
        clock.now = now
        if poller == "fails":
            board.put(failed(old, now))

    moment(limit)
    assert "kafka_consumer_group_lag" in kafka_series(board, "main")
    moment(limit + 1)
    assert kafka_series(board, "main") == set()
    assert "kafka_consumer_group_lag" in kafka_series(board, "young")
    assert of(board, "lagwatch_last_successful_poll_age_seconds", "kafka_cluster")["main"] == limit + 1 - T0
    assert of(board, "lagwatch_alert", "state") == {"firing": 1}
    assert of(board, "lagwatch_series", "kafka_cluster")["main"] == 10


def test_a_good_poll_brings_withdrawn_series_back():
    clock = Clock()
    board = Board(clock=clock)
    board.put(latest(facts(billing=90)))
    clock.now = T0 + 1_000
    assert kafka_series(board, "main") == set()

    board.put(latest(facts(billing=91), at=clock.now))
    assert of(board, "kafka_consumer_group_lag", "group") == {"billing": 9}


def test_a_new_verdict_on_an_old_view_is_published():
    board = Board(clock=lambda: T0)
    seen = facts(billing=90)
    alert = Alert(rule="R", severity=Severity.WARNING, subject=Subject(cluster="main"), state=State.UNKNOWN, since=T0)
    board.put(latest(seen, verdict=Verdict(at=T0)))
    board.put(latest(seen, verdict=Verdict(at=T0, alerts=(alert,))))

    assert of(board, "lagwatch_alert", "state") == {"unknown": 1}
    assert of(board, "kafka_consumer_group_lag", "group") == {"billing": 10}


def test_the_pieces_of_a_page_are_the_page():
    board = Board(clock=lambda: T0)
    board.put(latest(facts(billing=90)))

    def kafka(page: bytes) -> bytes:
        return page[: page.index(b"# HELP lagwatch_")]

    assert kafka(b"".join(board.pieces(Variant()))) == kafka(board.page(Variant()))
    assert len(list(board.pieces(Variant(gzip=True)))) == 1


def test_many_writers_and_readers_see_whole_pages():
    """Every page must parse, and show each cluster with one value in all its families."""
    board = Board(clock=lambda: T0)
    polls = {f"c{i}": [latest(facts(f"c{i}", billing=n)) for n in range(20)] for i in range(4)}
    torn: list[str] = []

    def write(name: str) -> None:
        for one in polls[name]:
            board.put(one)

    def read() -> None:
        for _ in range(10):
            committed = of(board, "kafka_consumer_group_committed_offset", "kafka_cluster")
            if len(committed) != len(set(committed)):
                torn.append(str(committed))
            page = series(board)
            for name in committed:
                values = {n: v for (n, labels), v in page.items() if ("kafka_cluster", name) in labels}
                if values["kafka_consumer_group_lag"] != 100 - values["kafka_consumer_group_committed_offset"]:
                    torn.append(str(values))

    threads = [threading.Thread(target=write, args=(name,)) for name in polls]
    threads += [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torn == []
    assert of(board, "kafka_consumer_group_committed_offset", "kafka_cluster") == dict.fromkeys(polls, 19)
