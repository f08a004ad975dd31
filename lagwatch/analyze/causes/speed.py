"""Causes in how much comes and how much is read: read less, come more, all of it in one place, too few who read. Pure."""

import math

import numpy as np

from lagwatch.analyze.causes.case import Case, called, owned_by
from lagwatch.analyze.causes.on_topic import OnTopic
from lagwatch.analyze.causes.uneven import heap
from lagwatch.analyze.causes.words import certain, messages, numbered, rate
from lagwatch.analyze.usual import STEADY
from lagwatch.model.diagnosis import Cause, Finding
from lagwatch.model.words import plural

ROSE = 1.5
"""More than so many times the usual is more."""

FELL = 0.7
"""Less than this part of the usual is less."""

SAGGED = 0.9
"""Less than this part of the usual is enough to fall behind what usually comes."""

_MUCH_MORE = 3.0
_MUCH_LESS = 0.3
_BUSY = 0.3  # of an even share of the lag: a member with less is not busy


def slow(case: Case) -> Finding | None:
    """Less is read than the group is known to manage, or it is one member that reads less than the others."""
    for each in _falling_behind(case):
        usual = each.value("usual")
        if each.consumed < FELL * usual:
            return _slow(case, each, usual)
        laggard = _laggard(case, each)
        if laggard is not None:
            return laggard
        if each.consumed < SAGGED * usual and heap(each) is None and not each.produced > ROSE * usual:
            return _slow(case, each, usual)
        if _spread(case, each) and not _more_members_help(case, each) and not each.produced > ROSE * usual:
            return _at_its_limit(case, each, usual)
    return None


def _slow(case: Case, each: OnTopic, usual: float) -> Finding:
    part = each.consumed / usual
    sure = certain(0.7, 0.93, (FELL - part) / (FELL - _MUCH_LESS)) if part < FELL else 0.6
    certainty = sure * (0.8 if each.produced > ROSE * usual else 1.0)
    return Finding(
        cause=Cause.SLOW,
        sentence=f"{case.name} reads {each.topic} more slowly than it did: {rate(each.consumed)} instead of the usual "
        f"{rate(usual)}, while {rate(each.produced)} come in; {messages(each.lag)} behind, {rate(each.growth)} more.",
        certainty=_explaining(case, each, certainty),
        next_step="Look at the consumers: what was deployed last, what they call (a database or service that answers slowly), "
        "garbage collection, throttling, errors that are tried again.",
        topic=each.topic,
        evidence=_rates(case, each),
    )


def _laggard(case: Case, each: OnTopic) -> Finding | None:
    """Nothing but the partitions of one of several members lags, and these get no more than their share."""
    found = heap(each)
    if found is None or found.more_comes or found.member is None or case.members < 2:
        return None
    if not found.all_of_the_member:
        return None
    return Finding(
        cause=Cause.SLOW,
        sentence=f"One member of {case.name} is slow: {called(found.member)} owns {each.topic} "
        f"{numbered(found.partitions)}, which hold {found.lag_share:.0%} of the lag ({messages(each.lag)}) and get only "
        f"{found.produce_share:.0%} of what comes; the other members keep up.",
        certainty=_explaining(case, each, 0.88),
        next_step=f"Look at that member, {called(found.member)}: its host, its log, what it calls. Restarting it gives its "
        "partitions to the others.",
        topic=each.topic,
        evidence={**_rates(case, each), "member": called(found.member), "lag_share": found.lag_share},
    )


def _at_its_limit(case: Case, each: OnTopic, usual: float) -> Finding:
    known = "whether it used to read more is not known" if math.isnan(usual) else f"{rate(usual)} are usual"
    return Finding(
        cause=Cause.SLOW,
        sentence=f"{case.name} reads {rate(each.consumed)} of {each.topic}, and {rate(each.produced)} come in ({known}); every "
        f"partition has a member already, so more of them do not help; {messages(each.lag)} behind.",
        certainty=_explaining(case, each, 0.55),
        next_step="Make the consumers faster (batches, parallel work within a member, what they call), or give the topic more "
        "partitions; records with keys then change their partition.",
        topic=each.topic,
        evidence=_rates(case, each),
    )


def flood(case: Case) -> Finding | None:
    """More comes than usually does, and the group reads no less than it is known to."""
    for each in _falling_behind(case):
        usual = each.value("usual")
        if each.produced > ROSE * usual and heap(each) is None:
            certainty = certain(0.7, 0.93, (each.produced / usual - ROSE) / (_MUCH_MORE - ROSE))
            return Finding(
                cause=Cause.FLOOD,
                sentence=f"More comes to {each.topic} than usual: {rate(each.produced)} instead of {rate(usual)}, and {case.name} "
                f"reads {rate(each.consumed)} of it; {messages(each.lag)} behind, {rate(each.growth)} more.",
                certainty=_explaining(case, each, certainty * (0.8 if each.consumed < FELL * usual else 1.0)),
                next_step="See what the producers do: a batch, a retry storm, a replay? If it is to stay, add members, up to one a "
                "partition; if it passes, the lag drains by itself.",
                topic=each.topic,
                evidence=_rates(case, each),
            )
    return None


