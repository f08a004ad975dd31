"""Each rule speaks of the one thing that it is about, and of nothing else; a well-set cluster is left in peace."""

import re
import shlex
from dataclasses import replace

import pytest

from lagwatch.analyze.audit import ADVICE, RULES, audit
from lagwatch.model.audit import Kind, Level
from lagwatch.model.details import Features, Quorum, QuorumNode, Reassignment
from lagwatch.model.snapshot import Gap, Group, Member
from lagwatch.model.words import duration
from tests.support import audited
from tests.support.audited import BILLING, DAY_S, LONG_MAX, MEMBERS, behind, flowing, gone, good, unread

COMPACT = {"cleanup.policy": "compact"}
CLASSIC = replace(BILLING, type="classic", protocol_type="consumer", protocol="cooperative-sticky")
EMPTY = Group(name="nightly", type="classic", state="Empty", protocol_type="consumer", member_count=0)


def voters(count: int) -> Quorum:
    nodes = tuple(QuorumNode(id=number, log_end=10, lag=0) for number in range(count))
    return Quorum(leader=0, epoch=1, high_watermark=10, voters=nodes)


def members(**changes: object) -> Group:
    return replace(BILLING, members=tuple(replace(member, **changes) for member in MEMBERS))


SPOILT = {
    "topic-single-replica": [
        (good(replicas={"orders": (2,)}, topics={"orders": {"min.insync.replicas": "1"}}), "orders", Level.ERROR)
    ],
    "topic-replication-low": [
        (good(replicas={"orders": (1, 3)}, topics={"orders": {"min.insync.replicas": "1"}}), "orders", Level.WARNING)
    ],
    "topic-min-insync-one": [
        (
            good(topics={"orders": {"min.insync.replicas": "1"}}, own={"orders": ["min.insync.replicas"]}),
            "orders",
            Level.WARNING,
        )
    ],
    "topic-min-insync-all": [
        (good(topics={"orders": {"min.insync.replicas": "3"}}), "orders", Level.ERROR),
        (good(topics={"orders": {"min.insync.replicas": "4"}}), "orders", Level.ERROR),
    ],
    "topic-unclean-election": [
        (
            good(
                topics={"orders": {"unclean.leader.election.enable": "true"}},
                own={"orders": ["unclean.leader.election.enable"]},
            ),
            "orders",
            Level.ERROR,
        )
    ],
    "topic-one-rack": [
        (
            good(
                racks={1: "a", 2: "a", 3: "a", 4: "b"},
                topics={"logs": {}},
                replicas={"orders": (1, 2, 4), "__consumer_offsets": (1, 2, 4), "logs": (1, 2, 3)},
            ),
            "logs",
            Level.WARNING,
        )
    ],
    "topic-throttle-left": [
        (
            good(
                topics={"orders": {"leader.replication.throttled.replicas": "*"}},
                own={"orders": ["leader.replication.throttled.replicas"]},
            ),
            "orders",
            Level.WARNING,
        )
    ],
    "topic-retention-near-lag": [
        (behind(good(), 4 * DAY_S), "orders", Level.WARNING),
        (behind(good(), 6.9 * DAY_S), "orders", Level.ERROR),
        (unread(good(topics={"orders": {"retention.bytes": "1000000"}}), 0.6), "orders", Level.WARNING),
        (unread(good(topics={"orders": {"retention.bytes": "1000000"}}), 0.9), "orders", Level.ERROR),
    ],
    "topic-retention-none": [(good(topics={"orders": {"retention.ms": "-1"}}), "orders", Level.NOTE)],
    "topic-compaction-unbounded": [
        (good(topics={"orders": COMPACT | {"max.compaction.lag.ms": LONG_MAX}}), "orders", Level.NOTE)
    ],
    "topic-compaction-dirty-ratio": [
        (good(topics={"orders": COMPACT | {"min.cleanable.dirty.ratio": "0.99"}}), "orders", Level.WARNING),
        (good(topics={"orders": COMPACT | {"min.cleanable.dirty.ratio": "0.0"}}), "orders", Level.WARNING),
    ],
    "topic-tombstones-short": [
        (good(topics={"orders": COMPACT | {"delete.retention.ms": "60000"}}), "orders", Level.WARNING),
        (behind(good(topics={"orders": COMPACT}), 2 * DAY_S), "orders", Level.WARNING),
    ],
    "topic-record-size": [
        (
            good(topics={"orders": {"max.message.bytes": "5000000"}}, own={"orders": ["max.message.bytes"]}),
            "orders",
            Level.WARNING,
        ),
        (
            good(topics={"orders": {"max.message.bytes": "200000000"}}, own={"orders": ["max.message.bytes"]}),
            "orders",
            Level.ERROR,
        ),
    ],
    "topic-setting-deprecated": [(good(own={"orders": ["message.format.version"]}), "orders", Level.NOTE)],
    "internal-replication-low": [
        (good(replicas={"__consumer_offsets": (1, 2)}), "__consumer_offsets", Level.WARNING),
        (good(replicas={"__consumer_offsets": (1,)}), "__consumer_offsets", Level.ERROR),
    ],
    "internal-min-insync-one": [
        (
            good(
                topics={"__transaction_state": COMPACT | {"min.insync.replicas": "1"}},
                own={"__transaction_state": ["min.insync.replicas"]},
            ),
            "__transaction_state",
            Level.WARNING,
        )
    ],
    "internal-cleanup-policy": [
        (good(topics={"__consumer_offsets": {"cleanup.policy": "compact,delete"}}), "__consumer_offsets", Level.ERROR)
    ],
    "internal-replication-to-come": [
        (
            good(brokers={"transaction.state.log.replication.factor": "1"}),
            "transaction.state.log.replication.factor",
            Level.ERROR,
        ),
        (good(brokers={"transaction.state.log.min.isr": "1"}), "transaction.state.log.min.isr", Level.WARNING),
    ],
    "broker-auto-create-topics": [
        (good(brokers={"auto.create.topics.enable": "true"}), "brokers 1, 2, 3", Level.WARNING)
    ],
    "broker-unclean-election": [
        (good(brokers={"unclean.leader.election.enable": "true"}), "brokers 1, 2, 3", Level.ERROR)
    ],
    "broker-default-replication": [
        (good(brokers={"default.replication.factor": "1", "min.insync.replicas": ""}), "brokers 1, 2, 3", Level.WARNING)
    ],
    "broker-min-insync-one": [(good(brokers={"min.insync.replicas": "1"}), "brokers 1, 2, 3", Level.WARNING)],
    "broker-min-insync-all": [(good(brokers={"min.insync.replicas": "3"}), "brokers 1, 2, 3", Level.ERROR)],
    "broker-settings-differ": [(good(one_broker={"num.partitions": "1"}), "num.partitions", Level.WARNING)],
    "broker-cleaner-off": [(good(brokers={"log.cleaner.enable": "false"}), "brokers 1, 2, 3", Level.ERROR)],
    "broker-controlled-shutdown-off": [
        (good(brokers={"controlled.shutdown.enable": "false"}), "brokers 1, 2, 3", Level.WARNING)
    ],
    "broker-leader-rebalance-off": [
        (good(brokers={"auto.leader.rebalance.enable": "false"}), "brokers 1, 2, 3", Level.NOTE)
    ],
    "broker-rack-missing": [(good(racks={1: "a", 2: "b"}), "broker 3", Level.WARNING)],
    "broker-setting-deprecated": [
        (good(brokers={"log.message.format.version": "2.8-IV1"}), "brokers 1, 2, 3", Level.NOTE),
        (good(brokers={"zookeeper.connect": "zk:2181"}), "brokers 1, 2, 3", Level.WARNING),
    ],
    "broker-record-size": [
        (good(brokers={"message.max.bytes": "1048589"}), "broker 1", Level.WARNING),
        (good(brokers={"message.max.bytes": "200000000"}), "broker 1", Level.ERROR),
    ],
    "broker-transaction-timeout": [
        (good(brokers={"transaction.max.timeout.ms": "3600000"}), "brokers 1, 2, 3", Level.WARNING)
    ],
    "broker-offsets-retention": [
        (good(brokers={"offsets.retention.minutes": "1440"}), "brokers 1, 2, 3", Level.WARNING)
    ],
    "broker-log-dir-full": [
        (good(log_dirs=audited.log_dirs(usable_bytes=140)), "broker 2", Level.WARNING),
        (good(log_dirs=audited.log_dirs(usable_bytes=40)), "broker 2", Level.ERROR),
    ],
    "broker-log-dir-failed": [(good(log_dirs=audited.log_dirs(error="KAFKA_STORAGE_ERROR")), "broker 2", Level.ERROR)],
    "cluster-quorum-small": [
        (good(quorum=voters(1)), "cluster", Level.WARNING),
        (good(quorum=voters(4)), "cluster", Level.NOTE),
    ],
    "cluster-no-racks": [(good(racks={1: None}), "cluster", Level.NOTE)],
    "group-too-many-members": [
        (
            good(
                groups=[
                    replace(
                        BILLING,
                        member_count=4,
                        members=(
                            *MEMBERS,
                            *(Member(id=f"x{n}", client_id=f"x{n}", instance_id=f"x{n}") for n in range(2)),
                        ),
                    )
                ]
            ),
            "billing",
            Level.WARNING,
        )
    ],
    "group-idle-members": [
        (
            good(
                groups=[
                    replace(BILLING, member_count=3, members=(*MEMBERS, Member(id="x", client_id="x", instance_id="x")))
                ]
            ),
            "billing",
            Level.WARNING,
        )
    ],
    "group-eager-assignor": [
        (good(groups=[replace(CLASSIC, protocol="range")], features=Features()), "billing", Level.WARNING)
    ],
    "group-classic-protocol": [(good(groups=[CLASSIC]), "billing", Level.NOTE)],
    "group-dynamic-members": [(good(groups=[members(instance_id=None)]), "billing", Level.NOTE)],
    "group-no-commits": [
        (good(committed={"billing": {"orders": [None, None, None]}}), "billing", Level.NOTE),
        (flowing(good(committed={"billing": {"orders": [None, None, None]}})), "billing", Level.WARNING),
    ],
    "group-offsets-expire": [
        (gone(good(groups=[EMPTY]), 5 * DAY_S), "nightly", Level.WARNING),
        (gone(good(groups=[EMPTY], committed={"nightly": {"orders": [7, 7, 7]}}), float("inf")), "nightly", Level.NOTE),
    ],
    "group-lag-on-compacted": [
        (good(topics={"orders": COMPACT}, committed={"billing": {"orders": [7, 7, 7]}}), "billing", Level.NOTE)
    ],
    "client-unnamed": [(good(groups=[members(client_id="rdkafka")]), "billing", Level.NOTE)],
    "client-rack-missing": [
        (
            good(
                groups=[members(rack=None)],
                brokers={"replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector"},
            ),
            "billing",
            Level.NOTE,
        )
    ],
    "client-transaction-timeout": [(good(transactions=audited.transaction(3600)), "ledger", Level.WARNING)],
    "unseen": [
        (good(broker_config=None), "settings of brokers", Level.UNKNOWN),
        (
            good(
                gaps=[
                    Gap(
                        part="topic_config",
                        reason="TOPIC_AUTHORIZATION_FAILED",
                        count=2,
                        first="orders",
                        hint="grant it",
                    )
                ]
            ),
            "settings of topics",
            Level.UNKNOWN,
        ),
        (
            good(gaps=[Gap(part="log_dirs", reason="REQUEST_TIMED_OUT", broker=2)]),
            "log directories of broker 2",
            Level.UNKNOWN,
        ),
        (good(leave_out=["__consumer_offsets"], brokers={}), "internal topics", Level.UNKNOWN),
    ],
}
CASES = [
    pytest.param(rule, *case, id=f"{rule} {number}")
    for rule, cases in SPOILT.items()
    for number, case in enumerate(cases)
]


