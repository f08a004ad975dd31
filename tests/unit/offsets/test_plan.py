"""What would move from where to where, and when that must not be done (any more)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.model.snapshot import Gap, Group, Member
from lagwatch.offsets.plan import NO_RECORD, Move, Plan, back, check, chosen, moves
from lagwatch.offsets.seen import Commit, Partition, Seen, members, notes, refusal
from lagwatch.offsets.target import Kind, Scope, Target
from tests.support.build import T0, group, snapshot, topic

ZERO, ONE, TWO = (Partition("orders", number) for number in range(3))


def seen(
    commits=((0, 40), (1, 60)), log=((10, 100), (0, 80), (5, 5)), *, cluster_id="c1", name="billing", **fields
) -> Seen:
    """The group billing, which nobody uses, on orders with these (log start, log end)."""
    facts = snapshot(
        {"orders": topic(*log), "payments": topic((0, 9))},
        {name: group({}, state="Empty", members=0)},
        cluster_id=cluster_id,
    )
    facts = replace(facts, topics=replace(facts.topics, ids=("id-orders", "id-payments")))
    made = Seen(
        snapshot=facts,
        name=name,
        group=facts.groups[0],
        commits={Partition("orders", number): Commit(offset) for number, offset in commits},
    )
    return replace(made, **fields)


def planned(now: Seen, kind: Kind, value: int = 0, scope: Scope | None = None, at=None) -> Plan:
    positions, problems = chosen(now, scope or Scope((("orders", ()),)))
    assert problems == []
    return Plan(
        made_at=T0,
        cluster="main",
        cluster_id=now.snapshot.cluster_id,
        group=now.name,
        target=str(kind),
        moves=tuple(moves(now, positions, Target(kind, value), at or {})),
    )


def shown(plan: Plan) -> list[tuple]:
    return [(move.partition.number, move.before, move.after, move.skipped, move.replayed) for move in plan.moves]


def test_to_the_earliest_and_to_the_latest_with_what_is_skipped_and_read_again():
    assert shown(planned(seen(), Kind.EARLIEST)) == [(0, 40, 10, 0, 30), (1, 60, 0, 0, 60), (2, None, 5, None, None)]
    assert shown(planned(seen(), Kind.LATEST)) == [(0, 40, 100, 60, 0), (1, 60, 80, 20, 0), (2, None, 5, None, None)]


def test_messages_that_are_deleted_already_are_not_counted_as_skipped():
    behind = seen(commits=[(0, 2)])
    assert shown(planned(behind, Kind.OFFSET, 30))[0] == (0, 2, 30, 20, 0)
    beyond = seen(commits=[(0, 500)])
    assert shown(planned(beyond, Kind.OFFSET, 90))[0] == (0, 500, 90, 0, 10)


def test_an_offset_outside_the_log_is_clamped_and_that_is_said():
    plan = planned(seen(), Kind.OFFSET, 90)
    assert [(move.after, move.note) for move in plan.moves] == [
        (90, ""),
        (80, "90 is not there yet: clamped to the log end"),
        (5, "90 is not there yet: clamped to the log end"),
    ]
    low = planned(seen(), Kind.OFFSET, 3)
    assert [(move.after, move.note) for move in low.moves][:2] == [(10, "3 is gone: clamped to the log start"), (3, "")]


def test_shifting_goes_from_what_is_committed_and_needs_it():
    plan = planned(seen(), Kind.SHIFT, -50)
    assert [(move.before, move.after) for move in plan.moves] == [(40, 10), (60, 10), (None, None)]
    assert plan.problems == ["orders/2: nothing is committed that could be shifted"]


def test_a_timestamp_goes_to_its_first_record_or_to_the_end_and_is_never_guessed():
    plan = planned(seen(), Kind.TIMESTAMP, 1, at={ZERO: 77, ONE: NO_RECORD, TWO: "LEADER_NOT_AVAILABLE"})
    assert [move.after for move in plan.moves] == [77, 80, None]
    assert plan.moves[1].note == "no record is as new: the log end"
    assert plan.problems == ["orders/2: the offset of that moment is not known (LEADER_NOT_AVAILABLE)"]
    silent = planned(seen(), Kind.TIMESTAMP, 1)
    assert silent.problems[0] == "orders/0: the offset of that moment is not known (its leader did not answer)"


def test_what_is_not_known_is_a_problem_and_never_a_move():
    dark = seen(log=((None, None), (0, None), (5, 5)), unreadable={TWO: "UNSTABLE_OFFSET_COMMIT"})
    plan = planned(dark, Kind.LATEST)
    assert plan.changes == ()
    assert [move.after for move in plan.moves] == [None, None, None]
    assert [problem.split(":")[0] for problem in plan.problems] == ["orders/0", "orders/1", "orders/2"]
    assert "UNSTABLE_OFFSET_COMMIT" in plan.problems[2]


def test_all_topics_are_what_the_group_has_committed_and_what_could_not_be_read():
    now = seen(unreadable={TWO: "X"}, commits=[(0, 40)])
    gone = replace(now, commits={**now.commits, Partition("deleted", 3): Commit(5)})
    positions, problems = chosen(gone, Scope())
    assert ([position.partition for position in positions], problems) == ([ZERO, TWO], [])


def test_a_choice_of_what_is_not_there_is_a_problem():
    positions, problems = chosen(seen(), Scope((("orders", (0, 3, 4)), ("nothing", ()), ("payments", (0,)))))
    assert [str(position.partition) for position in positions] == ["orders/0", "payments/0"]
    assert problems == [
        "orders has 3 partitions and no 3, 4",
        'there is no topic "nothing", or it is hidden from this user',
    ]


@given(
    start=st.integers(0, 1000),
    size=st.integers(0, 1000),
    committed=st.one_of(st.none(), st.integers(0, 3000)),
    kind=st.sampled_from([Kind.EARLIEST, Kind.LATEST, Kind.SHIFT, Kind.OFFSET, Kind.TIMESTAMP]),
    value=st.integers(-3000, 3000),
)
def test_whatever_is_wished_the_result_is_within_the_log(start, size, committed, kind, value):
    now = seen(commits=[] if committed is None else [(0, committed)], log=((start, start + size),))
    (move,) = planned(now, kind, value, at={ZERO: max(value, -1)}).moves
    if kind is Kind.SHIFT and committed is None:
        assert move.problem
        return
    assert start <= move.after <= start + size
    if committed is not None:
        assert 0 <= move.skipped <= size
        assert 0 <= move.replayed <= size
        assert move.skipped == 0 or move.replayed == 0


def test_a_plan_holds_while_nothing_has_changed():
    now = seen()
    assert check(planned(now, Kind.EARLIEST), now) == []


@pytest.mark.parametrize(
    "later,complaint",
    [
        (seen(commits=[(0, 41), (1, 60)]), "orders/0: its committed offset is 41 now and was 40"),
        (seen(commits=[(1, 60)]), "orders/0: its committed offset is none now and was 40"),
        (seen(commits=[(0, 40), (1, 60), (2, 5)]), "orders/2: its committed offset is 5 now and was none"),
        (seen(log=((11, 100), (0, 80), (5, 5))), "orders/0: offset 10 is not within the log any more (11 to 100)"),
        (seen(log=((10, 100), (0, 80))), "orders/2 is not there any more"),
        (seen(log=((None, None), (0, 80), (5, 5))), "orders/0: log start and log end are not known"),
        (seen(unreadable={ZERO: "X"}), "orders/0: its committed offset could not be read (X)"),
        (seen(cluster_id="c2"), 'the plan is for the cluster "main" (id c1), and this is another one (id c2)'),
    ],
)
def test_a_plan_does_not_hold_once_something_has_changed(later, complaint):
    (problem,) = check(planned(seen(), Kind.EARLIEST), later)
    assert complaint in problem


def test_a_topic_that_was_made_anew_is_another_one():
    later = seen()
    later = replace(
        later, snapshot=replace(later.snapshot, topics=replace(later.snapshot.topics, ids=("other", "id-payments")))
    )
    problems = check(planned(seen(), Kind.EARLIEST), later)
    assert problems[0] == "orders/0: the topic was deleted and made anew since"


def test_of_many_changes_the_first_are_named_and_the_rest_counted():
    log, old, new = ((0, 9),) * 9, [(number, 1) for number in range(9)], [(number, 2) for number in range(9)]
    problems = check(planned(seen(old, log), Kind.LATEST), seen(new, log))
    assert len(problems) == 6
    assert problems[-1] == "and 4 partitions more"


def in_use(*hosts: str, **fields) -> Group:
    there = tuple(Member(id=f"m{at}", client_id="reader", host=host) for at, host in enumerate(hosts))
    return Group(name="billing", state="Stable", type="classic", members=there, **fields)


def test_a_group_in_use_is_refused_and_its_members_are_named():
    now = seen(group=in_use("/10.0.0.7", "/10.0.0.8", member_count=2))
    (problem,) = check(planned(seen(), Kind.EARLIEST), now)
    assert '"billing" has 2 active members: reader (10.0.0.7), reader (10.0.0.8). Stop them first' in problem
    many = in_use(*["/h"] * 7, member_count=7)
    assert members(many).endswith("reader (h) and 2 more")


def test_a_group_whose_members_are_not_known_counts_as_in_use():
    (problem,) = check(planned(seen(), Kind.EARLIEST), seen(group=in_use(member_count=-1)))
    assert "has active members: members that could not be told" in problem


def test_a_group_that_may_be_with_a_silent_broker_is_not_taken_for_gone():
    now = seen(group=None)
    assert check(planned(seen(), Kind.EARLIEST), now) == []
    silent = replace(now.snapshot, gaps=(Gap(part="group_list", reason="CONNECTION_FAILED", broker=2),))
    (problem,) = check(planned(seen(), Kind.EARLIEST), replace(now, snapshot=silent))
    assert "not every broker tells its groups (broker 2: CONNECTION_FAILED)" in problem


@pytest.mark.parametrize(
    "fields,complaint",
    [
        ({"type": "share"}, "kafka-share-groups.sh --reset-offsets"),
        ({"type": "streams"}, "kafka-streams-groups.sh --reset-offsets"),
        ({"type": "classic", "protocol_type": "connect"}, "connect-<connector>"),
        ({"type": "classic", "protocol_type": "sr"}, 'the protocol "sr"'),
    ],
)
def test_groups_of_other_kinds_are_refused_with_what_to_use_instead(fields, complaint):
    now = seen(group=Group(name="billing", state="Empty", member_count=0, **fields))
    assert complaint in refusal(now)
    assert check(planned(seen(), Kind.EARLIEST), now) == [refusal(now)]


def test_consumers_old_and_new_and_groups_without_any_are_not_refused():
    for fields in ({"type": "consumer"}, {"type": "classic", "protocol_type": "consumer"}, {"type": "classic"}):
        assert refusal(seen(group=Group(name="billing", **fields))) == ""


def test_streams_applications_and_sink_connectors_are_pointed_out():
    assert notes(seen()) == []
    (said,) = notes(seen(name="connect-to-s3"))
    assert "stop the connector first" in said
    (said,) = notes(seen(group=Group(name="billing", protocol="stream")))
    assert "kafka-streams-application-reset.sh" in said
    repartition = {Partition("billing-by-customer-repartition", 0): Commit(3)}
    assert notes(seen(commits=())) == []
    assert len(notes(replace(seen(), commits=repartition))) == 1


def test_undoing_goes_back_to_what_was_with_what_stood_beside_it():
    before = seen(commits=[(0, 40), (1, 60)])
    kept = {ZERO: Commit(40, 7, "text"), ONE: Commit(60), TWO: None}
    done = planned(before, Kind.LATEST)
    after = seen(commits=[(0, 100), (1, 80), (2, 5)])
    undo = back(done, kept, after, made_at=T0, although_changed=False)
    assert check(undo, after) == []
    assert [(move.before, move.after, move.epoch, move.metadata) for move in undo.moves] == [
        (100, 40, 7, "text"),
        (80, 60, -1, ""),
        (5, None, -1, ""),
    ]
    assert back(done, kept, before, made_at=T0, although_changed=False).moves == ()


def test_undoing_what_has_moved_since_is_refused_unless_that_is_meant():
    kept = {ZERO: Commit(40), ONE: Commit(60), TWO: None}
    done = planned(seen(), Kind.EARLIEST)
    later = seen(commits=[(0, 55), (1, 0), (2, 5)])
    undo = back(done, kept, later, made_at=T0, although_changed=False)
    assert check(undo, later) == ["orders/0: its committed offset is 55 now and was 10"]
    meant = back(done, kept, later, made_at=T0, although_changed=True)
    assert check(meant, later) == []
    assert shown(meant) == [(0, 55, 40, 0, 15), (1, 0, 60, 60, 0), (2, 5, None, None, None)]


def test_undoing_gives_back_what_was_even_where_the_log_no_longer_or_never_reached_it():
    before = seen(commits=[(0, 2), (1, 60)])
    kept = {ZERO: Commit(2, 1, "text"), ONE: Commit(60), TWO: None}
    done = planned(before, Kind.LATEST)
    after = seen(commits=[(0, 100), (1, 80), (2, 5)], log=((50, 100), (70, 90), (5, 5)))
    undo = back(done, kept, after, made_at=T0, although_changed=False)
    assert check(undo, after) == []
    assert shown(undo) == [(0, 100, 2, 0, 50), (1, 80, 60, 0, 10), (2, 5, None, None, None)]
    assert [move.note for move in undo.moves] == ["outside of the log: auto.offset.reset decides"] * 2 + [""]


def test_a_move_to_where_it_is_already_does_nothing():
    stays = Move(partition=ZERO, before=5, after=5, start=0, end=9)
    assert (stays.changes, stays.skipped, stays.replayed) == (False, 0, 0)
