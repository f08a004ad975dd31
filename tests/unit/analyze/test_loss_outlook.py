"""When retention will take what a group has not read."""

import numpy as np

from lagwatch.cycle import Memory, advance
from tests.support.build import T0, group, snapshot, topic


def outlook(*logs: tuple[int, int]) -> list[float]:
    """Seconds until the first loss after each poll, for a group that never moves from offset 0; a log is (start, end)."""
    memory = Memory()
    seconds = []
    for i, log in enumerate(logs):
        facts = snapshot({"orders": topic(log)}, {"billing": group({"orders": [0]})}, at=T0 + 30 * i)
        view, _ = advance(memory, facts, (), facts.at)
        seconds.append(float(view.pairs.loss_in_s[0]))
    return seconds


def test_a_group_that_has_read_nothing_yet_of_a_topic_that_deletes_nothing_is_not_about_to_lose_anything():
    seconds = outlook(*((0, 20_000 + 100 * i) for i in range(12)))
    assert not any(value == 0 for value in seconds)
    assert np.isinf(seconds[-1])


def test_a_group_at_the_log_start_of_a_topic_that_deletes_is_losing_now():
    assert outlook(*((500 * i, 20_000 + 500 * i) for i in range(12)))[-1] == 0