def test_a_well_set_cluster_gives_no_finding():
    assert audit(good()).findings == ()
    assert audit(unread(good(), 0.9)).findings == ()  # by time alone it is kept long enough
    assert audit(good(topics={"changes": COMPACT, "__share_group_state": {}})).findings == ()


@pytest.mark.parametrize("rule,view,subject,level", CASES)
def test_a_rule_speaks_of_what_it_is_about_and_no_other_does(rule, view, subject, level):
    found = [(each.rule.id, each.level) for each in audit(view).findings]
    first = audit(view).findings[0]
    assert {each for each, _ in found} == {rule}
    assert (first.subject, first.level) == (subject, level)
    assert re.fullmatch(r"[^\n]+\.", first.message)


def test_every_rule_has_a_case_or_one_of_its_own_below():
    own = {"topic-replication-uneven", "cluster-small"}
    assert {judged.rule.id for judged in RULES} == SPOILT.keys() | own


def test_partitions_with_different_replicas_get_the_same():
    seen = good(topics={"orders": {}})
    table = seen.snapshot.partitions
    more = replace(table.replicas, first=table.replicas.first.copy(), brokers=table.replicas.brokers)
    counts = [3] * len(table)
    row = int(seen.snapshot.topics.first[seen.snapshot.topics.names.index("orders")])
    counts[row] = 4
    brokers = []
    for at, count in enumerate(counts):
        brokers += [1, 2, 3, 9][:count] if at == row else [1, 2, 3]
    more.first[1:] = [sum(counts[: at + 1]) for at in range(len(counts))]
    more = replace(more, brokers=table.replicas.brokers.__class__(len(brokers), dtype="int32"))
    more.brokers[:] = brokers
    spoilt = replace(seen, snapshot=replace(seen.snapshot, partitions=replace(table, replicas=more)))
    down, finding = audit(spoilt).findings
    assert (finding.rule.id, finding.subject) == ("topic-replication-uneven", "orders")
    assert "3 and 4 replicas" in finding.message
    assert (down.rule.id, down.subject, "is not up" in down.message) == ("unseen", "broker 9", True)


