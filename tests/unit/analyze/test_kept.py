"""What a history keeps over a restart: the polls after it see what they would have seen without one."""

from dataclasses import replace

import numpy as np
import pytest

from lagwatch.analyze.history import History
from lagwatch.analyze.kept import ROWS_S, keep, take_up
from lagwatch.analyze.view import view
from lagwatch.cycle import Memory, advance
from lagwatch.model.snapshot import UNKNOWN
from lagwatch.store.columns_file import read, write
from tests.support.build import T0, group, snapshot, topic

STEP = 30.0


def poll(k: int, *, groups=("audit", "billing"), extra=False, **fields):
    """One of a course of polls: audit commits every fourth poll, billing is stuck on one partition."""
    topics = {"orders": topic((0, 100 * k), (0, 10 * k)) | {"id": "o1"}}
    if extra:
        topics["new"] = topic((0, 7)) | {"id": "n1"}
    documents = {
        "audit": group({"orders": [100 * (k - k % 4), 10 * k]}, members=0 if k > 12 else 1),
        "billing": group({"orders": [150, 10 * k - 5]}),
    }
    return snapshot(topics, {name: documents[name] for name in groups}, at=T0 + STEP * k, cluster_id="abc", **fields)


def restarted(history, tmp_path, now):
    """What a new process makes of the file that this one wrote."""
    kept = keep(history)
    about = {"topics": kept.topics}
    write(tmp_path / "history.npz", about, kept.columns)
    _, columns = read(tmp_path / "history.npz")
    fresh = History(history.window_s)
    take_up(replace(kept, columns=columns), fresh, now)
    return fresh


def seen(history, polls):
    return [view(history, facts) for facts in polls]


@pytest.mark.parametrize("stop", [1, 3, 15])
def test_after_a_restart_the_polls_tell_what_they_would_have_told(stop, tmp_path):
    unbroken = History()
    seen(unbroken, [poll(k) for k in range(1, 40)])
    broken = History()
    seen(broken, [poll(k) for k in range(1, 40)])
    broken = restarted(broken, tmp_path, T0 + STEP * (39 + stop))
    after = [poll(k) for k in range(39 + stop, 50 + stop)]
    for one, other in zip(seen(unbroken, after), seen(broken, after), strict=True):
        np.testing.assert_array_equal(one.time_lag_s, other.time_lag_s)
        np.testing.assert_array_equal(one.time_lag_bound, other.time_lag_bound)
        np.testing.assert_array_equal(one.frozen_s, other.frozen_s)
        np.testing.assert_array_equal(one.patience_s, other.patience_s)
        np.testing.assert_array_equal(one.pairs.commit_interval_s, other.pairs.commit_interval_s)
        np.testing.assert_array_equal(one.groups.members_gone_s, other.groups.members_gone_s)
        for name in ("growth", "height", "consumed", "behind_s"):
            np.testing.assert_array_equal(getattr(one.pairs, name), getattr(other.pairs, name), err_msg=name)
        assert other.pairs.usual[0] == pytest.approx(one.pairs.usual[0], rel=0.05)
        np.testing.assert_array_equal(one.pairs.rewound, np.maximum(other.pairs.rewound, 0))


def test_topics_and_groups_that_came_meanwhile_have_no_past_and_the_others_keep_theirs(tmp_path):
    history = History()
    seen(history, [poll(k, groups=("billing",)) for k in range(1, 20)])
    fresh = restarted(history, tmp_path, T0 + STEP * 20)
    after = view(fresh, poll(20, extra=True))
    names = [after.snapshot.groups[g].name for g in after.snapshot.commits.group]
    values = dict(
        zip(zip(names, after.snapshot.commits.row.tolist(), strict=True), after.time_lag_s.tolist(), strict=True)
    )
    assert values["billing", 1] == pytest.approx(STEP * 18.5, abs=STEP)


def test_after_a_long_stop_only_the_ends_of_the_logs_are_known(tmp_path):
    history = History()
    seen(history, [poll(k) for k in range(1, 40)])
    later = int(39 + 2 * ROWS_S / STEP)
    after = view(restarted(history, tmp_path, T0 + STEP * later), poll(later))
    assert after.frozen_s.tolist() == [0, 0, 0, 0]
    assert after.pairs.commit_interval_s.tolist() == pytest.approx([np.nan] * 2, nan_ok=True)
    assert after.time_lag_s[2] == pytest.approx(STEP * (later - 1.5), abs=STEP)
    assert not after.time_lag_bound[2]


def test_a_topic_that_was_created_again_meanwhile_has_no_past(tmp_path):
    history = History()
    seen(history, [poll(k) for k in range(1, 40)])
    anew = poll(40)
    anew = replace(anew, topics=replace(anew.topics, ids=("o2",)))
    after = view(restarted(history, tmp_path, T0 + STEP * 40), anew)
    assert (after.time_lag_s[2], after.time_lag_bound[2]) == (0.0, True)


def test_the_history_of_another_cluster_is_dropped_with_the_first_poll(tmp_path):
    history = History()
    seen(history, [poll(k) for k in range(1, 40)])
    memory = Memory()
    memory.history = restarted(history, tmp_path, T0 + STEP * 40)
    other, _ = advance(memory, replace(poll(40), cluster_id="other"), (), T0 + STEP * 40)
    assert (other.time_lag_s[2], other.time_lag_bound[2]) == (0.0, True)
    assert memory.history.cluster_id == "other"


def test_nothing_is_kept_before_the_first_poll():
    assert keep(History()) is None


def damaged(columns):
    """Files that lack something, or of which something is not what it should be."""
    for name, column in columns.items():
        yield name, {other: values for other, values in columns.items() if other != name}
        yield name, columns | {name: column.astype(np.complex128)}
        yield name, columns | {name: np.append(column.ravel(), column.ravel()[-1:])}
    yield "times fall", columns | {"time_lag.times": columns["time_lag.times"][::-1].copy()}
    yield "ends fall", columns | {"time_lag.ends": columns["time_lag.ends"][::-1].copy()}
    yield "rows that are not there", columns | {"row": columns["row"] + 1000}
    yield "groups that are not there", columns | {"group": columns["group"] + np.int32(5)}
    yield "rows in disorder", columns | {"row": columns["row"][::-1].copy()}
    yield "negative sizes", columns | {"first": np.array([0, -2], dtype=np.int64)}


def test_a_history_that_cannot_be_is_refused():
    history = History()
    seen(history, [poll(k) for k in range(1, 10)])
    kept = keep(history)
    for what, columns in damaged(dict(kept.columns)):
        if what.endswith(".zero"):
            continue  # any moment can be the first
        with pytest.raises(ValueError, match=r"\w"):
            take_up(replace(kept, columns=columns), History(), T0 + 300)
    with pytest.raises(ValueError, match="version 99"):
        take_up(replace(kept, version=99), History(), T0 + 300)
    with pytest.raises(ValueError, match="first"):
        take_up(replace(kept, topics=("a", "b")), History(), T0 + 300)


def test_rows_that_were_missing_when_it_was_kept_are_still_missing(tmp_path):
    history = History()
    seen(history, [poll(k) for k in range(1, 10)])
    dark = snapshot(
        {"orders": topic((0, 1000), (0, 100)) | {"id": "o1"}},
        {"audit": None, "billing": group({"orders": [150, 95]})},
        at=T0 + STEP * 10,
        cluster_id="abc",
    )
    view(history, dark)
    after = view(restarted(history, tmp_path, T0 + STEP * 11), replace(dark, at=T0 + STEP * 11))
    assert after.pairs.lag.tolist() == [UNKNOWN, 855]
