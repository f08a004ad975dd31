"""Names and numbers come back from both formats exactly as they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from lagwatch.publish.metrics.families import FAMILIES, Family
from lagwatch.publish.metrics.lines import Column, escape, full_label_set, header, label_set, listed, render
from lagwatch.publish.metrics.segments import as_plain, join

INTEGERS = Family("kafka_test_integer", ("kafka_cluster", "group"), "Integers.")
FLOATS = Family("kafka_test_float", ("kafka_cluster", "group"), "Floats.")

# Kafka's names are any text. \r and the like are left to the line parsers below, which cut at \n only, as Prometheus does.
names = st.text(min_size=1, max_size=30) | st.text(alphabet='\\"\n%{} =,né☃', min_size=1, max_size=12)
whole = st.integers(0, 2**63 - 1)
real = st.floats(allow_nan=False, allow_infinity=False)


def lines(family: Family, labels: list[bytes], values: np.ndarray) -> str:
    rendered = render(listed(labels, Column(family, values)))
    return b"".join(as_plain(join(rendered.segments[family]), b"")).decode()


def parsed(parse, text: str) -> list[tuple[dict[str, str], float]]:
    return [(sample.labels, sample.value) for family in parse(text) for sample in family.samples]


@given(st.lists(names, unique=True, max_size=5), names)
def test_any_name_comes_back_from_both_formats(groups, cluster):
    text = lines(INTEGERS, [label_set(kafka_cluster=cluster, group=g) for g in groups], np.arange(len(groups)))

    expected = [({"kafka_cluster": cluster, "group": g}, i) for i, g in enumerate(groups)]
    assert parsed(parse_text, text) == expected
    assert parsed(parse_openmetrics, text + "# EOF\n") == expected


@given(st.lists(whole, min_size=1, max_size=5))
def test_integers_are_written_digit_by_digit(values):
    labels = [label_set(kafka_cluster="main", group=str(i)) for i in range(len(values))]

    text = lines(INTEGERS, labels, np.array(values, np.int64))
    assert [int(line.rpartition(" ")[2]) for line in text.splitlines()] == values
    assert [value for _, value in parsed(parse_text, text)] == values


@given(st.lists(real, min_size=1, max_size=5))
def test_floats_come_back_bit_by_bit(values):
    labels = [label_set(kafka_cluster="main", group=str(i)) for i in range(len(values))]

    text = lines(FLOATS, labels, np.array(values))
    assert [value for _, value in parsed(parse_text, text)] == values
    assert [value for _, value in parsed(parse_openmetrics, text + "# EOF\n")] == values


@given(st.lists(st.none() | whole, max_size=8), st.lists(st.none() | real, max_size=8))
def test_unknown_values_have_no_line_and_the_others_keep_their_labels(integers, floats):
    for family, values, unknown, kind in ((INTEGERS, integers, -1, np.int64), (FLOATS, floats, np.nan, np.float64)):
        labels = [label_set(kafka_cluster="main", group=str(i)) for i in range(len(values))]
        column = np.array([unknown if v is None else v for v in values], kind)

        found = {labels["group"]: value for labels, value in parsed(parse_text, lines(family, labels, column))}
        assert found == {str(i): v for i, v in enumerate(values) if v is not None}


def test_a_name_that_utf_8_cannot_hold_does_not_stop_the_page():
    assert escape("a\ud800b") == b"a?b"


def test_labels_that_are_unknown_are_absent_unless_all_are_asked_for():
    assert label_set(kafka_cluster="main", rack=None, host="", broker=0) == b'{kafka_cluster="main",broker="0"} '
    full = full_label_set(kafka_cluster="main", rack=None, host="", broker=0)
    assert full == b'{kafka_cluster="main",rack="",host="",broker="0"} '


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_help_text_is_one_line_that_no_format_escapes(family):
    assert not set(family.help) & set('\\"\n')
    assert header(family).count(b"\n") == 2
