"""Killed again and again at any moment, the watch comes to the same end as one that nobody ever killed."""

import multiprocessing
import random
import signal
import time
from collections import defaultdict
from contextlib import suppress
from multiprocessing.connection import Connection

import pytest

from lagwatch.judge.state import freeze
from lagwatch.model.alerts import State
from lagwatch.store import Store
from tests.support.incidents import polls
from tests.support.replay import about, replay, unbroken

KILLS = 40
"""At least."""
SNAPSHOTS = list(polls())


def wait_for(progress: Connection, polls: int) -> None:
    """Until so many polls were given to the store."""
    for _ in range(polls + 1):
        assert progress.poll(60)
        if progress.recv() == len(SNAPSHOTS) - 1:
            return


@pytest.mark.slow
@pytest.mark.timeout(170)
def test_no_transition_and_no_message_is_lost_or_doubled_by_forty_kills(location, tmp_path):
    run = unbroken(SNAPSHOTS)
    expected = run.transitions
    assert {each.to for each in expected} >= {State.PENDING, State.FIRING, State.RESOLVED}
    assert len(expected) > 60
    sent = tmp_path / "sent"
    fork = multiprocessing.get_context("fork")
    chance = random.Random(7)
    for life in range(10 * KILLS):
        told = len(sent.read_text().splitlines()) if sent.exists() else 0
        enough = life >= KILLS and told > len(expected) / 3  # a slow machine gets less done before it is killed
        here, there = fork.Pipe()
        process = fork.Process(target=replay, args=(location, SNAPSHOTS, run, sent, there), daemon=True)
        process.start()
        there.close()
        if enough:
            with suppress(EOFError):  # if it has nothing left to do
                wait_for(here, len(SNAPSHOTS))  # it tells of every poll, and would wait for somebody to read that
            process.join(90)
            assert process.exitcode == 0
            break
        # One in eight while it starts, the others after some polls, and a little later: while it writes, or sends.
        if chance.random() < 7 / 8:
            wait_for(here, chance.randint(1, 16))
        time.sleep(chance.random() * 0.03)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    assert enough, "the kills came too early to prove anything"
    store = Store(location)
    store.open()
    history = [entry.transition for entry in reversed(store.history(limit=100_000))]
    state = store.load_alert_state("main")
    assert store.outbox.health("file").pending == 0
    store.close()

    assert [each.at for each in history] == [each.at for each in expected]
    assert sorted(about(history)) == sorted(about(expected))
    value = {what: each.alert.value for what, each in zip(about(expected), expected, strict=True)}
    assert {what: each.alert.value for what, each in zip(about(history), history, strict=True)} == value
    assert state is not None
    assert state.alerts == freeze(run.alerts).alerts
    assert state.at == SNAPSHOTS[-1].at
    names = defaultdict(set)
    order = defaultdict(list)
    for line in sent.read_text().splitlines():
        name, what = line.split(" ", 1)
        if name not in names[what]:
            order[what.rsplit("/", 2)[0]].append(what)
        names[what].add(name)
    assert set(names) == set(about(expected))
    assert all(len(found) == 1 for found in names.values()), "a transition was told by two different messages"
    assert [what for key in sorted(order) for what in order[key]] == sorted(
        about(expected), key=lambda what: (what.rsplit("/", 2)[0], what.rsplit("/", 1)[1])
    )
