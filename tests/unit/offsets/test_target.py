"""Where to, and which partitions, from what a person types."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.offsets.target import Kind, Target, milliseconds, said, scope


@pytest.mark.parametrize(
    "text,expected",
    [
        ("2026-11-24T10:00:00Z", 1_795_514_400_000),
        ("2026-11-24T11:00:00+01:00", 1_795_514_400_000),
        ("2026-11-24 10:00:00.250+00:00", 1_795_514_400_250),
        ("1795514400", 1_795_514_400_000),
        ("1795514400.25", 1_795_514_400_250),
        ("1795514400250", 1_795_514_400_250),
        ("0", 0),
    ],
)
def test_a_moment_is_iso_8601_with_its_zone_or_seconds_or_milliseconds(text, expected):
    assert milliseconds(text) == expected


@pytest.mark.parametrize(
    "text,complaint",
    [
        ("2026-11-24T10:00:00", "say in which time zone, as 2026-11-24T10:00:00Z"),
        ("2026-11-24", "say in which time zone"),
        ("yesterday", "not a moment; write 2026-11-24T10:00:00Z"),
        ("-5", "not a moment"),
        ("", "not a moment"),
        # Kafka takes -1 for the log end, -2 for the log start, and others for other things
        ("1969-12-31T23:59:59.999Z", "before 1970"),
        ("1969-12-31T23:59:59.998Z", "before 1970"),
        ("0001-01-01T00:00:00Z", "before 1970"),
        ("99999999999999999999999", "no moment is as late"),
    ],
)
def test_a_moment_without_a_zone_is_refused_and_what_is_expected_is_said(text, complaint):
    with pytest.raises(ValueError) as refused:
        milliseconds(text)
    assert complaint in str(refused.value)


@given(st.integers(min_value=0, max_value=4_102_444_800_000))
def test_a_moment_that_is_said_is_understood_as_the_same(at_ms):
    assert milliseconds(said(at_ms)) == at_ms


@given(at_s=st.integers(0, 4_102_444_800), minutes=st.integers(-14 * 60, 14 * 60))
def test_every_zone_is_understood(at_s, minutes):
    there = datetime.fromtimestamp(at_s, timezone(timedelta(minutes=minutes)))
    assert milliseconds(there.isoformat()) == at_s * 1000


def test_topics_are_whole_or_some_partitions_and_may_be_said_twice():
    assert scope(["orders", "a.b_c-d:7"]).topics == (("orders", ()), ("a.b_c-d", (7,)))
    assert scope(["orders:1", "orders:0,1"]).topics == (("orders", (0, 1)),)
    assert scope([]).topics == ()


@pytest.mark.parametrize("text", ["", ":0", "or ders", "orders:", "orders:a", "orders:0-3", "orders:0,,1", "orders:-1"])
def test_what_is_no_topic_or_no_partition_is_refused(text):
    with pytest.raises(ValueError, match=r"not a (topic|list of partitions)"):
        scope([text])


def test_a_topic_cannot_be_wanted_whole_and_in_part():
    with pytest.raises(ValueError, match="say one of the two"):
        scope(["orders", "orders:0"])
    with pytest.raises(ValueError, match="say one of the two"):
        scope(["orders:0", "orders"])


def test_a_target_is_said_in_words():
    said_so = [str(Target(*each)) for each in [(Kind.EARLIEST,), (Kind.SHIFT, -3), (Kind.SHIFT, 3), (Kind.OFFSET, 7)]]
    assert said_so == ["earliest", "shift by -3", "shift by +3", "offset 7"]
    assert str(Target(Kind.TIMESTAMP, 1_795_514_400_000)) == "timestamp 2026-11-24T10:00:00.000Z"
    assert str(Target(Kind.TIMESTAMP, 10**18)) == f"timestamp {10**18} ms"