def test_a_small_cluster_is_told_so_once_and_its_topics_are_judged_by_what_there_is():
    seen = good(
        replicas={"orders": (1,), "__consumer_offsets": (1,)},
        topics={"orders": {"min.insync.replicas": "1"}},
        brokers={
            "min.insync.replicas": "1",
            "default.replication.factor": "1",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "share.coordinator.state.topic.replication.factor": "1",
        },
    )
    alone = replace(seen.snapshot, brokers=seen.snapshot.brokers[:1])
    assert [(each.rule.id, each.level) for each in audit(replace(seen, snapshot=alone)).findings] == [
        ("cluster-small", Level.ERROR)
    ]


def test_what_topics_inherit_is_told_of_the_brokers_alone():
    topics = {
        name: {"min.insync.replicas": "1", "unclean.leader.election.enable": "true"} for name in ("a", "b", "orders")
    }
    found = audit(
        good(topics=topics, brokers={"min.insync.replicas": "1", "unclean.leader.election.enable": "true"})
    ).findings
    assert [each.rule.id for each in found] == ["broker-unclean-election", "broker-min-insync-one"]
    assert "which 4 topics inherit" in found[0].message


def test_what_topics_inherit_is_told_of_the_topics_where_brokers_do_not_show_their_settings():
    found = audit(good(topics={"orders": {"min.insync.replicas": "1"}}, broker_config=None)).findings
    assert [(each.rule.id, each.subject) for each in found] == [
        ("topic-min-insync-one", "orders"),
        ("unseen", "settings of brokers"),
    ]


