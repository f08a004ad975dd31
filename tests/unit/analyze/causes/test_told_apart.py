"""Each cause is found where it is the cause, and comes first; what is well has none."""

import shlex
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lagwatch.analyze.diagnosis import diagnose
from lagwatch.model.details import Details, OpenProducer, Part, Transaction, Transactions
from lagwatch.model.diagnosis import Cause
from lagwatch.model.snapshot import Assigned, Broker, Gap, Member
from tests.support.build import T0, group, snapshot, topic, view
from tests.support.troubles import ALL, members, story

TRANSACTION = Details(
    transactions=Part(
        value=Transactions(
            ongoing=(
                Transaction(
                    transactional_id="payer-7",
                    producer_id=4711,
                    state="Ongoing",
                    started_at=T0,
                    partitions=(("orders", 0),),
                ),
            ),
            holders=(
                OpenProducer(
                    topic="orders",
                    partition=0,
                    producer_id=4711,
                    producer_epoch=3,
                    start_offset=3000,
                    transactional_id="payer-7",
                ),
            ),
        ),
        read_at=T0 + 900,
    )
)


@dataclass(frozen=True)
class Trouble:
    """A story, the cause that comes first, what its sentence says, and which others there may be."""

    cause: Cause
    says: tuple[str, ...]
    others: frozenset[Cause] = frozenset()
    story: dict = field(default_factory=dict)


def one_slow_member(k, p):
    return 100 if p in (2, 3) and k > 20 else ALL


