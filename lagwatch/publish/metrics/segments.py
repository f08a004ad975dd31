"""
Compressed pieces of a page that are joined without compressing anything again. Pure.

Each piece is a run of raw deflate blocks that ends on a byte boundary and is not the last of its stream (RFC 1951, the
flush of zlib), so pieces in a row are one stream. Together with a header and a trailer they are one gzip member
(RFC 1952): several members in a row would be shorter to write, but browsers and httpx read only the first.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

from isal import isal_zlib

_LEVEL = 1
_RAW_DEFLATE = -15
_HEADER = b"\x1f\x8b\x08" + bytes(5) + b"\x04\xff"  # deflate, no flags, no time, fastest, unknown system


@dataclass(frozen=True, slots=True)
class Segment:
    """A compressed piece: its deflate blocks in order, the CRC-32 and size of its text, and how many series that has."""

    blocks: tuple[bytes, ...] = ()
    crc: int = 0
    size: int = 0
    series: int = 0


def pack(text: bytes, series: int = 0) -> Segment:
    """The segment of a text that has so many series."""
    if not text:
        return Segment()
    deflate = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _RAW_DEFLATE)
    block = deflate.compress(text) + deflate.flush(isal_zlib.Z_FULL_FLUSH)
    return Segment((block,), isal_zlib.crc32(text), len(text), series)


def join(segments: Iterable[Segment]) -> Segment:
    """The segment whose text is that of all given ones, in order."""
    parts = tuple(segments)
    return Segment(
        blocks=tuple(block for part in parts for block in part.blocks),
        crc=reduce(lambda so_far, part: isal_zlib.crc32_combine(so_far, part.crc, part.size), parts, 0),
        size=sum(part.size for part in parts),
        series=sum(part.series for part in parts),
    )


def as_gzip(body: Segment, tail: bytes) -> bytes:
    """One gzip member with the text of the body and then the tail."""
    end = isal_zlib.compress(tail, _LEVEL, wbits=_RAW_DEFLATE)
    trailer = struct.pack("<II", isal_zlib.crc32(tail, body.crc), (body.size + len(tail)) & 0xFFFFFFFF)
    return b"".join((_HEADER, *body.blocks, end, trailer))


def as_plain(body: Segment, tail: bytes) -> Iterator[bytes]:
    """The text of the body and then the tail, in pieces, so that it need not be held whole."""
    inflate = isal_zlib.decompressobj(_RAW_DEFLATE)
    for block in body.blocks:
        yield inflate.decompress(block)
    yield tail
