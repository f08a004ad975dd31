"""Settings of older releases that are deprecated or gone. Pure."""

from collections.abc import Iterator, Mapping

from lagwatch.analyze.audit.brokers import ids
from lagwatch.analyze.audit.commands import unset_topic
from lagwatch.analyze.audit.facts import LONG_MAX, Facts
from lagwatch.analyze.audit.rule import Hit, Judged
from lagwatch.model.audit import AuditRule, Kind, Level

OF_BROKERS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "zookeeper.connect": (("",), "Kafka 4 has no ZooKeeper; migrate to KRaft on 3.9 first (KIP-866)"),
    "log.message.format.version": (("", "3.0-IV1"), "it is ignored since 3.0 and gone in 4.0"),
    "log.message.downconversion.enable": (("true",), "it is gone in 4.0 (KIP-724)"),
    "log.message.timestamp.difference.max.ms": (
        (str(LONG_MAX),),
        "it is gone in 4.0; use log.message.timestamp.before.max.ms and log.message.timestamp.after.max.ms (KIP-937)",
    ),
    "offsets.commit.required.acks": (
        ("-1",),
        "it is gone in 4.0 (KIP-1041), and with another value a commit can be lost",
    ),
    "control.plane.listener.name": (("",), "it is gone in 4.0, with ZooKeeper"),
    "delegation.token.master.key": (("",), "it is gone in 4.0; use delegation.token.secret.key"),
}
"""Settings of brokers: the values that they have where nobody has set them, and what to do."""

OF_TOPICS: Mapping[str, str] = {
    "message.format.version": "it is ignored since 3.0 and gone in 4.0",
    "message.downconversion.enable": "it is gone in 4.0 (KIP-724)",
    "message.timestamp.difference.max.ms": "it is gone in 4.0; use message.timestamp.before.max.ms and "
    "message.timestamp.after.max.ms (KIP-937)",
}
"""Settings that a topic has of its own."""

_WEIGHTY = ("zookeeper.connect", "offsets.commit.required.acks")


def _brokers(facts: Facts) -> Iterator[Hit]:
    for name, (unset, instead) in OF_BROKERS.items():
        found = [broker for broker, value in facts.brokers_with(name) if value not in unset]
        if found:
            level = Level.WARNING if name in _WEIGHTY else None
            yield Hit(ids(found), f"{name} is set: {instead}.", f"# remove from server.properties: {name}", level)


def _topics(facts: Facts) -> Iterator[Hit]:
    part = facts.details.topic_overrides
    for topic, own in part.value.items() if part is not None else ():
        for name in sorted(own & OF_TOPICS.keys()):
            yield Hit(topic, f"{name} is set: {OF_TOPICS[name]}.", unset_topic(facts, topic, [name]))


RULES = (
    Judged(
        AuditRule(
            id="broker-setting-deprecated",
            level=Level.NOTE,
            kind=Kind.BROKER,
            title="A setting of brokers that is deprecated or gone",
            check=f"One of these is set: {', '.join(OF_BROKERS)}. ZooKeeper and weaker commits are a warning.",
            why="It does nothing any more, or keeps the cluster from the next release.",
            mend="Remove it, or use what the message says.",
        ),
        _brokers,
    ),
    Judged(
        AuditRule(
            id="topic-setting-deprecated",
            level=Level.NOTE,
            kind=Kind.TOPIC,
            title="A setting of a topic that is deprecated or gone",
            check=f"The topic has one of these of its own: {', '.join(OF_TOPICS)}.",
            why="It does nothing any more, or is refused by the next release.",
            mend="Remove it.",
        ),
        _topics,
    ),
)
