"""Log lines as people and machines read them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from lagwatch.logs import Sparingly, configure, event

LOG = logging.getLogger("lagwatch.test")


@pytest.fixture(autouse=True)
def _logging_is_put_back() -> Iterator[None]:
    root, ours, kafka = (logging.getLogger(name) for name in ("", "lagwatch", "kafka"))
    before = root.handlers[:], root.level, ours.level, kafka.level
    yield
    root.handlers[:] = before[0]
    for logger, level in zip((root, ours, kafka), before[1:], strict=True):
        logger.setLevel(level)


def lines(style: str, level: str = "info", **fields) -> list[str]:
    stream = io.StringIO()
    configure(level, style, stream)
    event(LOG, logging.INFO, "poll", **fields)
    return stream.getvalue().splitlines()


def test_text_is_one_line_with_fields_that_can_be_searched():
    (line,) = lines(
        "text", cluster="local", duration_s=0.123456, gaps=[{"reason": "DEADLINE", "count": 2}], note="two words"
    )
    moment, rest = line.split(" ", 1)
    assert moment.endswith("Z")
    expected = 'INFO poll cluster=local duration_s=0.123 gaps=[{"reason": "DEADLINE", "count": 2}] note="two words"'
    assert expected == rest


def test_json_is_one_object_a_line():
    (line,) = lines("json", cluster="lokal ü", duration_s=0.123456, gaps=[{"count": 2}])
    content = json.loads(line)
    content.pop("time")
    assert content == {
        "level": "info",
        "logger": "lagwatch.test",
        "event": "poll",
        "cluster": "lokal ü",
        "duration_s": 0.123,
        "gaps": [{"count": 2}],
    }


@pytest.mark.parametrize("style", ["text", "json"])
def test_what_comes_from_outside_cannot_begin_a_line_of_its_own(style):
    evil = "orders\n2026-01-01T00:00:00Z ERROR you were hacked\x1b[31m"
    (line,) = lines(style, topic=evil)
    assert "\x1b" not in line
    stream = io.StringIO()
    configure("info", style, stream)
    logging.getLogger("another.library").warning(evil)
    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_field_that_is_not_known_is_left_out(style):
    (line,) = lines(style, error=None)
    assert "error" not in line


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_traceback_is_kept(style):
    stream = io.StringIO()
    configure("info", style, stream)
    try:
        raise ValueError("broken")
    except ValueError as error:
        event(LOG, logging.ERROR, "poll failed", exc_info=error)
    assert "ValueError: broken" in stream.getvalue()
    assert "Traceback" in stream.getvalue()


def test_the_level_is_that_of_lagwatch_and_libraries_speak_only_when_something_is_wrong():
    stream = io.StringIO()
    configure("debug", "text", stream)
    event(LOG, logging.DEBUG, "ours")
    logging.getLogger("httpx").info("POST http://receiver/secret-path")
    logging.getLogger("kafka.net").error("the poll's own line says this better")
    logging.getLogger("apscheduler").warning("theirs")
    assert [line.split(" ", 2)[2] for line in stream.getvalue().splitlines()] == ["ours", "theirs"]


def test_what_repeats_is_said_once_in_a_while_with_how_often_it_was_left_out(caplog):
    now = [0.0]
    sparingly = Sparingly(LOG, every_s=60.0, timer=lambda: now[0])
    for second in (0, 10, 20, 60, 61):
        now[0] = float(second)
        sparingly.event(logging.WARNING, "refused", at=second)
    sparingly.event(logging.WARNING, "another thing")
    said = [(record.getMessage(), record.fields) for record in caplog.records]
    assert said == [("refused", {"at": 0}), ("refused", {"at": 60, "left_out": 2}), ("another thing", {})]
