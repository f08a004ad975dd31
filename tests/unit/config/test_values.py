"""The kinds of single values."""

import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.config import values
from lagwatch.config.values import format_duration, parse_duration
from tests.support.settings import parse, settings


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(values).failed == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0), ("30", 30.0), ("0.25", 0.25), (" 30s ", 30.0), ("1.5s", 1.5), ("5m", 300.0), ("90m", 5400.0),
        ("1h30m", 5400.0), ("2d", 172_800.0), ("1d1h1m1s1ms", 90_061.001), ("500ms", 0.5), ("5m500ms", 300.5), (7, 7.0), (0.5, 0.5),
    ],
)  # fmt: skip
def test_durations_are_read(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", " ", "s", "-5s", "5 m", "m5", "5m1h", "5min", "1e3", "٥s", "400d", "5m5m", "nan", "inf", None, True, [], {}]
)  # fmt: skip
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="a duration such as 30s, 5m or 1h30m"):
        parse_duration(text)


@pytest.mark.parametrize("number", [-1, math.nan, math.inf, 10**400, 367 * 86_400])
def test_a_number_that_is_no_duration_is_refused(number):
    with pytest.raises(ValueError, match="a duration such as"):
        parse_duration(number)


@given(st.integers(0, 366 * 86_400_000))
def test_a_duration_is_written_so_that_it_can_be_read(milliseconds):
    assert round(parse_duration(format_duration(milliseconds / 1000)) * 1000) == milliseconds


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.integers())))
def test_whatever_is_given_is_a_duration_or_refused(value):
    try:
        seconds = parse_duration(value)
    except ValueError:
        return
    assert 0 <= seconds <= 366 * 86_400


@pytest.mark.parametrize(
    "bootstrap",
    ["h:1", "kafka-1.example.com:9092", "10.0.0.1:9092", "'[::1]:9092'", "a_b:65535", "a:1, b:2 ,c:3", "[a:1, b:2]"],
)
def test_brokers_are_host_and_port(bootstrap):
    assert len(settings(f"bootstrap: {bootstrap}").clusters[0].bootstrap) == bootstrap.count(",") + 1


@pytest.mark.parametrize(
    "bootstrap", ["h", "h:", ":1", "h:0", "h:65536", "PLAINTEXT://h:1", "a b:1", "-h:1", "h-:1", "h:1:2", "::1:9092"]
)
def test_what_is_no_host_and_port_is_refused(bootstrap):
    _, problems = parse(f"bootstrap: ['{bootstrap}']")
    assert problems == [
        f"lagwatch.yaml line 1: bootstrap[0]: {bootstrap}: expected host:port, such as kafka-1.example.com:9092"
    ]


@pytest.mark.parametrize(
    "url", ["ftp://h/", "h", "//h", "https://", "https://h:0x/", "https://h:99999", "https://a b/", "https://u:p@h/"]
)
def test_what_is_no_address_is_refused(url):
    _, problems = parse(f"bootstrap: a:1\nweb: {{external_url: '{url}'}}")
    assert len(problems) == 1
    assert "web.external_url" in problems[0]
    assert ": expected an address" in problems[0]


def test_a_name_and_a_password_in_an_address_are_never_shown():
    _, problems = parse("bootstrap: a:1\nweb: {external_url: 'https://me:hunter2@h/'}")
    assert problems == [
        "lagwatch.yaml line 2: web.external_url: https://***@h/: expected an address without user name and password"
    ]


@pytest.mark.parametrize(("text", "port"), [("0", 0), ("65535", 65_535), ("'8080'", 8080)])
def test_a_port_may_be_any_and_zero(text, port):
    assert settings(f"bootstrap: a:1\nweb: {{port: {text}}}").web.port == port


@pytest.mark.parametrize("text", ["65536", "-1", "yes", "80.5", "1e3", "'0x50'", "http", "[80]", "{a: 1}"])
def test_what_is_no_port_is_refused(text):
    _, problems = parse(f"bootstrap: a:1\nweb: {{port: {text}}}")
    assert len(problems) == 1
    assert problems[0].startswith("lagwatch.yaml line 2: web.port: ")


@pytest.mark.parametrize("pattern", ["(", "[[a]", "a{2,1}", "(?<x>a)", "*", "a(?i)"])
def test_a_pattern_that_python_refuses_or_warns_of_is_refused(pattern):
    _, problems = parse(f"bootstrap: a:1\ngroups: {{include: ['{pattern}']}}")
    assert len(problems) == 1
    assert f"groups.include[0]: {pattern}: expected a regular expression (this one: " in problems[0]


def test_one_pattern_needs_no_list():
    found = settings("bootstrap: a:1\ngroups: {include: 'a{1,2}'}").clusters[0].groups.name_filter()
    assert found.include == ("a{1,2}",)
    assert found.matches("aa")
    assert not found.matches("aaa")
