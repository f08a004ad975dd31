"""
Requests as bytes and answers as bytes, in the shape that kafka-python's connection sends and receives.

kafka-python encodes a request each time it is sent and decodes every answer into objects. A `Request` is encoded once and
sent as often as need be; its answer comes back as the plain bytes of its body. What kafka-python expects of the two
(`with_header`, `encode`, `get_response_class`, `parse_header`, `decode`, ...) is held by a contract test.
"""

import struct
from typing import Any, NamedTuple

from kafka.errors import KafkaProtocolError

_REQUEST_HEADER = struct.Struct(">hhi")
_CORRELATION = struct.Struct(">i")


class Request:
    """
    One encoded request: `name` (Kafka's name of the API), `version`, and the bytes of its body.

    `flexible` versions carry tagged fields in both headers (KIP-482). `throttled` says whether the answer starts with the
    time for which the broker holds back this client (all do that lagwatch reads, but DescribeQuorum's and ApiVersions').
    `aside` requests are those that the broker passes on to others, which may hang: a connection carries nothing else
    meanwhile. `plain_answer`: the header of the answer has no tagged fields whatever the version (ApiVersions).
    """

    def __init__(
        self,
        name: str,
        api_key: int,
        version: int,
        body: bytes,
        *,
        flexible: bool,
        throttled: bool = True,
        aside: bool = False,
        plain_answer: bool = False,
    ) -> None:
        self.name = name
        self.version = version
        self.throttled = throttled
        self.aside = aside
        self.API_VERSION = version
        self.header: _Header | None = None
        self._key = api_key
        self._body = body
        self._flexible = flexible
        self._flexible_answer = flexible and not plain_answer

    def __repr__(self) -> str:
        return f"{self.name} v{self.version}, {len(self._body)} bytes"

    def with_header(self, correlation_id: int, client_id: str) -> None:
        """Prepares the next `encode` (kafka-python calls both in one go)."""
        self.header = _Header(correlation_id, client_id, self._key, self.version, self._flexible_answer)

    def encode(self, *, framed: bool, header: bool) -> bytes:
        """The whole frame: size, header, body."""
        assert framed
        assert header
        assert self.header is not None
        client_id = self.header.client_id.encode()
        head = _REQUEST_HEADER.pack(self._key, self.version, self.header.correlation_id)
        head += struct.pack(">h", len(client_id)) + client_id + (b"\0" if self._flexible else b"")
        return b"".join((_CORRELATION.pack(len(head) + len(self._body)), head, self._body))

    def expect_response(self) -> bool:
        """Always."""
        return True


class Answer(NamedTuple):
    """The body of an answer; it stays valid for as long as it is referenced."""

    body: memoryview


class _Header(NamedTuple):
    correlation_id: int
    client_id: str
    api_key: int
    api_version: int
    flexible_answer: bool

    def get_response_class(self) -> "type[_PlainAnswer]":
        return _FlexibleAnswer if self.flexible_answer else _PlainAnswer


class _AnswerHeader(NamedTuple):
    correlation_id: int


class _PlainAnswer:
    """How kafka-python's parser reads an answer: `buffer` is its receive buffer, at the start of the answer's header."""

    @classmethod
    def parse_header(cls, buffer: Any) -> _AnswerHeader:
        try:
            header = _AnswerHeader(_CORRELATION.unpack(buffer.read(4))[0])
            cls._skip_tags(buffer)
        except (struct.error, ValueError) as error:
            raise KafkaProtocolError("an answer that is shorter than its header") from error
        return header

    @staticmethod
    def decode(buffer: Any) -> Answer:
        return Answer(memoryview(buffer)[buffer.tell() :])

    @staticmethod
    def _skip_tags(buffer: Any) -> None:
        """Headers of older versions have none."""


class _FlexibleAnswer(_PlainAnswer):
    @staticmethod
    def _skip_tags(buffer: Any) -> None:
        for _ in range(_uvarint(buffer)):
            _uvarint(buffer)
            buffer.read(_uvarint(buffer))


def _uvarint(buffer: Any) -> int:
    value = shift = 0
    while True:
        byte: int
        (byte,) = buffer.read(1)
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value
        shift += 7