def test_a_group_on_topics_without_records_has_nothing_to_commit():
    seen = good(committed={"billing": {"orders": [None, None, None]}})
    table = seen.snapshot.partitions
    empty = replace(seen, snapshot=replace(seen.snapshot, partitions=replace(table, end=table.start)))
    assert audit(empty).findings == ()


def test_two_in_sync_for_all_spares_topics_that_have_too_few_replicas():
    seen = good(
        replicas={"small": (1, 2)},
        topics={"small": {"min.insync.replicas": "1"}, "own": {"min.insync.replicas": "1"}},
        own={"own": ["min.insync.replicas"]},
        brokers={"min.insync.replicas": "1"},
    )
    (command,) = [each.command for each in audit(seen).findings if each.rule.id == "broker-min-insync-one"]
    first, second = command.split("\n")
    assert "--entity-name small --add-config min.insync.replicas=1" in first
    assert "--entity-default --add-config min.insync.replicas=2" in second


def test_what_kafka_streams_deletes_itself_needs_no_limit():
    endless = {"retention.ms": "-1"}
    app = Group(name="app", type="streams", state="Empty", protocol_type="streams", member_count=0)
    names = ("app-count-repartition", "other-repartition")
    found = audit(good(topics=dict.fromkeys(names, endless), groups=[BILLING, app])).findings
    assert [each.subject for each in found if each.rule.id == "topic-retention-none"] == ["other-repartition"]


