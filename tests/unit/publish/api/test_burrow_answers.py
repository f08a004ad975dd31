"""
What a real Burrow answered is what lagwatch answers.

burrow_answers.json was asked of Debian's Burrow 1.2.1 on a Kafka 3.9, whose groups had committed every second; names and
addresses were made neutral. What has come since (observedAt, allowlist for whitelist) is left out of the comparison.
"""

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from lagwatch.app.burrow import setup
from lagwatch.judge.burrow import Status, evaluate
from lagwatch.model.burrow import Burrow
from lagwatch.model.commit_windows import CommitWindows, WindowOptions
from lagwatch.model.snapshot import UNKNOWN
from lagwatch.publish.api import create_api
from lagwatch.publish.api.auth import Gate, Role, Token
from lagwatch.publish.board import Board
from tests.support.asgi import Client
from tests.support.build import group, latest, snapshot, topic, view
from tests.support.desk import desk
from tests.support.settings import settings

ANSWERS = json.loads(Path(__file__).with_name("burrow_answers.json").read_text())
GROUPS = ("back", "good", "slow", "stall", "stops")
ENDS = (100, 280)
SIZE = 10


def entries(name):
    """The window that Burrow had of a group: (offset, milliseconds, lag), the oldest first."""
    body = ANSWERS[f"GET /v3/kafka/local/consumer/{name}"]["body"]
    return [(e["offset"], e["timestamp"], e["lag"]) for e in body["topics"]["orders"][0]["offsets"] if e is not None]


NOW = max(entries(name)[-1][1] for name in GROUPS) / 1000 + 1.5


def windows(seen):
    """The same windows as lagwatch keeps them, a row a group."""
    columns = [np.full((SIZE, len(GROUPS)), empty) for empty in (UNKNOWN, np.nan, UNKNOWN)]
    for row, name in enumerate(GROUPS):
        for slot, (offset, at_ms, lag) in enumerate(entries(name)):
            for column, value in zip(columns, (offset, at_ms / 1000, lag), strict=True):
                column[slot, row] = value
    times = tuple(columns[1])
    return CommitWindows(
        at=NOW,
        options=WindowOptions(intervals=SIZE),
        groups=seen.groups,
        topics=seen.topics.names,
        topic=seen.partitions.topic,
        partition=seen.partitions.partition,
        group=np.arange(len(GROUPS), dtype=np.int32),
        row=np.zeros(len(GROUPS), dtype=np.int64),
        seen=np.array([len(entries(name)) for name in GROUPS], dtype=np.int32),
        offsets=tuple(columns[0]),
        times=times,
        observed=times,
        lags=tuple(columns[2]),
        fresh=np.ones(len(GROUPS), dtype=np.bool_),
        ends=tuple(np.array([end, 0]) for end in ENDS),
        polled=(NOW - 20, NOW),
    )


def judged(made, rows):
    """Burrow saw every commit, so its evaluator has the say alone."""
    found = []
    for row in rows.tolist():
        window = entries(GROUPS[row])
        status = evaluate(
            offsets=[offset for offset, _, _ in window],
            timestamps=[at_ms / 1000 for _, at_ms, _ in window],
            lags=[lag for _, _, lag in window],
            broker_offsets=ENDS,
            current_lag=int(made.lag(rows[rows == row])[0]),
            now=NOW,
        )
        found.append(status.number)
    return np.array(found, dtype=np.int8)


@pytest.fixture(autouse=True)
def _level():
    """Burrow's was info, and one of the questions sets it."""
    logger = logging.getLogger("lagwatch")
    before = logger.level
    logger.setLevel(logging.INFO)
    yield
    logger.setLevel(before)


@pytest.fixture(name="api", scope="module")
def _api():
    committed = {name: group({"orders": [entries(name)[-1][0], None]}, members=0) for name in GROUPS}
    facts = snapshot({"orders": topic((0, 280), (0, 0))}, committed, cluster="local")
    board = Board(clock=lambda: NOW)
    board.put(latest(view(facts, burrow=Burrow(judge=judged, windows=windows(facts))), cluster="local"))
    configured = setup(settings("{name: local, bootstrap: '127.0.0.1:9092'}"), lambda *_: None)
    gate = Gate((Token("ada", Role.OPERATOR, lambda: "t"),))
    with desk() as kept:
        made = create_api(board, clock=lambda: NOW, gate=gate, desk=kept, burrow=configured)
        yield Client(made, headers={"Authorization": "Bearer t"})


def neutral(value):
    """Without what Burrow 1.2 did not have yet, and in its words."""
    if isinstance(value, list):
        return [neutral(each) for each in value]
    if not isinstance(value, dict):
        return value
    renamed = {key.replace("allowlist", "whitelist"): each for key, each in value.items() if key != "observedAt"}
    return {key: "here" if key == "host" else neutral(each) for key, each in renamed.items()}


def shape(value):
    """The keys, and of everything else whether it is there."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    return "null" if value is None else "a list" if isinstance(value, list) else "a value"


def asked(api, question):
    method, path, *level = question.split(" ")
    body = {"content": json.dumps({"level": level[0]})} if level else {}
    return api.request(method, path, **body)


@pytest.mark.parametrize(
    "question", [each for each in ANSWERS if "/config" not in each and not each.endswith("/local")]
)
def test_an_answer_is_burrows(api, question):
    theirs, ours = ANSWERS[question], asked(api, question)
    assert ours.status_code == theirs["status"]
    assert neutral(ours.json()) == theirs["body"]


@pytest.mark.parametrize("question", [each for each in ANSWERS if "/config" in each or each.endswith("/local")])
def test_the_configuration_has_burrows_keys(api, question):
    theirs, ours = ANSWERS[question], asked(api, question)
    assert ours.status_code == theirs["status"]
    found = neutral(ours.json())
    assert shape(found) == shape(theirs["body"])
    assert [found[key] for key in ("error", "message", "request")] == [
        theirs["body"][key] for key in ("error", "message", "request")
    ]


def test_all_statuses_of_the_evaluator_but_stop_and_warn_are_among_them():
    found = {
        partition["status"]
        for name in GROUPS
        for partition in ANSWERS[f"GET /v3/kafka/local/consumer/{name}/lag"]["body"]["status"]["partitions"]
    }
    assert found == {Status.OK, Status.REWIND, Status.STALL}