def dropped(k):
    """One of two members, under an id of its own each time: the other one was dropped by the group, and joins again."""
    return (renamed(members(2, 6)[k // 2 % 2], k // 2),)


def renamed(member, number):
    return replace(member, id=f"{member.id}-{number}")


TROUBLES = {
    "nobody is there": Trouble(
        Cause.STOPPED,
        ("no members for 9m 30s", "nobody reads; 36,000 messages wait"),
        story={"member_count": lambda k: 3 if k <= 20 else 0, "reads": lambda k, p: ALL if k < 20 else 0},
    ),
    "nobody was ever there": Trouble(
        Cause.STOPPED,
        ("no members, and had none since lagwatch looks (19m 30s)",),
        story={"member_count": lambda k: 0, "reads": lambda k, p: 0},
    ),
    "one record cannot be passed": Trouble(
        Cause.STALLED,
        ("orders partition 4 for 9m 30s (at offset 6,300, owned by billing-2 on 10.0.0.2)", "5 others", "poison"),
        story={"reads": lambda k, p: 0 if p == 4 and k > 20 else ALL},
    ),
    "all handlers hang": Trouble(
        Cause.STALLED,
        ("all 6 partitions of orders for 9m 30s (partition 0 at offset 6,300", "get nowhere"),
        story={"reads": lambda k, p: 0 if k > 20 else ALL},
    ),
    "members who never committed": Trouble(
        Cause.STALLED,
        ("how often it commits was never seen",),
        story={"reads": lambda k, p: 0},
    ),
    "the handler of one member hangs": Trouble(
        Cause.STALLED,
        ("orders partitions 2 and 3 for 9m 30s", "owned by billing-1", "all that this member owns there"),
        story={"reads": lambda k, p: 0 if p in (2, 3) and k > 20 else ALL},
    ),
    "a partition that nobody owns": Trouble(
        Cause.STALLED,
        ("which no member owns", "Nobody reads it"),
        story={
            "reads": lambda k, p: 0 if p == 5 and k > 20 else ALL,
            "owners": lambda k: members(3, 5),
        },
    ),
    "the consumers became slow": Trouble(
        Cause.SLOW,
        ("more slowly than it did: 1,200/min instead of the usual 3,600/min, while 3,600/min come in",),
        story={"reads": lambda k, p: 100 if k > 20 else ALL},
    ),
    "the consumers became a little slower": Trouble(
        Cause.SLOW,
        ("more slowly than it did: 2,880/min instead of the usual 3,600/min",),
        story={"reads": lambda k, p: 240 if k > 20 else ALL},
    ),
    "a slow consumer that lets partitions wait": Trouble(
        Cause.SLOW,
        ("more slowly than it did",),
        story={
            "member_count": lambda k: 1,
            "reads": lambda k, p: ALL if k <= 20 else 500 if (k // 6) % 6 == p else 0,
        },
    ),
    "one of the members became slow": Trouble(
        Cause.SLOW,
        ("One member of billing is slow: billing-1 on 10.0.0.1 owns orders partitions 2 and 3", "100% of the lag"),
        story={"reads": one_slow_member, "partitions": 8, "owners": lambda k: members(4, 8)},
    ),
    "nobody more could help": Trouble(
        Cause.SLOW,
        ("every partition has a member already", "whether it used to read more is not known"),
        story={"reads": lambda k, p: 250, "member_count": lambda k: 6, "behind": 5000},
    ),
    "more comes than usual": Trouble(
        Cause.FLOOD,
        (
            "More comes to orders than usual: 12,000/min instead of 3,6",
            "and billing reads 6,000/min",
        ),
        story={"comes": lambda k, p: 1000 if k > 20 else 300, "reads": lambda k, p: 500},
    ),
    "one key gets everything": Trouble(
        Cause.HOT_PARTITION,
        ("partition 3 of 6 holds 100% of it", "gets 80% of what comes (12,000/min); owned by billing-1"),
        story={"comes": lambda k, p: 6000 if p == 3 and k > 20 else 300, "reads": lambda k, p: 500},
    ),
    "one kind of record takes longer": Trouble(
        Cause.HOT_PARTITION,
        ("partition 3 of 6 holds 100% of it", "gets no more than an even share of what comes (600/min)"),
        story={"reads": lambda k, p: 100 if p == 3 and k > 20 else ALL},
    ),
    "too few for what always came": Trouble(
        Cause.TOO_FEW_MEMBERS,
        ("3 members, all busy", "read 3,000/min of the 3,600/min that come to 6 partitions; 4 would keep up"),
        story={"reads": lambda k, p: 250, "behind": 5000},
    ),
    "a rebalance that does not end": Trouble(
        Cause.REBALANCING,
        ("has been rebalancing for 10m (PreparingRebalance, 3 members)",),
        story={
            "state": lambda k: "PreparingRebalance" if k >= 20 else "Stable",
            "reads": lambda k, p: 0 if k >= 20 else ALL,
        },
    ),
    "a rebalance every minute": Trouble(
        Cause.REBALANCING,
        ("does not come to rest: 15 rebalances in the last 15 minutes",),
        frozenset({Cause.SLOW}),
        story={
            "state": lambda k: "PreparingRebalance" if k % 2 else "Stable",
            "reads": lambda k, p: 150 if k > 8 else ALL,
            "polls": 41,
        },
    ),
    "members that are dropped again and again": Trouble(
        Cause.REBALANCING,
        ("does not come to rest", "Left and came back: billing-0 on 10.0.0.0 (4 times) and 1 other"),
        frozenset({Cause.STALLED}),
        story={
            "member_count": lambda k: 2 if k < 20 else 1,
            "owners": lambda k: members(2, 6) if k < 20 else dropped(k),
            "reads": lambda k, p: ALL if k < 20 else 0,
            "polls": 38,
        },
    ),
    "one that crashes whenever it starts": Trouble(
        Cause.REBALANCING,
        ("does not come to rest", "Left and came back: billing-0 on 10.0.0.0 (6 times)"),
        story={
            "member_count": lambda k: int(k < 20 or k % 4 == 0),
            "owners": lambda k: (renamed(members(1, 6)[0], max(k, 19)),) if k < 20 or k % 4 == 0 else (),
            "reads": lambda k, p: ALL if k < 20 else 0,
            "polls": 42,
        },
    ),
    "a transaction that nobody ends": Trouble(
        Cause.OPEN_TRANSACTION,
        ("partition 0", "producer 4711, transactional id payer-7, since 19m 30s ago", "from offset 3,000"),
        story={"held": lambda k, p: 3000 if p == 0 else ALL, "details": TRANSACTION},
    ),
    "a transaction of whom nobody knows": Trouble(
        Cause.OPEN_TRANSACTION,
        ("Whose transaction it is, is not known", "all 6 partitions of orders"),
        story={"held": lambda k, p: 3000},
    ),
    "retention is faster than the readers": Trouble(
        Cause.RETENTION,
        ("has deleted 23,400 messages in the last 15 minutes that billing had not read",),
        frozenset({Cause.SLOW, Cause.UNKNOWN, Cause.TOO_FEW_MEMBERS}),
        story={
            "reads": lambda k, p: 150 if k > 8 else ALL,
            "deleted": lambda k, p: max(0, 300 * (k - 12)),
            "polls": 60,
        },
    ),
    "retention will soon be there": Trouble(
        Cause.RETENTION,
        ("is going to delete records in 2", "57% of what it retains"),
        frozenset({Cause.SLOW, Cause.TOO_FEW_MEMBERS}),
        story={
            "reads": lambda k, p: 150 if k > 8 else ALL,
            "deleted": lambda k, p: 290 * k,
            "polls": 70,
            "behind": 15_000,
        },
    ),
    "a topic that is not subscribed to any more": Trouble(
        Cause.ABANDONED_TOPIC,
        (
            "does not consume orders any more",
            "none of its 3 members",
            "--delete-offsets --group billing --topic orders",
        ),
        story={
            "reads": lambda k, p: 0 if k > 20 else ALL,
            "owners": lambda k: members(3, 6) if k <= 20 else members(3, 6, "payments"),
        },
    ),
    "no leader": Trouble(
        Cause.BROKER_FAULT,
        ("orders partition 2 has no leader",),
        story={"leader": lambda k, p: -1 if p == 2 and k > 30 else 1, "brokers": lambda k: (1, 2)},
    ),
    "no coordinator": Trouble(
        Cause.BROKER_FAULT,
        ("The coordinator of billing does not answer (broker 3: REQUEST_TIMED_OUT)",),
        story={
            "known": lambda k: k < 38,
            "gaps": (Gap(part="committed_offsets", reason="REQUEST_TIMED_OUT", first="billing", broker=3),),
        },
    ),
    "too few replicas": Trouble(
        Cause.BROKER_FAULT,
        ("fewer replicas in sync than min.insync.replicas",),
        frozenset({Cause.STALLED}),
        story={"in_sync": lambda k: (1,) if k > 20 else (1, 2, 3), "reads": lambda k, p: 0 if k > 20 else ALL},
    ),
    "commits every ten minutes": Trouble(
        Cause.RARE_COMMITS,
        ("commits on orders every 10m only",),
        story={"commits": lambda k, p: k % 20 == 0, "polls": 75},
    ),
    "a log that was cut": Trouble(
        Cause.BEYOND_END,
        (
            "billing has committed 11,700 on orders partition 0, 4,700 messages beyond the log end (7,000),",
            "as on 5 others of its partitions.",
        ),
        story={"comes": lambda k, p: 300 if k < 39 else -4700, "reads": lambda k, p: ALL},
    ),
    "after an outage": Trouble(
        Cause.CATCHING_UP,
        ("is catching up on orders: it reads 6,000/min, and 3,600/min come in",),
        story={"reads": lambda k, p: 500, "behind": 15_000},
    ),
    "a delayed reader": Trouble(
        Cause.UNKNOWN,
        ("keeps its distance on orders",),
        story={"reads": lambda k, p: 300, "behind": 9000},
    ),
    "a first look": Trouble(
        Cause.UNKNOWN,
        ("known only after watching for 2m 30s",),
        story={"behind": 9000, "reads": lambda k, p: 200, "polls": 2},
    ),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_the_cause_comes_first_and_others_are_not_seen(name):
    trouble = TROUBLES[name]
    found = diagnose(story(**trouble.story), 0)
    causes = [finding.cause for finding in found.findings]
    assert causes[:1] == [trouble.cause], found
    assert set(causes[1:]) <= trouble.others, found
    for words in trouble.says:
        assert words in found.sentence + found.findings[0].next_step


@pytest.mark.parametrize("name", TROUBLES)
def test_a_finding_has_words_figures_and_what_to_do(name):
    for finding in diagnose(story(**TROUBLES[name].story), 0).findings:
        assert finding.sentence.endswith((".", "?"))
        assert finding.next_step.endswith((".", "?"))
        assert "  " not in finding.sentence + finding.next_step
        assert "nan" not in finding.sentence
        assert 0 < finding.certainty < 1
        assert finding.evidence


def test_every_cause_has_a_trouble():
    assert {trouble.cause for trouble in TROUBLES.values()} == set(Cause)


@settings(max_examples=40, deadline=None)
@given(
    rate=st.one_of(st.integers(0, 5000), st.floats(0, 2)),
    bursts=st.integers(1, 20),
    swing=st.floats(0, 1),
    partitions=st.integers(1, 12),
    every=st.integers(1, 2),
    readers=st.integers(1, 4),
    seed=st.randoms(use_true_random=False),
)
def test_a_healthy_group_has_no_finding(rate, bursts, swing, partitions, every, readers, seed):
    """It reads all that comes, evenly or in bursts, and commits at least once a minute."""
    noise = [
        [seed.uniform(1 - swing, 1 + swing) * bursts * (seed.randrange(bursts) == 0) for _ in range(partitions)]
        for _ in range(30)
    ]
    found = diagnose(
        story(
            polls=30,
            partitions=partitions,
            member_count=lambda k: readers,
            comes=lambda k, p: rate * noise[k][p],
            commits=lambda k, p: k % every == 0,
            held=lambda k, p: ALL,
        ),
        0,
    )
    assert found.findings == (), found


@settings(max_examples=20, deadline=None)
@given(polls=st.integers(1, 60), partitions=st.integers(1, 5), stop=st.integers(0, 60), data=st.data())
def test_whatever_happens_there_is_a_sentence_and_findings_are_ranked(polls, partitions, stop, data):
    rate = data.draw(st.integers(0, 1000))
    reads = data.draw(st.integers(0, 1200))
    found = diagnose(
        story(
            polls=polls,
            partitions=partitions,
            comes=lambda k, p: rate if k < stop else rate // 2,
            reads=lambda k, p: reads,
            member_count=lambda k: 2 if k < stop else 0,
            deleted=lambda k, p: max(0, 100 * (k - stop)),
            behind=data.draw(st.integers(0, 5000)),
        ),
        0,
    )
    assert found.sentence
    assert "nan" not in found.sentence
    sure = [finding.certainty for finding in found.findings]
    assert sure == sorted(sure, reverse=True)
    assert len({finding.cause for finding in found.findings}) == len(found.findings)


@pytest.mark.parametrize("polls", [2, 3, 4, 6, 8, 10, 14, 17, 18, 19, 27, 37, 40])
def test_a_group_that_commits_every_five_minutes_is_never_said_to_be_in_trouble(polls):
    """Not even in the minutes in which nobody knows yet that it does."""
    found = diagnose(story(polls=polls, commits=lambda k, p: k % 10 == 7), 0)
    assert {each.cause for each in found.findings} <= {Cause.UNKNOWN, Cause.RARE_COMMITS}, found


@pytest.mark.parametrize("polls", range(1, 6))
def test_a_member_that_reads_its_partitions_by_turns_is_not_stalled_on_those_that_wait(polls):
    """As long as it is not known what comes to the others, nobody knows either whether it has its hands full with them."""
    found = diagnose(
        story(
            polls=polls,
            partitions=3,
            member_count=lambda k: 1,
            reads=lambda k, p: 500 if k % 2 == p else 0,
            behind=5000,
        ),
        0,
    )
    assert {each.cause for each in found.findings} <= {Cause.UNKNOWN}, found


@pytest.mark.parametrize("polls", range(21, 26))
def test_what_a_transaction_holds_back_is_no_hot_partition(polls):
    found = diagnose(story(polls=polls, partitions=2, held=lambda k, p: 6000 if p == 0 else ALL), 0)
    assert {each.cause for each in found.findings} <= {Cause.OPEN_TRANSACTION, Cause.UNKNOWN}, found


@pytest.mark.parametrize("growth", [-1e-10, 1e-10])
def test_what_is_less_than_a_message_is_no_change(growth):
    """Speeds are slopes of sums: where nothing happens any more they are not exactly nothing."""
    seen = story(polls=60, comes=lambda k, p: 300 if k < 30 else 0, reads=lambda k, p: ALL if k < 25 else 0)
    pairs = replace(seen.pairs, growth=np.array([growth]), consumed=np.array([-growth / 2]))
    found = diagnose(replace(seen, pairs=pairs), 0)
    assert [each.cause for each in found.findings] == [Cause.STALLED], found
    assert "-0.0" not in str(found)


@pytest.mark.parametrize("reads", [150, 500])
def test_where_nobody_reads_nobody_is_slow_or_catches_up(reads):
    seen = story(member_count=lambda k: 3 if k < 38 else 0, reads=lambda k, p: reads if k < 38 else 0, behind=9000)
    assert [each.cause for each in diagnose(seen, 0).findings] == [Cause.STOPPED]


def test_of_partitions_that_say_nothing_it_is_not_told_that_they_go_on():
    silent = {"silent": lambda k: (3,) if k == 39 else ()}
    one = diagnose(story(reads=lambda k, p: 0 if p == 4 and k > 20 else ALL, **silent), 0)
    assert "while 3 others of the topic go on" in one.sentence
    every = diagnose(story(reads=lambda k, p: 0 if k > 20 else ALL, **silent), 0)
    assert "get nowhere" in every.sentence
    assert " on;" not in every.sentence


def test_what_waits_on_partitions_that_say_nothing_is_not_told_as_nothing():
    found = diagnose(story(member_count=lambda k: 0, reads=lambda k, p: 0, silent=lambda k: (3,) if k == 39 else ()), 0)
    assert "nobody reads; at least 48,000 messages wait." in found.sentence


def test_a_group_that_has_just_lost_its_members_may_be_about_to_come_back():
    def lost(at):
        found = diagnose(story(member_count=lambda k: 3 * (k < at), reads=lambda k, p: ALL * (k < at)), 0)
        return found.findings[0]

    just, long_ago = lost(39), lost(20)
    assert just.cause is long_ago.cause is Cause.STOPPED
    assert just.certainty < 0.85 < 0.95 < long_ago.certainty


@pytest.mark.parametrize("name", ["$(reboot)", "a; b", "it's"])
def test_commands_can_be_pasted_whatever_the_group_is_called(name):
    stalled = story(reads=lambda k, p: 0 if p == 4 and k > 20 else ALL)
    left = story(reads=lambda k, p: 0 if k > 20 else ALL, owners=lambda k: members(3, 6, "payments"))
    for seen in (stalled, left):
        groups = (replace(seen.snapshot.groups[0], name=name),)
        found = diagnose(replace(seen, snapshot=replace(seen.snapshot, groups=groups)), 0)
        step = found.findings[0].next_step
        command = step[max(step.find("lagwatch offsets"), step.find("kafka-consumer-groups.sh")) :]
        assert name in shlex.split(command.split("; if not")[0].rstrip(",.").replace(", and apply the plan", "")), (
            command
        )


@pytest.mark.parametrize("reads", [200, 400])
def test_speeds_of_some_partitions_are_not_compared_with_those_of_all(reads):
    """In the last poll the leader of two partitions said nothing."""
    told = {"reads": lambda k, p: reads if k > 20 else ALL}
    told |= {"comes": lambda k, p: 300 if k > 20 or reads < 300 else 2000}
    found = diagnose(story(**told, silent=lambda k: (3,) if k == 39 else ()), 0)
    assert [each.cause for each in found.findings] == [Cause.UNKNOWN], found
    assert found.sentence.startswith("On 2 partitions of orders the lag of billing is not known; on the others it is ")


@pytest.mark.parametrize(
    "reason, broker, blamed",
    [
        ("REQUEST_TIMED_OUT", 3, "Broker 3, which leads orders partitions 2 and 5, does not answer"),
        ("CONNECTION_FAILED", 3, "Broker 3, which leads orders partitions 2 and 5, does not answer"),
        ("REQUEST_TIMED_OUT", 2, ""),
        ("DEADLINE", 3, ""),
        ("THROTTLING_QUOTA_EXCEEDED", 3, ""),
        ("TOPIC_AUTHORIZATION_FAILED", 3, ""),
    ],
)
def test_only_a_broker_that_says_nothing_is_blamed_and_only_for_what_it_leads(reason, broker, blamed):
    gaps = (Gap(part="offsets", reason=reason, first="orders/2", broker=broker),)
    found = diagnose(story(behind=9000, silent=lambda k: (3,) if k == 39 else (), gaps=gaps), 0)
    if blamed:
        assert blamed in found.sentence
    else:
        assert Cause.BROKER_FAULT not in {each.cause for each in found.findings}, found


def test_a_coordinator_is_not_blamed_for_the_silence_of_another_one():
    gaps = (Gap(part="committed_offsets", reason="REQUEST_TIMED_OUT", first="other", broker=3),)
    seen = story(known=lambda k: k < 38, gaps=gaps)
    (facts,) = seen.snapshot.groups
    for coordinator, blamed in ((3, True), (2, False)):
        groups = (replace(facts, coordinator=coordinator),)
        found = diagnose(replace(seen, snapshot=replace(seen.snapshot, groups=groups)), 0)
        assert (Cause.BROKER_FAULT in {each.cause for each in found.findings}) is blamed


def test_a_reader_without_membership_is_not_nobody():
    """A consumer that chose its partitions itself commits for a group that has no members."""
    found = diagnose(story(member_count=lambda k: 0, reads=lambda k, p: 250, behind=5000), 0)
    assert Cause.STOPPED not in {finding.cause for finding in found.findings}


@pytest.mark.parametrize("polls", range(1, 4))
def test_a_reader_without_membership_is_not_nobody_either_when_lagwatch_has_just_begun(polls):
    """Whether commits move all the same is not known yet."""
    found = diagnose(story(polls=polls, member_count=lambda k: 0, reads=lambda k, p: 0, behind=5000), 0)
    assert [each.cause for each in found.findings] == [Cause.UNKNOWN], found


def test_a_member_is_named_by_its_client_and_host():
    seen = story(
        reads=lambda k, p: 0 if p == 0 and k > 20 else ALL,
        owners=lambda k: (Member(id="m-1", assigned=(Assigned("orders", tuple(range(6))),)),),
        member_count=lambda k: 1,
    )
    found = diagnose(seen, 0)
    assert "owned by m-1)" in found.sentence
    assert found.findings[0].evidence["owner"] == "m-1"


def test_commands_name_the_brokers_and_move_offsets_by_a_plan_that_can_be_undone():
    seen = story(reads=lambda k, p: 0 if p == 4 and k > 20 else ALL)
    brokers = (Broker(id=1, host="kafka-1", port=9092), Broker(id=2, host="kafka-2", port=9093))
    found = diagnose(replace(seen, snapshot=replace(seen.snapshot, brokers=brokers)), 0).findings[0]
    at = "kafka-1:9092,kafka-2:9093"
    assert (
        f"kafka-console-consumer.sh --bootstrap-server {at} --topic orders --partition 4 --offset 6300 --max-messages 1)"
        in found.next_step
    )
    assert f"lagwatch offsets plan --bootstrap {at} --topic orders:4 --shift-by 1 billing, and apply" in found.next_step
    assert "--execute" not in found.next_step


def test_a_commit_beyond_the_log_end_is_not_called_well():
    topics = {"orders": topic((0, 100), (0, 247), (0, 50)), "other": topic((0, 9))}
    groups = {"a": group({"other": [9]}), "billing": group({"orders": [100, 1_000_000, 60], "other": [9]})}
    well, found = (diagnose(view(snapshot(topics, groups)), row) for row in (0, 1))
    assert well.findings == ()
    (finding,) = found.findings
    assert finding.cause is Cause.BEYOND_END
    assert found.sentence.startswith(
        "billing has committed 1,000,000 on orders partition 1, 999,753 messages beyond the log end (247), "
        "as on 1 other of its partitions."
    )
    assert (finding.topic, finding.partition) == ("orders", 1)
    assert finding.evidence == {"offset": 1_000_000.0, "log_end_offset": 247.0, "partitions_beyond": 2.0}
    assert "--topic orders:1 --to-latest billing" in finding.next_step


def test_a_commit_beyond_an_end_that_is_not_known_says_nothing():
    found = diagnose(view(snapshot({"orders": topic((None, None))}, {"billing": group({"orders": [7]})})), 0)
    assert found.findings == ()


def test_of_a_share_group_no_plan_is_offered():
    seen = snapshot({"orders": topic((0, 100))}, {"billing": group({"orders": [200]}, kind="share")})
    assert "lagwatch offsets" not in diagnose(view(seen), 0).findings[0].next_step


def test_what_cannot_be_known_is_said_and_why():
    def said(topics, groups):
        return diagnose(view(snapshot(topics, groups)), 0)

    nothing = said({"orders": topic((0, 100))}, {"billing": group({}, members=2)})
    assert (
        nothing.sentence
        == "billing has no committed offsets, although it has 2 members: without commits its lag cannot be known."
    )
    unread = said({"orders": topic((0, 100))}, {"billing": None})
    assert unread.sentence == "The committed offsets of billing could not be read: its lag is not known."
    dark = said({"orders": topic((None, None))}, {"billing": group({"orders": [5]})})
    assert dark.sentence == "The lag of billing is not known: where the logs end could not be read."
    assert {each.lag for each in (nothing, unread, dark)} == {None}
    assert {each.findings for each in (nothing, unread, dark)} == {()}


@pytest.mark.parametrize("done, cause", [(100, Cause.CATCHING_UP), (0, Cause.STALLED)])
def test_a_share_group_moves_as_long_as_records_are_done_behind_the_one_in_flight(done, cause):
    """Its start offset waits for the oldest record in flight; the broker counts what is left."""
    polls = []
    for k in range(30):
        shared = group({"orders": [50]}, kind="share", members=2) | {"lag": {"orders": [9000 - done * k]}}
        polls.append(snapshot({"orders": topic((0, 10_000))}, {"billing": shared}, at=T0 + 30 * k))
    found = diagnose(view(*polls), 0)
    assert found.findings[0].cause is cause, found
