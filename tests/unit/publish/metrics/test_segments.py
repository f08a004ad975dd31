"""Pieces that are joined are one gzip member, whatever their number."""

import gzip
import zlib

from hypothesis import given
from hypothesis import strategies as st

from lagwatch.publish.metrics.segments import Segment, as_gzip, as_plain, join, pack

pieces = st.lists(
    st.binary(max_size=200) | st.integers(0, 5_000).map(lambda n: b"kafka_consumer_group_lag 1\n" * n), max_size=6
)


@given(pieces, st.binary(max_size=100))
def test_joined_pieces_are_one_member_with_all_their_text(texts, tail):
    body = join(pack(text) for text in texts)
    page = as_gzip(body, tail)

    assert gzip.decompress(page) == b"".join(texts) + tail
    reader = zlib.decompressobj(31)  # reads one member, as browsers and httpx do, and checks CRC and size
    assert reader.decompress(page) == b"".join(texts) + tail
    assert reader.eof
    assert reader.unused_data == b""


@given(pieces, st.binary(max_size=100))
def test_the_plain_form_is_the_same_text(texts, tail):
    body = join(pack(text) for text in texts)

    assert b"".join(as_plain(body, tail)) == b"".join(texts) + tail


@given(pieces)
def test_joined_pieces_know_what_they_hold(texts):
    body = join(pack(text, series=1) for text in texts)

    assert (body.crc, body.size) == (zlib.crc32(b"".join(texts)), sum(map(len, texts)))
    assert body.series == sum(1 for text in texts if text)


def test_joining_is_associative_and_nothing_is_its_neutral_element():
    a, b, c = pack(b"one\n", 1), pack(b"two\n", 2), pack(b"three\n", 3)

    assert join([join([a, b]), c]) == join([a, join([b, c])]) == join([Segment(), a, Segment(), b, c])
