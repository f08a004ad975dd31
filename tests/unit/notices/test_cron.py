"""Windows that come again and again, by the clock on the wall."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.publish.notices.cron import open_until, parse

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def is_open(cron: str, now: str, duration_s: float = 3600, zone: str = "Europe/Berlin") -> bool:
    return open_until(cron, duration_s, zone, at(now)) is not None


@pytest.mark.parametrize(
    "cron, inside, outside",
    [
        ("0 2 * * *", "2026-11-24 02:00", "2026-11-24 01:59"),
        ("0 2 * * *", "2026-11-24 02:59", "2026-11-24 03:00"),
        ("30 23 * * *", "2026-11-25 00:29", "2026-11-25 00:30"),
        ("0 2 * * mon-fri", "2026-11-24 02:30", "2026-11-22 02:30"),
        ("0 2 * * 0", "2026-11-22 02:30", "2026-11-23 02:30"),
        ("0 2 * * 7", "2026-11-22 02:30", "2026-11-23 02:30"),
        ("0 2 * * 5-7", "2026-11-22 02:30", "2026-11-26 02:30"),
        ("0 2 1 jan,jul *", "2026-07-01 02:30", "2026-08-01 02:30"),
        ("0 2 13 * fri", "2026-11-13 02:30", "2026-11-14 02:30"),
        ("0 2 13 * fri", "2026-11-20 02:30", "2026-11-19 02:30"),
        ("*/20 * * * *", "2026-11-24 02:25", "2026-11-24 02:19"),
        ("10/20 2 * * *", "2026-11-24 02:55", "2026-11-24 02:05"),
        ("@daily", "2026-11-24 00:30", "2026-11-24 01:30"),
    ],
)
def test_a_window_is_open_from_its_time_on_for_its_duration(cron, inside, outside):
    duration_s = 600 if cron.startswith("*/20") else 3600
    if cron.startswith("10/20"):
        duration_s = 900
    assert is_open(cron, inside, duration_s)
    assert not is_open(cron, outside, duration_s)


def test_the_end_is_that_of_the_last_opening():
    assert open_until("0 2 * * *", 5400, "Europe/Berlin", at("2026-11-24 03:10")) == at("2026-11-24 03:30")
    assert open_until("0 */2 * * *", 4 * 3600, "Europe/Berlin", at("2026-11-24 03:10")) == at("2026-11-24 06:00")


def test_a_window_of_days_is_open_over_midnight():
    assert is_open("0 18 * * fri", "2026-11-23 05:59", 60 * 3600)
    assert not is_open("0 18 * * fri", "2026-11-23 06:00", 60 * 3600)


def test_windows_go_by_the_clock_on_the_wall_of_their_zone_summer_and_winter():
    assert is_open("0 2 * * *", "2026-07-01 02:30")
    assert is_open("0 2 * * *", "2026-12-01 02:30")
    assert open_until("0 2 * * *", 3600, "Asia/Tokyo", at("2026-11-24 02:30", ZoneInfo("Asia/Tokyo"))) is not None


def test_a_time_that_does_not_come_opens_as_much_later_and_one_that_comes_twice_opens_once():
    # 2026-03-29: 02:00 becomes 03:00; 2026-10-25: 03:00 becomes 02:00.
    assert is_open("30 2 * * *", "2026-03-29 03:45")
    assert not is_open("30 2 * * *", "2026-03-29 03:15")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN).timestamp()
    assert open_until("30 2 * * *", 1800, "Europe/Berlin", first) == first + 1800
    assert open_until("30 2 * * *", 1800, "Europe/Berlin", first + 3600) is None


@pytest.mark.parametrize(
    "text",
    [
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "5-1 * * * *",
        "*/0 * * * *",
        "x * * * *\n    ",
        "1, * * * *",
        "-1 * * * *",
        "1-2-3 * * * *",
        "* * * foo *",
        "*/ * * * *",
        "٣ * * * *",
        "@never",
        "1/x * * * *",
        "",
    ],
)
def test_what_is_no_expression_is_refused_with_what_was_expected(text):
    with pytest.raises(ValueError, match="a cron expression"):
        parse(text)


FIELDS = st.tuples(
    st.sampled_from(["0", "*/15", "5-20", "7,40", "*"]),
    st.sampled_from(["3", "*", "22-23", "*/6"]),
    st.sampled_from(["*", "1", "10-20"]),
    st.sampled_from(["*", "feb", "6-9"]),
    st.sampled_from(["*", "mon", "sat,sun", "tue-thu"]),
)


@given(FIELDS, st.floats(at("2026-01-01"), at("2028-01-01")), st.sampled_from(["UTC", "Asia/Kolkata"]))
def test_in_zones_without_changes_of_the_clock_it_agrees_with_apscheduler(words, when, zone):
    minute, hour, day, month, weekday = words
    if day != "*" and weekday != "*":
        weekday = "*"  # there both must hold, in crontab one is enough
    now = datetime.fromtimestamp(when, ZoneInfo(zone))
    trigger = CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=weekday, timezone=ZoneInfo(zone))
    opened = trigger.get_next_fire_time(None, now - timedelta(seconds=7200) + timedelta(microseconds=1))
    expected = opened is not None and opened <= now
    expression = " ".join((minute, hour, day, month, weekday))
    assert (open_until(expression, 7200, zone, now.timestamp()) is not None) is expected
