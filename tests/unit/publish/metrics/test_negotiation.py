"""Who gets which form of the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagwatch.publish.metrics import Format, Variant, negotiate

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROTOBUF_FIRST = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6," + PROMETHEUS_3
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept, expected",
    [
        ("", Format.TEXT),
        ("*/*", Format.TEXT),
        (BROWSER, Format.TEXT),
        (PROMETHEUS_2, Format.OPENMETRICS),
        (PROMETHEUS_3, Format.OPENMETRICS),
        (PROTOBUF_FIRST, Format.OPENMETRICS),
        ("application/openmetrics-text", Format.OPENMETRICS),
        ("Application/OpenMetrics-Text; Version=1.0.0", Format.OPENMETRICS),
        ('application/openmetrics-text; version="1.0.0"', Format.OPENMETRICS),
        ("application/openmetrics-text;version=2.0.0", Format.TEXT),
        ("application/openmetrics-text;q=0", Format.TEXT),
        ("application/openmetrics-text;q=0.4,text/plain;q=0.5", Format.TEXT),
        ("application/openmetrics-text;q=0.5,text/plain;q=0.5", Format.TEXT),
        ("application/openmetrics-text;q=0.5,*/*;q=0.5", Format.OPENMETRICS),
        ("application/openmetrics-text;q=0.5,text/*;q=0.5", Format.OPENMETRICS),
        ("application/openmetrics-text;q=0.5,text/*;q=0.9", Format.TEXT),
        ("application/*", Format.OPENMETRICS),
        ("text/plain", Format.TEXT),
        ("text/plain;q=0,application/openmetrics-text;q=0.1", Format.OPENMETRICS),
        ("application/json", Format.TEXT),
        ("application/openmetrics-text;q=high,text/plain;q=0.1", Format.TEXT),
        ("application/openmetrics-text;q=7,text/plain;q=0.1", Format.TEXT),
        (", ;,/", Format.TEXT),
    ],
)
def test_the_format_is_the_one_that_is_preferred(accept, expected):
    assert negotiate(accept).format is expected


@pytest.mark.parametrize(
    "accept_encoding, expected",
    [
        ("", False),
        ("gzip", True),
        ("x-gzip", True),
        ("GZIP", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("gzip;q=0.001", True),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*", True),
        ("*;q=0", False),
        ("br", False),
        ("identity", False),
        ("identity, gzip", True),
        ("identity;q=1, gzip;q=0.5", False),
        ("identity;q=0.5, gzip;q=1", True),
        ("gzip;q=much", False),
    ],
)
def test_gzip_is_for_those_who_accept_it(accept_encoding, expected):
    assert negotiate("", accept_encoding).gzip is expected


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_is_an_error(accept, accept_encoding):
    assert isinstance(negotiate(accept, accept_encoding), Variant)


def test_a_variant_names_its_headers():
    assert Variant().headers == {
        "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
        "Vary": "Accept, Accept-Encoding",
    }
    assert Variant(Format.OPENMETRICS, gzip=True).headers == {
        "Content-Type": "application/openmetrics-text; version=1.0.0; charset=utf-8",
        "Vary": "Accept, Accept-Encoding",
        "Content-Encoding": "gzip",
    }
