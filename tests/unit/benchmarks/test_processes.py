"""Requests as bytes, and exporters that somebody else built, against stand-ins on this computer."""

import os
import socket
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from benchmarks import poll
from benchmarks.processes import PEERS, BenchmarkError, Peer, Worker, cpu_seconds
from benchmarks.shape import EIGHTH
from benchmarks.wire import Wire

EXPORTER = """\
    #!{python}
    import http.server, os, sys

    port = int(os.environ.get("EXPORTER_PORT") or sys.argv[-1].rpartition(":")[2])
    scrapes = 0

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            global scrapes
            scrapes += 1
            sum(range(2_000_000))
            lines = ["# HELP {lag} lag", '{lag}{{group="a",partition="0"}} 5', '{lag}{{group="a",partition="1"}} 6', "{lag}_sum 11"]
            lines += [f'{requests}{{{{key="OffsetFetch"}}}} {{scrapes * 7}}'] if "{requests}" else []
            body = "\\n".join(lines).encode()
            self.send_response({status})
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def exporter(directory: Path, name: str, *, status: int = 200) -> Path:
    kind, path = PEERS[name], directory / name
    source = EXPORTER.format(python=sys.executable, lag=kind.lag, requests=kind.requests, status=status)
    path.write_text(textwrap.dedent(source))
    path.chmod(0o755)
    return path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other processes are measured on Linux only")
@pytest.mark.parametrize("name, requests", [("kminion", 7), ("kafka_exporter", None)])
def test_a_peer_is_started_told_where_kafka_is_scraped_and_measured(tmp_path: Path, name: str, requests: int | None):
    with closing(Peer(name, exporter(tmp_path, name), "127.0.0.1:1,127.0.0.1:2")) as peer:
        peer.poll()
        sample, facts = peer.poll()
    assert sample.cpu_s > 0
    assert sample.wall_s > 0
    assert sample.peak_bytes > 1_000_000
    assert requests == sample.requests
    assert facts.commits == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other processes are measured on Linux only")
def test_a_peer_that_answers_with_an_error_is_told_with_its_answer(tmp_path: Path):
    with (
        closing(Peer("kminion", exporter(tmp_path, "kminion", status=503), "127.0.0.1:1")) as peer,
        pytest.raises(BenchmarkError, match=r"/metrics answered 503"),
    ):
        peer.poll()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other processes are measured on Linux only")
def test_a_peer_that_ends_at_once_is_told_with_its_exit_code(tmp_path: Path):
    path = tmp_path / "kminion"
    path.write_text("#!/bin/sh\nexit 3\n")
    path.chmod(0o755)
    with pytest.raises(BenchmarkError, match="kminion ended with 3 while starting"):
        Peer("kminion", path, "127.0.0.1:1")


def test_every_broker_is_named_to_an_exporter():
    command = PEERS["kafka_exporter"].command(Path("exporter"), "a:1,b:2", 99)
    assert command == ["exporter", "--kafka.server=a:1", "--kafka.server=b:2", "--web.listen-address=127.0.0.1:99"]
    assert PEERS["kminion"].variables("a:1,b:2", 99)["KAFKA_BROKERS"] == "a:1,b:2"


@pytest.mark.parametrize("text", ["kminion", "kminion=", "burrow=/bin/true", "kminion=/nowhere/kminion"])
def test_a_peer_that_is_unknown_or_no_executable_is_refused_with_exit_code_2(text: str):
    with pytest.raises(SystemExit) as ended:
        poll.main(["--peer", text])
    assert ended.value.code == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other processes are measured on Linux only")
def test_the_cpu_clock_of_a_process_is_its_own():
    before = cpu_seconds(os.getpid())
    sum(range(1_000_000))
    assert cpu_seconds(os.getpid()) > before


@contextmanager
def echo(connections: int) -> Iterator[tuple[str, int]]:
    """A server that sends back every frame it gets, one after another, as a broker answers a connection's requests."""

    def serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            while head := stream.read(4):
                stream.write(head + stream.read(int.from_bytes(head)))
                stream.flush()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threads: list[threading.Thread] = []

        def accept() -> None:
            for _ in range(connections):
                threads.append(threading.Thread(target=serve, args=(server.accept()[0],)))
                threads[-1].start()

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        yield server.getsockname()
        acceptor.join()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("lanes", [1, 3])
def test_answers_come_back_in_the_order_of_their_requests_however_large_and_over_however_many_connections(lanes: int):
    bodies = [bytes([i]) * (i * 100_000) for i in range(1, 9)]
    frames = [len(body).to_bytes(4) + body for body in bodies]
    with echo(lanes) as address, closing(Wire({1: address}, lanes)) as wire:
        for _ in range(2):
            assert {1: bodies} == wire.exchange({1: frames})
        assert wire.exchange({1: []}) == {1: []}


def test_a_subject_that_fails_ends_with_its_traceback_instead_of_leaving_everybody_waiting(
    capfd: pytest.CaptureFixture[str],
):
    with (
        closing(Worker("floor", "127.0.0.1:1", EIGHTH)) as worker,
        pytest.raises(BenchmarkError, match="floor ended with 1 during poll"),
    ):
        worker.poll()
    assert "ConnectionRefusedError" in capfd.readouterr().err
