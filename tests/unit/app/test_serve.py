"""`lagwatch serve` where there is no Kafka: it starts, says why it is not ready, reloads, and ends when told to."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.receiver import receiver
from tests.support.service import PROGRAM, serving


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where nobody listens, kept from others."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def mute() -> Iterator[str]:
    """An address where somebody listens and never answers, as a broker that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], cwd=directory, capture_output=True, text=True, timeout=60)


def test_a_cluster_that_is_down_at_the_start_is_no_reason_not_to_serve(tmp_path, nobody):
    with serving(tmp_path, "--bootstrap", nobody, "--interval", "1s") as service:
        assert service.get("/livez").status_code == 200
        failed = service.wait_for_event("poll failed", count=2)
        assert failed["kind"] == "ClusterUnreachable"
        ready = service.get("/readyz")
        assert ready.status_code == 503
        assert nobody in ready.json()["detail"]
        metrics = service.get("/metrics").text
        assert 'lagwatch_poll_failures_total{kafka_cluster="default",kind="ClusterUnreachable"}' in metrics
        assert service.get("/api/v1/clusters").json()["total"] == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_code_0_even_while_a_poll_hangs(tmp_path, mute, number):
    with serving(tmp_path, "--bootstrap", mute, "--interval", "1h") as service:
        assert service.get("/livez").status_code == 200
        assert service.stop(number) == 0
        assert [event["event"] for event in (*service.events("stopping"), *service.events("stopped"))] == [
            "stopping",
            "stopped",
        ]


def test_it_ends_while_somebody_holds_a_connection_open(tmp_path, nobody):
    with serving(tmp_path, "--bootstrap", nobody) as service:
        host, port = service.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as idle, socket.create_connection((host, int(port))) as slow:
            slow.sendall(b"GET /metrics HTTP/1.1\r\nHost: lagwatch\r\n")
            assert service.get("/livez").status_code == 200
            assert service.stop() == 0
            assert idle.recv(1) == b""


def test_a_port_that_is_taken_is_one_sentence_and_code_1(tmp_path, nobody):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path, "serve", "--bootstrap", nobody, "--port", str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"lagwatch: cannot listen on 127.0.0.1, port {port}: ")
    assert "Traceback" not in done.stderr


def test_settings_that_are_wrong_are_said_all_at_once_and_end_it_with_code_2(tmp_path):
    done = run(tmp_path, "serve", "--interval", "soon", "--web-port", "99999")
    assert done.returncode == 2
    for said in ("bootstrap", "interval", "soon", "web.port", "99999"):
        assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reload_says_what_changed_what_needs_a_restart_and_what_is_wrong(tmp_path, nobody):
    file = tmp_path / "lagwatch.yaml"
    file.write_text(f"bootstrap: {nobody}\ninterval: 1s\n")
    with serving(tmp_path) as service:
        rules = "rules: {ConsumerLagHigh: {enabled: false}}\n"
        file.write_text(f"bootstrap: {nobody}\ninterval: 2s\ngroups: {{exclude: ['test-.*']}}\n{rules}")
        service.send(signal.SIGHUP)
        reloaded = service.wait_for_event("reloaded")
        assert reloaded["changes"] == [
            "rule ConsumerLagHigh is disabled",
            "cluster default watches groups of every name, except test-.*",
        ]
        assert any("interval" in sentence and "restart" in sentence for sentence in reloaded["needs_restart"])

        file.write_text(f"bootstrap: {nobody}\nrules: {{ConsumerLagHihg: {{enabled: true}}}}\n")
        service.send(signal.SIGHUP)
        failed = service.wait_for_event("reload failed, the settings stay as they were")
        assert "ConsumerLagHihg" in failed["error"]
        assert service.get("/livez").status_code == 200

        file.write_text(f"bootstrap: {nobody}\ninterval: 1s\ngroups: {{exclude: ['test-.*']}}\n{rules}")
        service.send(signal.SIGHUP)
        assert service.wait_for_event("reloaded", count=2)["changes"] == []


def test_receivers_and_routes_change_while_it_runs(tmp_path, nobody):
    file = tmp_path / "lagwatch.yaml"
    watched = f"bootstrap: {nobody}\ninterval: 1s\n"
    stale = "rules: {PollStale: {for: 1s, thresholds: {poll_overdue: {above: 0.0001}}}}\n"
    file.write_text(watched + stale)
    with serving(tmp_path) as service, receiver() as hook:

        def receivers() -> list[str]:
            return [each["name"] for each in service.get("/api/v1/receivers").json()["items"]]

        assert receivers() == []
        routes = "routes: [{receivers: [webhook], group_wait: 1s}]\n"
        file.write_text(f"{watched}{stale}webhook: {{url: '{hook.url}'}}\n{routes}")
        service.send(signal.SIGHUP)
        assert service.wait_for_event("reloaded")["changes"] == ["receiver webhook is new", "the routes have changed"]
        assert hook.wait_for(1)[0]["alerts"][0]["labels"]["alertname"] == "PollStale"
        assert receivers() == ["webhook"]
        file.write_text(watched + stale)
        service.send(signal.SIGHUP)
        service.wait_for_event("reloaded", count=2)
        assert receivers() == []
