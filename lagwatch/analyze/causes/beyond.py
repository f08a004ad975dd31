"""A committed offset where there is no log. Pure."""

import numpy as np

from lagwatch.analyze.causes.case import Case
from lagwatch.analyze.causes.words import messages, numbered
from lagwatch.model.diagnosis import Cause, Finding
from lagwatch.model.words import plural


def beyond_end(case: Case) -> Finding | None:
    """
    A commit is above the log end. Commits are read before log ends, so this is no race: the log was cut (an unclean election, a
    topic made anew), or the offset was set by hand.
    """
    view = case.view
    pairs, commits, partitions = view.pairs, view.snapshot.commits, view.snapshot.partitions
    first, last = pairs.first[np.searchsorted(pairs.group, (case.index, case.index + 1))].tolist()
    at = commits.row[first:last]
    over = np.where(partitions.end[at] >= 0, commits.offset[first:last] - partitions.end[at], 0)
    beyond = int((over > 0).sum())
    if not beyond:
        return None
    row = int(at[np.argmax(over)])
    topic, partition = view.snapshot.topics.names[partitions.topic[row]], int(partitions.partition[row])
    end, more = (
        int(partitions.end[row]),
        f", as on {plural(beyond - 1, 'other')} of its partitions" if beyond > 1 else "",
    )
    return Finding(
        cause=Cause.BEYOND_END,
        sentence=f"{case.name} has committed {end + int(over.max()):,} on {topic} {numbered([partition])}, "
        f"{messages(float(over.max()))} beyond the log end ({end:,}){more}. That is no lag, but what it fetches next is out of "
        "range: auto.offset.reset will skip or repeat records.",
        certainty=0.97,
        next_step="Was there an unclean election, was the topic made anew, or was the offset set by hand? "
        + _go_on(case, topic, partition),
        topic=topic,
        partition=partition,
        evidence={
            "offset": float(end + over.max()),
            "log_end_offset": float(end),
            "partitions_beyond": float(beyond),
        },
    )


def _go_on(case: Case, topic: str, partition: int) -> str:
    if case.group.type in ("share", "streams"):
        return "Then set it to where the group is to go on."
    plan = case.offsets_plan(topic, partition, "--to-latest")
    return f"To say where the group goes on: stop it, then {plan} (or --to-earliest, or --to-timestamp), and apply the plan."
