"""
How connections come to be: kafka-python's manager, with sockets that are opened under a time limit.

kafka-python resolves names on its I/O thread, where a name server that is down stops everything; waits for a TLS handshake
without end; leaves sockets that failed to the garbage collector; and throws away what a broker said last when the broker
hangs up right after it, which is how it refuses a login. All that matters to somebody who asks brokers that are down, every
few seconds, for months, and wants to know why.
"""

import errno
import os
import socket
import ssl
import threading
from typing import Any

import kafka.errors as kafka
from kafka.future import Future
from kafka.net.inet import create_connection
from kafka.net.manager import KafkaConnectionManager
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport

_IN_PROGRESS = (errno.EINPROGRESS, errno.EWOULDBLOCK)
_RECEIVED_AT_ONCE = 1 << 18


class Manager(KafkaConnectionManager):  # type: ignore[misc] # kafka-python is untyped
    """Opens connections by `timeout_at` (as time.monotonic() counts) or fails; errors stay what they are."""

    async def _build_transport(self, node: Any, timeout_at: float) -> Any:
        """A transport that is connected, and encrypted if need be (kafka-python calls this for each new connection)."""
        opened = await self._opened(node.host, node.port, timeout_at)
        if not self.ssl_enabled:
            return _Transport(self._net, opened, host=node.host)
        settings = {key: value for key, value in self.config.items() if key.startswith("ssl_")}
        try:
            transport = _TlsTransport(self._net, opened, host=node.host, **settings)
        except BaseException:
            opened.close()
            raise
        try:
            await transport.handshake_by(timeout_at)
        except BaseException:
            transport.abort()
            raise
        return transport

    async def _opened(self, host: str, port: int, timeout_at: float) -> Any:
        """A socket that is connected to the first of the host's addresses that accepts."""
        options, proxy = self.config["socket_options"], self.config["proxy_url"]
        if proxy is not None:
            return await create_connection(self._net, host, port, options, proxy_url=proxy, timeout_at=timeout_at)
        failure: Exception = kafka.KafkaConnectionError(f"{host} has no address")
        for family, kind, protocol, _, address in await self._resolved(host, port):
            opened = socket.socket(family, kind, protocol)
            try:
                opened.setblocking(False)
                for option in options:
                    opened.setsockopt(*option)
                await self._connect_socket(opened, address, timeout_at)
                return opened
            except BaseException as error:
                opened.close()
                if not isinstance(error, (OSError, kafka.KafkaError)):
                    raise
                failure = error
        raise failure

    async def _resolved(self, host: str, port: int) -> list[Any]:
        """The addresses of a name; a thread of its own asks for them, unless the name is an address already."""
        try:
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            pass
        found = Future()

        def ask() -> None:
            try:
                addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                tell, outcome = found.success, addresses
            except OSError as error:
                tell, outcome = (
                    found.failure,
                    kafka.KafkaConnectionError(f"{host} cannot be resolved: {error.strerror}"),
                )
            try:
                self._net.call_soon_threadsafe(lambda: tell(outcome))
            except RuntimeError:
                return  # closed meanwhile; nobody waits

        threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
        addresses: list[Any] = await found
        return addresses

    async def _connect_socket(self, opened: socket.socket, address: Any, timeout_at: float) -> None:
        code = opened.connect_ex(address)
        if code in _IN_PROGRESS:
            try:
                await self._net.wait_write(opened, timeout_at=timeout_at)
            except kafka.KafkaTimeoutError:
                raise kafka.KafkaConnectionError("no connection in time") from None
            code = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise kafka.KafkaConnectionError(os.strerror(code).lower())


class _Receiving:
    """How both transports read: in large pieces, and what came before the end of the connection first."""

    _sock: Any

    def _sock_recv(self) -> tuple[bytes, Exception | None]:
        """All bytes that are there, or why there are no more (kafka-python calls this when the socket is readable)."""
        parts: list[bytes] = []
        error: Exception | None = None
        try:
            while part := self._sock.recv(_RECEIVED_AT_ONCE):
                parts.append(part)
            error = kafka.KafkaConnectionError("the broker closed the connection")
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except ssl.SSLError as failure:  # TLS 1.3 refuses a client's certificate only here
            error = failure
        except OSError as failure:
            error = kafka.KafkaConnectionError(f"the connection broke: {failure.strerror or failure}")
        return (b"".join(parts), None) if parts else (b"", error)


class _Transport(_Receiving, KafkaTCPTransport):  # type: ignore[misc] # kafka-python is untyped
    """Plain TCP."""


class _TlsTransport(_Receiving, KafkaSSLTransport):  # type: ignore[misc] # kafka-python is untyped
    """TLS."""

    async def handshake_by(self, timeout_at: float) -> None:
        try:
            while True:
                try:
                    self._sock.do_handshake()
                    return
                except ssl.SSLWantReadError:
                    await self._net.wait_read(self._sock, timeout_at=timeout_at)
                except ssl.SSLWantWriteError:
                    await self._net.wait_write(self._sock, timeout_at=timeout_at)
        except kafka.KafkaTimeoutError:
            raise kafka.KafkaConnectionError("no answer to the TLS handshake in time") from None
