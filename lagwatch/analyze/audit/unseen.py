"""What an audit could not see: a finding of its own, so that nothing passes because nobody looked. Pure."""

from collections.abc import Iterator

from lagwatch.analyze.audit.facts import Facts
from lagwatch.analyze.audit.internal import present
from lagwatch.analyze.audit.rule import Hit, Judged
from lagwatch.model.audit import AuditRule, Kind, Level
from lagwatch.model.snapshot import UNKNOWN, Gap
from lagwatch.model.words import plural

_PARTS = {
    "broker_config": "settings of brokers",
    "topic_config": "settings of topics",
    "log_dirs": "log directories",
    "quorum": "voters of the controller quorum",
    "features": "features of the cluster",
    "reassignments": "reassignments",
    "transactions": "transactions",
}
_GAPS = {
    **_PARTS,
    "topics": "topics",
    "group_list": "lists of groups",
    "group_description": "members of groups",
    "committed_offsets": "committed offsets",
    "offsets": "offsets of partitions",
}


def _unseen(facts: Facts) -> Iterator[Hit]:
    gaps = [gap for gap in facts.snapshot.gaps if gap.part in _GAPS]
    for gap in gaps:
        yield Hit(*_of(gap))
    told = {gap.part for gap in gaps}
    for part, what in _PARTS.items():
        if part not in told and getattr(facts.details, part) is None:
            yield Hit(
                what,
                f"{_upper(what)} are not read: one of the next polls does, unless the settings have turned them off (details).",
            )
    yield from _brokers(facts, told)
    if len(facts.snapshot.commits) and not present(facts):
        yield Hit(
            "internal topics",
            "Kafka's own topics are not watched, or hidden from this user: __consumer_offsets must be there, since groups commit.",
            "# in lagwatch.yaml, for the cluster\ninternal_topics: true",
        )


def _brokers(facts: Facts, told: set[str]) -> Iterator[Hit]:
    up = {broker.id for broker in facts.brokers}
    for broker in facts.known_brokers:
        if broker not in up:
            yield Hit(f"broker {broker}", "It holds replicas and is not up: its settings and its disks are not known.")
        elif "broker_config" not in told and facts.broker_settings and broker not in facts.broker_settings:
            yield Hit(f"broker {broker}", "Its settings are not known: it did not answer.")


def _of(gap: Gap) -> tuple[str, str, str]:
    what = _GAPS[gap.part]
    where = "" if gap.broker == UNKNOWN else f" (broker {gap.broker})"
    first = f", {gap.first} among them" if gap.first else ""
    message = (
        f"{_upper(what)} could not be read{where}: {gap.reason}, {plural(gap.count, 'of them', 'of them')}{first}."
    )
    subject = what if gap.broker == UNKNOWN else f"{what} of broker {gap.broker}"
    return subject, message, f"# {gap.hint}" if gap.hint else ""


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


RULES = (
    Judged(
        AuditRule(
            id="unseen",
            level=Level.UNKNOWN,
            kind=Kind.CLUSTER,
            title="Something that could not be seen",
            check="Settings or facts that rules need could not be read: an ACL is missing, or a broker does not answer.",
            why="Rules that need them said nothing, which does not mean that all is well.",
            mend="What the finding says; then audit again.",
        ),
        _unseen,
    ),
)
