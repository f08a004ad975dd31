"""Bearer tokens in the shape that kafka-python's OAUTHBEARER asks for."""

from collections.abc import Callable

from kafka.net.sasl.oauth import AbstractTokenProvider


class BearerTokens(AbstractTokenProvider):  # type: ignore[misc] # kafka-python is untyped
    """
    Hands out what `source` gives, a valid token each time.

    It is called on kafka-python's I/O thread whenever a connection authenticates, so `source` must cache and be bounded in
    time; an error that it raises closes that connection.
    """

    def __init__(self, source: Callable[[], str]) -> None:
        super().__init__()
        self._source = source

    def token(self) -> str:
        """A token that is valid now."""
        return self._source()
