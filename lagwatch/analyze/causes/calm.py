"""Lag that is no trouble, or of which nobody can say yet what it is. Pure."""

import math

import numpy as np

from lagwatch.analyze.causes.case import Case
from lagwatch.analyze.causes.on_topic import OnTopic
from lagwatch.analyze.causes.words import messages, rate
from lagwatch.model.diagnosis import Cause, Finding
from lagwatch.model.words import duration, plural


def rare_commits(case: Case) -> Finding | None:
    """The group commits rarely, and the lag is what comes together in between."""
    for each in case.topics:
        rare = each.interval_s > each.usual_patience_s and each.lag > each.produced / 60.0 * each.usual_patience_s
        if rare and each.measured and not each.behind and not each.value("left_s") >= 0:
            return Finding(
                cause=Cause.RARE_COMMITS,
                sentence=f"{case.name} commits on {each.topic} every {duration(each.interval_s)} only; at {rate(each.produced)} "
                f"the lag ({messages(each.lag)}) is what comes together in between.",
                certainty=0.9 * (0.5 + 0.5 * case.share(each.lag)),
                next_step="Nothing is wrong. To see its true lag, let it commit more often (auto.commit.interval.ms, smaller "
                "batches); after a crash it reads again what it had not committed.",
                topic=each.topic,
                evidence={"commit_interval_s": each.interval_s, "produced": each.produced, "lag": each.lag},
            )
    return None


def catching_up(case: Case) -> Finding | None:
    """The lag shrinks: whatever made it is over."""
    for each in case.behind:
        if each.direction < 0 and each.moving:
            drain_s = -60.0 * each.lag / each.growth
            return Finding(
                cause=Cause.CATCHING_UP,
                sentence=f"{_went_back(case, each)} is catching up on {each.topic}: it reads {rate(each.consumed)}, and "
                f"{rate(each.produced)} come in; {messages(each.lag)} will be read in about {duration(drain_s)}.",
                certainty=0.9 * (0.5 + 0.5 * case.share(each.lag)),
                next_step="Wait, unless retention deletes sooner what it has not read.",
                topic=each.topic,
                evidence={
                    "consumed": each.consumed,
                    "produced": each.produced,
                    "growth": each.growth,
                    "drain_s": drain_s,
                    "rewound": each.value("rewound"),
                    "lag": each.lag,
                },
            )
    return None


def _went_back(case: Case, each: OnTopic) -> str:
    """Who catches up, and that its offsets were set back, if that is what made most of the lag."""
    rewound = each.value("rewound")
    if rewound < each.lag / 2 or not rewound > 0:
        return case.name
    return f"{case.name} went back (it is {messages(rewound)} behind where it has been) and"


def unknown(case: Case) -> Finding | None:
    """There is more lag than there should be, or may be, and nothing seen says why."""
    dark = () if case.lag is None else (each for each in case.topics if not each.whole)
    for each in (*case.behind, *dark):
        return Finding(
            cause=Cause.UNKNOWN,
            sentence=_unclear(case, each),
            certainty=0.3 if each.measured else 0.2,
            next_step="Look at the group's partitions and members, and at the log of its consumers."
            if each.measured
            else "Ask again in a while.",
            topic=each.topic,
            evidence={"lag": each.lag, "growth": each.growth, "consumed": each.consumed, "produced": each.produced},
        )
    return None


def _unclear(case: Case, each: OnTopic) -> str:
    if not each.whole:
        seen = "" if math.isnan(each.lag) else f"; on the others it is {messages(each.lag)} behind"
        return f"On {plural(int(each.value('unknown')), 'partition')} of {each.topic} the lag of {case.name} is not known{seen}."
    if not each.measured:
        known_s = case.view.window_s / 2
        return (
            f"{case.name} is {messages(each.lag)} behind on {each.topic}; whether that grows is known only after watching for "
            f"{duration(known_s)}."
        )
    if each.direction == 0:
        return (
            f"{case.name} keeps its distance on {each.topic}: {messages(each.lag)} behind, and it reads as much as comes in "
            f"({rate(each.produced)}). Why it does not read more cannot be seen from here: it may have no reserves, or be slowed "
            "down on purpose."
        )
    more = (
        ""
        if np.isnan(each.value("usual")) or math.isnan(each.consumed)
        else f" ({rate(each.value('usual'))} are usual)"
    )
    return (
        f"{case.name} is {messages(each.lag)} behind on {each.topic}: it reads {rate(each.consumed)}, and {rate(each.produced)} "
        f"come in{more}."
    )
