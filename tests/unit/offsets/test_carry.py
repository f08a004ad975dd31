"""An act is what was read afterwards, whatever was answered; and nothing is done without its backup and its log entry."""

from dataclasses import replace

import pytest

from lagwatch.errors import ClusterUnreachable, OffsetsError, OffsetsFileError, StoreAway
from lagwatch.offsets.carry import carry_out, refuse
from lagwatch.offsets.files import read_backup
from lagwatch.offsets.plan import Move, Plan
from lagwatch.offsets.seen import Commit, Partition, Seen
from tests.support.build import T0, group, snapshot, topic

ZERO, ONE, TWO = (Partition("orders", number) for number in range(3))
BEFORE = {ZERO: Commit(40, 3, "kept"), ONE: Commit(60)}
PLAN = Plan(
    made_at=T0,
    cluster="main",
    cluster_id="c1",
    group="billing",
    target="earliest",
    moves=(
        Move(partition=ZERO, before=40, after=0, start=0, end=100),
        Move(partition=ONE, before=60, after=60, start=0, end=100),
        Move(partition=TWO, before=None, after=0, start=0, end=100),
    ),
)


def seen(commits, **fields) -> Seen:
    facts = snapshot(
        {"orders": topic(*[(0, 100)] * 3)}, {"billing": group({}, state="Empty", members=0)}, cluster_id="c1"
    )
    return replace(Seen(snapshot=facts, name="billing", group=facts.groups[0], commits=commits), **fields)


class Kafka:
    """Keeps commits as Kafka would; refuses some partitions, may lose an answer, and may not be there to be looked at."""

    def __init__(self, backup, *, refused=(), lost=(), away=False, unreadable=()) -> None:
        self.commits = dict(BEFORE)
        self.moved: list[Partition] = []
        self._backup, self._refused, self._lost = backup, refused, lost
        self._away, self._unreadable = away, unreadable

    def move(self, moves):
        assert self._backup.exists(), "the backup comes first"
        self.moved = [move.partition for move in moves]
        for move in moves:
            if move.partition not in self._refused:
                self.commits[move.partition] = Commit(move.after)
        failed = dict.fromkeys(self._refused, "TOPIC_AUTHORIZATION_FAILED")
        return failed | dict.fromkeys(self._lost, "REQUEST_TIMED_OUT")

    def look(self):
        if self._away:
            raise ClusterUnreachable("nobody answers")
        return seen(self.commits, unreadable=dict.fromkeys(self._unreadable, "UNSTABLE_OFFSET_COMMIT"))


class Log:
    def __init__(self, *, away=False) -> None:
        self.said: list[str] = []
        self._away = away

    def begins(self, plan, backup):
        if self._away:
            raise StoreAway("the disk is full")
        self.said.append("begins")

    def ended(self, plan, results):
        self.said.append("ended")


def act(tmp_path, **faults):
    kafka, log = Kafka(tmp_path / "backup.json", **faults), Log()
    results = carry_out(PLAN, kafka, seen(BEFORE), tmp_path / "backup.json", log)
    assert log.said == ["begins", "ended"]
    return {result.move.partition: (result.done, result.reason) for result in results}


def test_what_moved_is_what_was_read_afterwards_and_what_stays_is_not_touched(tmp_path):
    assert act(tmp_path) == {ZERO: (True, ""), TWO: (True, "")}
    kept = read_backup(tmp_path / "backup.json")
    assert kept.plan == PLAN
    assert kept.kept == {ZERO: Commit(40, 3, "kept"), ONE: Commit(60), TWO: None}


def test_what_was_refused_is_told_partition_by_partition(tmp_path):
    assert act(tmp_path, refused=[TWO]) == {ZERO: (True, ""), TWO: (False, "TOPIC_AUTHORIZATION_FAILED")}


def test_an_answer_that_was_lost_is_no_failure_if_the_offset_moved(tmp_path):
    assert act(tmp_path, lost=[ZERO]) == {ZERO: (True, ""), TWO: (True, "")}


def test_what_cannot_be_read_afterwards_is_unknown_and_not_done(tmp_path):
    unknown = (None, "it could not be read afterwards")
    assert act(tmp_path, away=True) == {ZERO: unknown, TWO: unknown}


def test_one_partition_that_cannot_be_read_afterwards_is_unknown_alone(tmp_path):
    assert act(tmp_path, unreadable=[ZERO], lost=[ZERO]) == {ZERO: (None, "REQUEST_TIMED_OUT"), TWO: (True, "")}


def test_somebody_elses_commit_in_between_is_told(tmp_path):
    kafka = Kafka(tmp_path / "backup.json")
    look = kafka.look

    def later():
        kafka.commits[ZERO] = Commit(7)
        return look()

    kafka.look = later
    first, _ = carry_out(PLAN, kafka, seen(BEFORE), tmp_path / "backup.json", Log())
    assert (first.done, first.reason) == (False, "its committed offset is 7 afterwards")


def test_without_a_log_entry_nothing_is_moved(tmp_path):
    kafka = Kafka(tmp_path / "backup.json")
    with pytest.raises(StoreAway):
        carry_out(PLAN, kafka, seen(BEFORE), tmp_path / "backup.json", Log(away=True))
    assert (kafka.moved, kafka.commits) == ([], BEFORE)


def test_without_a_backup_nothing_is_moved(tmp_path):
    there, log = tmp_path / "backup.json", Log()
    there.write_text("of yesterday")
    kafka = Kafka(there)
    with pytest.raises(OffsetsFileError, match="exists and is not overwritten"):
        carry_out(PLAN, kafka, seen(BEFORE), there, log)
    assert (kafka.moved, log.said, there.read_text()) == ([], [], "of yesterday")


def test_all_reasons_against_an_act_are_said_at_once():
    later = seen({ZERO: Commit(41), ONE: Commit(60), TWO: Commit(1)})
    with pytest.raises(OffsetsError) as refused:
        refuse(PLAN, later)
    assert "orders/0: its committed offset is 41 now and was 40; orders/2: its committed" in str(refused.value)
    refuse(PLAN, seen(BEFORE))
