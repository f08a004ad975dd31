"""
Two clusters as an operator may have them, for the tests of what is published.

"main" has a broker that is down, a partition without a leader, one whose leader did not answer, and groups of every type
and with every kind of name; two alerts. "backup" waits for its first poll, which failed.
"""

from dataclasses import replace

import numpy as np

from lagwatch.model.alerts import Alert, Condition, Rule, Severity, State, Subject, Verdict
from lagwatch.model.latest import Latest, PollHealth
from lagwatch.model.snapshot import UNKNOWN, Assigned, Broker, Gap, Group, Member, Snapshot
from lagwatch.publish.board import Board
from lagwatch.publish.metrics.profiles import PROFILES
from tests.support.build import T0, group, latest, snapshot, topic, view

NOW = T0 + 12.0
ODD_NAMES = ("", "..", "a/partitions", "größe ☃ %2F?#", "team/billing")
"""Group names that a careless path would lose."""

RULES = (
    Rule(
        name="ConsumerLagGrowing",
        severity=Severity.WARNING,
        grain="pair",
        conditions=(
            Condition(value="lag", above=10_000, clear=8_000),
            Condition(value="growth", above=60, clear=-np.inf),
        ),
        for_s=300,
        keep_s=300,
        summary="{group} is {lag:,.0f} messages behind on {topic}",
    ),
    Rule(
        name="ConsumerLagHigh",
        severity=Severity.CRITICAL,
        grain="pair",
        conditions=(Condition(value="lag", above=100_000),),
        for_s=300,
        keep_s=300,
        summary="{group} is {lag:,.0f} messages behind on {topic}",
        enabled=False,
    ),
)


def board(*more: Latest, clock=lambda: NOW) -> Board:
    """Both clusters, and what a test adds."""
    made = Board(profiles=PROFILES, clock=clock)
    for one in (main(), waiting(), *more):
        made.put(one)
    return made


def waiting(cluster: str = "backup") -> Latest:
    error = "No bootstrap address of cluster backup answered in 20 s: is kafka-9.example.org:9092 right?"
    health = PollHealth(
        interval_s=30,
        deadline_s=20,
        last_attempt_at=T0,
        error=error,
        error_kind="ClusterUnreachable",
        polls=2,
        failures=2,
        failures_by_kind={"ClusterUnreachable": 2},
    )
    return Latest(cluster=cluster, health=health, rules=RULES[:1])


def main() -> Latest:
    seen = facts()
    growth = np.linspace(-1.0, 400.0, len(seen.commits))
    growth[0] = np.nan
    made = view(seen, growth=growth)
    made = replace(made, groups=replace(made.groups, growth=np.arange(len(seen.groups), dtype=float) - 1.0))
    health = PollHealth(
        interval_s=30,
        deadline_s=20,
        last_attempt_at=T0 + 0.25,
        last_good_at=T0 + 0.25,
        duration_s=0.25,
        polls=7,
        gaps_by_reason={("offsets", "REQUEST_TIMED_OUT"): 3},
        requests_by_api={"ListOffsets": 9},
    )
    return replace(
        latest(made), health=health, rules=RULES, verdict=Verdict(at=T0, alerts=alerts()), gaps=made.snapshot.gaps
    )


def facts() -> Snapshot:
    topics = {
        "__consumer_offsets": topic((0, 900)) | {"internal": True},
        "audit.log": topic((5, 5), leader=-1, isr=(3,), min_insync_replicas="2"),
        "orders": topic((100, 20_000), (0, 30_000), (0, 100), min_insync_replicas="2"),
        "payments": topic((0, 50), (None, None), leader=2, replicas=(2, 4), isr=(2,)),
    }
    groups = {
        "billing": group({"orders": [7_000, 29_000, None]}, members=2),
        "billing-nightly": group({"orders": [20_000, 30_000, 100]}, state="Empty", members=0),
        "payments-sync": group({"payments": [40, 40]}, kind="consumer"),
        "search": None,
        "shared": group({"orders": [19_000, None, None]}, kind="share", members=2),
        "streams-app": group({}, kind="streams", members=None),
        **{name: group({"orders": [19_999, None, None]}, kind="consumer") for name in ODD_NAMES},
    }
    seen = snapshot(topics, groups, at=T0, brokers=(1, 2, 3))
    brokers = tuple(Broker(id=b.id, host=f"kafka-{b.id}.example.org", port=9092, rack=f"r{b.id}") for b in seen.brokers)
    return replace(
        seen,
        brokers=brokers,
        groups=tuple(_with_members(one) for one in seen.groups),
        cluster_id="Zk2kAHuZQ5e",
        controller=2,
        gaps=(
            Gap(
                part="offsets",
                reason="REQUEST_TIMED_OUT",
                count=1,
                first="payments/1",
                broker=2,
                hint="Is broker 2 up?",
            ),
            Gap(part="committed_offsets", reason="MISSING_FROM_LIST", count=4, first="search"),
        ),
    )


def _with_members(one: Group) -> Group:
    every = (Assigned("orders", (0,)), Assigned("not-watched", (0, 1)))
    members = {
        "billing": (
            Member(id="m-1", client_id="billing-1", host="/10.0.0.1", assigned=(Assigned("orders", (0, 2, 99)),)),
            Member(id="m-2", client_id="", host="", instance_id="static-2", assigned=()),
        ),
        "shared": (Member(id="s-1", epoch=4, assigned=every), Member(id="s-2", epoch=4, assigned=every)),
        "team/billing": (
            Member(id="t-1", epoch=9, assigned=(Assigned("orders", (0,)),), target=(Assigned("orders", (0, 1)),)),
        ),
    }.get(one.name, ())
    return replace(
        one,
        members=members,
        assigned_known=one.name in {"billing", "billing-nightly", "shared", "team/billing"},
        coordinator=UNKNOWN if one.name == "search" else 3,
        protocol_type="consumer" if one.name == "billing" else "",
        protocol="range" if one.name == "billing" else "",
        epoch=9 if one.type == "consumer" else None,
        assignment_epoch=8 if one.type == "consumer" else None,
    )


def alerts() -> tuple[Alert, ...]:
    about = Subject(cluster="main", group="billing", topic="orders")
    return (
        Alert(
            rule="ConsumerLagGrowing",
            severity=Severity.WARNING,
            subject=about,
            state=State.FIRING,
            since=T0 - 600,
            fired_at=T0 - 300,
            value=14_000.0,
            threshold=10_000.0,
            values={"lag": 14_000.0, "growth": float("nan")},
            summary="billing is 14,000 messages behind on <orders>",
            seen={"members": 2.0, "state": "Stable", "rate": None},
            cause="More is produced than two members can read.",
            next_step="Add consumers, up to one a partition.",
            runbook="consumer-lag-growing",
            effective_for_s=300.0,
            labels={"team": "payments"},
        ),
        Alert(
            rule="ConsumerLagHigh",
            severity=Severity.CRITICAL,
            subject=replace(about, group="search", topic=None),
            state=State.UNKNOWN,
            since=T0 - 60,
        ),
        Alert(
            rule="PartitionsOffline",
            severity=Severity.EMERGENCY,
            subject=Subject(cluster="main", topic="audit.log", partition=0),
            state=State.RESOLVED,
            since=T0 - 900,
            fired_at=T0 - 800,
            resolved_at=T0 - 30,
            value=0.0,
            reason="the topic is gone",
        ),
    )
