"""The last answer and what became of it: the same bytes again need no decoding, and give the very same object. Pure."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

_THROTTLE = 4
"""Every answer starts with the time for which the broker throttles us, which says nothing about the facts."""


class Remembered(Generic[T]):
    """Decodes the answers to one and the same request."""

    def __init__(self) -> None:
        self._bytes: bytes | None = None
        self._context: object = None
        self._value: T

    def decode(self, body: memoryview, decode: Callable[[bytes], T], context: object = None) -> T:
        """`decode(body)`, or what it gave last time if neither the bytes nor the `context` object have changed."""
        received = bytes(body)
        if self._bytes is None or received[_THROTTLE:] != self._bytes[_THROTTLE:] or context is not self._context:
            self._value = decode(received)
            self._bytes, self._context = received, context
        return self._value