def hot_partition(case: Case) -> Finding | None:
    """Most of the lag is on few partitions, because most of what comes does, or because their records take longer."""
    for each in case.behind:
        found = heap(each)
        if found is None or not each.measured or each.direction < 0 or _laggard(case, each) is not None:
            continue
        which = numbered(found.partitions)
        owner = case.owner(each, int(np.argmax(each.lags))) if len(found.partitions) == 1 else ""
        get = f"get{'s' if len(found.partitions) == 1 else ''}"
        comes = (
            f"{get} {found.produce_share:.0%} of what comes ({rate(found.comes)})"
            if found.more_comes
            else f"{get} no more than an even share of what comes ({rate(found.comes)})"
        )
        return Finding(
            cause=Cause.HOT_PARTITION,
            sentence=f"The lag of {case.name} on {each.topic} is not spread: {which} of {len(each.lags)} hold"
            f"{'s' if len(found.partitions) == 1 else ''} {found.lag_share:.0%} of it ({messages(found.lag)}) and {comes}"
            f"{'; ' + owned_by(owner) if owner else ''}.",
            certainty=_explaining(case, each, certain(0.75, 0.94, found.excess - ROSE) if found.more_comes else 0.6),
            next_step="Find the key that so many records have, and spread it (a finer key, or a salt). More members do not help: "
            "one partition has one reader."
            if found.more_comes
            else "Look at what is special about these records: larger, costlier, or failing and tried again.",
            topic=each.topic,
            partition=found.partitions[0] if len(found.partitions) == 1 else None,
            evidence={
                **_rates(case, each),
                "lag_share": found.lag_share,
                "produce_share": found.produce_share,
                "owner": owner or None,
            },
        )
    return None


def too_few_members(case: Case) -> Finding | None:
    """All members are busy, none of them is slow, what comes is usual: there are just too few, and room for more."""
    for each in _falling_behind(case):
        usual = each.value("usual")
        as_usual = not (each.consumed < SAGGED * usual or each.produced > ROSE * usual)
        if as_usual and _spread(case, each) and _more_members_help(case, each):
            one = each.consumed / case.members
            needed = math.ceil((1.0 - STEADY) * each.produced / one) if one > 0 else 0
            most = len(each.lags)
            enough = (
                f"{needed} would keep up" if 0 < needed <= most else f"even {most}, one a partition, would not keep up"
            )
            return Finding(
                cause=Cause.TOO_FEW_MEMBERS,
                sentence=f"{case.name} has too few members for {each.topic}: {plural(case.members, 'member')}, all busy, "
                f"{'reads' if case.members == 1 else 'read'} {rate(each.consumed)} of the {rate(each.produced)} that come to "
                f"{most} partitions; {enough}; {messages(each.lag)} behind.",
                certainty=_explaining(case, each, 0.65 if math.isnan(usual) else 0.75),
                next_step=f"Add members, up to {most} (one a partition)."
                if 0 < needed <= most
                else f"Add members up to {most} and partitions beyond that; records with keys then change their partition.",
                topic=each.topic,
                evidence={**_rates(case, each), "members_needed": float(needed), "partitions": float(most)},
            )
    return None


def _falling_behind(case: Case) -> list[OnTopic]:
    """Topics on which the group reads, and less than comes."""
    return [each for each in case.behind if each.direction > 0 and each.moving]


def _spread(case: Case, each: OnTopic) -> bool:
    """Whether the lag is that of all members rather than of few, as far as it is known who owns what."""
    if case.restless or heap(each) is not None:
        return False
    by_member: dict[str, int] = {}
    for member, lag in zip(each.owners, np.maximum(each.lags, 0).tolist(), strict=True):
        if member is not None:
            by_member[member.id] = by_member.get(member.id, 0) + lag
    even = each.lag / max(len(by_member), 1)
    return all(lag > _BUSY * even for lag in by_member.values())


def _more_members_help(case: Case, each: OnTopic) -> bool:
    return 0 < case.members < len(each.lags)


def _explaining(case: Case, each: OnTopic, certainty: float) -> float:
    """What explains only a part of the lag is the less sure to be what matters."""
    return certainty * (0.5 + 0.5 * case.share(each.lag))


def _rates(case: Case, each: OnTopic) -> dict[str, float | str | None]:
    return {
        "produced": each.produced,
        "consumed": each.consumed,
        "usual": each.value("usual"),
        "growth": each.growth,
        "lag": each.lag,
        "members": float(case.members) if case.members >= 0 else None,
    }
