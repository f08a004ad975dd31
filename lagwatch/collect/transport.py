"""
How connections come to be: kafka-python's manager, with sockets that are opened under a time limit.

kafka-python resolves names on its I/O thread, where a name server that is down stops everything; waits for a TLS handshake
without end; and leaves sockets that failed to the garbage collector. All three matter to somebody who asks brokers that are
down, every few seconds, for months.
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


class Manager(KafkaConnectionManager):  # type: ignore[misc] # kafka-python is untyped
    """Opens connections by `timeout_at` (as time.monotonic() counts) or fails; errors stay what they are."""

    async def _build_transport(self, node: Any, timeout_at: float) -> Any:
        """A transport that is connected, and encrypted if need be (kafka-python calls this for each new connection)."""
        opened = await self._opened(node.host, node.port, timeout_at)
        if not self.ssl_enabled:
            return KafkaTCPTransport(self._net, opened, host=node.host)
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


class _TlsTransport(KafkaSSLTransport):  # type: ignore[misc] # kafka-python is untyped
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
