"""The arithmetic behind the benchmark's tables."""

import pytest

from benchmarks.measure import Ratio, Sample, Spread, Summary, Target


def sample(wall_s: float, cpu_s: float = 1.0, **other: object) -> Sample:
    return Sample(wall_s=wall_s, cpu_s=cpu_s, **other)  # type: ignore[arg-type]


def test_a_spread_is_the_smallest_the_middle_and_the_largest_in_any_order():
    assert Spread(1, 2.5, 9) == Spread.of([9, 2, 1, 3])


def test_a_spread_of_nothing_is_an_error_and_not_zero():
    with pytest.raises(ValueError):
        Spread.of([])


def test_a_ratio_compares_the_medians_and_each_round_with_its_own():
    ratio = Ratio.of([2.0, 4.0, 12.0], [1.0, 4.0, 2.0])
    assert ratio.medians == 2.0
    assert Spread(1.0, 2.0, 6.0) == ratio.pairs


def test_a_ratio_needs_as_many_rounds_on_both_sides():
    with pytest.raises(ValueError):
        Ratio.of([1.0, 2.0], [1.0])


def test_a_summary_takes_the_middle_of_times_and_requests_and_the_largest_memory():
    summary = Summary.of(
        [
            sample(0.3, requests=20, peak_bytes=5, stages={"read": 0.1}),
            sample(0.1, requests=26, peak_bytes=9, stages={"read": 0.3}),
            sample(0.2, requests=20, peak_bytes=7, stages={"read": 0.2}),
        ]
    )
    assert Spread(0.1, 0.2, 0.3) == summary.wall_s
    assert (summary.requests, summary.peak_bytes) == (20, 9)
    assert {"read": Spread(0.1, 0.2, 0.3)} == summary.stages


def test_requests_that_a_client_does_not_tell_stay_unknown():
    assert Summary.of([sample(1.0), sample(2.0)]).requests is None
    assert Summary.of([sample(1.0), sample(2.0, requests=7)]).requests == 7


@pytest.mark.parametrize("value, met", [(3.99, True), (4.0, True), (4.01, False)])
def test_a_target_is_met_up_to_its_limit(value: float, met: bool):
    assert met == Target(what="wall", value=value, at_most=4.0, unit="×").met