def test_a_topic_on_the_move_keeps_its_throttle():
    throttled = {
        "topics": {"orders": {"leader.replication.throttled.replicas": "*"}},
        "own": {"orders": ["leader.replication.throttled.replicas"]},
    }
    moving = (Reassignment(topic="orders", partition=0, replicas=(1, 2, 3), adding=(3,)),)
    assert audit(good(**throttled, reassignments=moving)).findings == ()


def test_before_the_slow_facts_are_read_everything_that_they_would_tell_is_unknown():
    seen = good()
    bare = replace(seen, snapshot=audited.without_details(seen.snapshot))
    found = audit(bare).findings
    assert {each.rule.id for each in found} == {"unseen"}
    assert {each.subject for each in found} >= {"settings of brokers", "settings of topics", "log directories"}
    assert all("are not read: one of the next polls does" in each.message for each in found)


def test_a_broker_whose_settings_are_missing_is_named():
    settings = dict.fromkeys((1, 3), audited.BROKER)
    (finding,) = audit(good(broker_config=settings)).findings
    assert (finding.rule.id, finding.subject, finding.level) == ("unseen", "broker 2", Level.UNKNOWN)


def test_the_hint_of_a_gap_is_what_mends_it():
    gap = Gap(part="broker_config", reason="CLUSTER_AUTHORIZATION_FAILED", hint="grant DESCRIBE_CONFIGS on the cluster")
    (finding,) = audit(good(broker_config=None, gaps=[gap])).findings
    assert finding.command == "# grant DESCRIBE_CONFIGS on the cluster"


def test_the_worst_comes_first():
    seen = good(
        groups=[CLASSIC],
        brokers={"auto.create.topics.enable": "true", "log.cleaner.enable": "false"},
        gaps=[Gap(part="topics", reason="X")],
    )
    weights = [each.level.weight for each in audit(seen).findings]
    assert len(set(weights)) == 3
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize("rule,view,subject,level", CASES)
def test_commands_are_quoted_for_a_shell(rule, view, subject, level):
    for finding in audit(view).findings:
        lines = re.sub(r"<<'END'\n.*?\nEND\n", "\n", finding.command, flags=re.DOTALL).split("\n")
        for line in lines:
            if line.startswith("kafka-"):
                tool, *words = shlex.split(line)
                assert tool.endswith(".sh")
                assert words[:2] == ["--bootstrap-server", "kafka-1:9092,kafka-2:9092,kafka-3:9092"]


def test_a_name_that_a_shell_would_take_apart_is_quoted():
    wild = replace(EMPTY, name="a'; rm -rf / #\n$(x)")
    seen = gone(good(groups=[wild]), 5 * DAY_S)
    (finding,) = audit(seen).findings
    command = finding.command.split("needs it any more:\n")[1]
    assert shlex.split(command)[-1] == wild.name


def test_a_name_that_looks_like_an_option_is_none():
    seen = gone(good(groups=[replace(EMPTY, name="--all-groups")]), 5 * DAY_S)
    (finding,) = audit(seen).findings
    assert shlex.split(finding.command)[-1] == "--group=--all-groups"


def test_advice_is_no_finding_and_marked_as_such():
    assert len({rule.id for rule in ADVICE}) == len(ADVICE)
    assert all(rule.advice and rule.kind is Kind.CLIENT for rule in ADVICE)
    assert {rule.id for rule in ADVICE} >= {"advice-acks", "advice-idempotence", "advice-manual-commits"}
    assert audit(good()).advice == ADVICE


def test_rules_have_ids_that_can_be_anchors_and_say_everything():
    rules = [judged.rule for judged in RULES]
    assert len({rule.id for rule in rules}) == len(rules)
    for rule in (*rules, *ADVICE):
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.id)
        assert all(text.endswith((".", ")")) for text in (rule.check, rule.why, rule.mend))
        assert not rule.title.endswith(".")


def test_how_far_behind_is_said_in_words():
    (finding,) = audit(behind(good(), 4 * DAY_S)).findings
    assert f"billing is {duration(4 * DAY_S)} behind: 57% of that" in finding.message
    assert "retention.ms=1209600000" in finding.command
