"""How much time what is asked behind a poll's main facts has."""

import time

import pytest

from lagwatch.collect.exchange import SHORTEST_S, Exchange


@pytest.mark.parametrize(
    "left_s, within_s, has_s",
    [(20.0, 5.0, 5.0), (0.66, 0.16, SHORTEST_S), (0.3, 0.16, 0.3), (-1.0, 5.0, -1.0)],
)
def test_it_has_half_a_second_even_in_a_short_poll_and_never_more_than_is_left(wire, left_s, within_s, has_s):
    exchange = Exchange(wire, time.monotonic() + left_s)
    assert exchange.later(within_s).remaining_s() == pytest.approx(has_s, abs=0.1)
