"""What an answer of a receiver means."""

import pytest

from lagwatch.publish.notices.outcome import Fate, judge, retry_after_s

NOW = 1_700_000_000.0


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_accepted(status):
    assert Fate.SENT is judge(status, {}, "", NOW).fate


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(status):
    assert Fate.RETRY is judge(status, {}, "", NOW).fate


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422, 301, 302, 308])
def test_what_would_be_refused_again_is_not(status):
    assert Fate.REFUSED is judge(status, {}, "", NOW).fate


def test_a_refusal_says_what_the_receiver_said():
    assert judge(400, {}, "bad label", NOW).reason == "the receiver answered 400: bad label"


def test_a_redirect_says_what_to_do():
    assert "the URL must be the final one" in judge(302, {}, "", NOW).reason


def test_too_many_requests_stops_all_messages_and_a_fault_of_the_receiver_only_this_one():
    assert (judge(429, {}, "", NOW).everyone, judge(500, {}, "", NOW).everyone) == (True, False)


def test_a_receiver_that_asks_for_a_pause_gets_it():
    outcome = judge(503, {"retry-after": "120"}, "", NOW)
    assert (outcome.pause_s, outcome.everyone) == (120.0, True)


@pytest.mark.parametrize(
    "value, seconds",
    [
        ("0", 0.0),
        (" 30 ", 30.0),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0),
        ("Tue, 14 Nov 2023 22:13:20 GMT", 0.0),
        ("Tue, 14 Nov 2023 22:12:20 -0000", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("9" * 400, 999999999.0),
        ("Tue, 99 Nov 2023 22:14:20 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_anything_else_is_nothing(value, seconds):
    assert seconds == retry_after_s(value, NOW)
