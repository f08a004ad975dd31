"""Requests to brokers as bytes, all of them in flight at once, and the answers as bytes: what no client can undercut."""

import selectors
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

CLIENT_ID = "lagwatch-benchmark"
TIMEOUT_S = 60.0

Address = tuple[str, int]


def frame(request: Any, version: int) -> bytes:
    """A request of kafka-python's as it goes over the wire, its length in front."""
    request.API_VERSION = version
    request.with_header(correlation_id=0, client_id=CLIENT_ID)
    data: bytes = request.encode(framed=True, header=True)
    return data


def answer(response_class: Any, version: int, body: bytearray) -> Any:
    """An answer of `Wire.exchange` as kafka-python's object."""
    return response_class[version].decode(body, header=True)


class Lane:
    """One connection: what is still to be sent, and the answers that are awaited, in the order of their requests."""

    def __init__(self, address: Address) -> None:
        self.socket = socket.create_connection(address, timeout=TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.outgoing = memoryview(b"")
        self.awaited = 0
        self.answers: list[bytearray] = []
        self._start()

    def _start(self) -> None:
        self._buffer, self._filled, self._in_body = bytearray(4), 0, False

    def begin(self, frames: Sequence[bytes]) -> None:
        """Take the requests of one exchange."""
        self.outgoing, self.awaited, self.answers = memoryview(b"".join(frames)), len(frames), []

    @property
    def done(self) -> bool:
        return len(self.answers) == self.awaited and not self.outgoing

    @property
    def events(self) -> int:
        """What to wait for."""
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self.outgoing else 0)

    def send(self) -> None:
        """Send what the socket takes."""
        self.outgoing = self.outgoing[self.socket.send(self.outgoing) :]

    def receive(self) -> None:
        """Read what has come; a whole frame goes to `answers`."""
        while not self.done:
            try:
                count = self.socket.recv_into(memoryview(self._buffer)[self._filled :])
            except BlockingIOError:
                return
            if count == 0:
                raise ConnectionError("The broker closed the connection; its log says why.")
            self._filled += count
            if self._filled == len(self._buffer):
                self._frame()

    def _frame(self) -> None:
        if self._in_body:
            self.answers.append(self._buffer)
            self._start()
        else:
            self._buffer, self._filled, self._in_body = bytearray(int.from_bytes(self._buffer)), 0, True


class Wire:
    """Connections to all brokers, `lanes` to each (a broker answers the requests of one connection one after another)."""

    def __init__(self, addresses: Mapping[int, Address], lanes: int = 1) -> None:
        self._lanes = {node: [Lane(address) for _ in range(lanes)] for node, address in addresses.items()}

    @property
    def nodes(self) -> tuple[int, ...]:
        return tuple(self._lanes)

    def exchange(self, frames: Mapping[int, Sequence[bytes]]) -> dict[int, list[bytearray]]:
        """Send every node its frames and read all answers, per node in the order of its frames."""
        busy: list[Lane] = []
        for node, requests in frames.items():
            lanes = self._lanes[node]
            for i, lane in enumerate(lanes):
                lane.begin(requests[i :: len(lanes)])
            busy += [lane for lane in lanes if not lane.done]
        self._run(busy)
        return {node: _interleave([lane.answers for lane in self._lanes[node]]) for node in frames}

    def ask(self, node: int, request: Any, response_class: Any, version: int) -> Any:
        """One request, its answer decoded."""
        return answer(response_class, version, self.exchange({node: [frame(request, version)]})[node][0])

    def _run(self, busy: Iterable[Lane]) -> None:
        with selectors.DefaultSelector() as selector:
            for lane in busy:
                selector.register(lane.socket, lane.events, lane)
            while selector.get_map():
                ready = selector.select(TIMEOUT_S)
                if not ready:
                    raise TimeoutError(f"A broker did not answer within {TIMEOUT_S:.0f} s; its log says why.")
                for key, events in ready:
                    lane = key.data
                    if events & selectors.EVENT_WRITE:
                        lane.send()
                    if events & selectors.EVENT_READ:
                        lane.receive()
                    if lane.done:
                        selector.unregister(lane.socket)
                    elif key.events != lane.events:
                        selector.modify(lane.socket, lane.events, lane)

    def close(self) -> None:
        """Close every connection."""
        for lanes in self._lanes.values():
            for lane in lanes:
                lane.socket.close()


def _interleave(parts: Sequence[Sequence[bytearray]]) -> list[bytearray]:
    """Undo `requests[i :: n]` for n parts."""
    whole: list[bytearray] = [bytearray()] * sum(map(len, parts))
    for i, part in enumerate(parts):
        whole[i :: len(parts)] = part
    return whole
