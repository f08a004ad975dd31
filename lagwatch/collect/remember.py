"""The last answer and what became of it: the same bytes again need no decoding, and give the very same object. Pure."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

THROTTLE_BYTES = 4
"""Nearly every answer starts with how long the broker holds us back, which is no fact about the cluster."""


class Remembered(Generic[T]):
    """Decodes the answers to one and the same request."""

    def __init__(self) -> None:
        self._key: bytes | None = None
        self._context: object = None
        self._value: T

    def decode(
        self, body: memoryview, decode: Callable[[bytes], T], context: object = None, key: bytes | None = None
    ) -> T:
        """
        `decode(body)`, or what it gave last time if neither the bytes nor the `context` object have changed.

        `key` is the part of the body that matters, by default all but the throttle time.
        """
        if key is None:
            key = bytes(body[THROTTLE_BYTES:])
        if self._key is None or key != self._key or context is not self._context:
            self._value = decode(bytes(body))
            self._key, self._context = key, context
        return self._value
