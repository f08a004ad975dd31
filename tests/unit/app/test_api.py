"""Tokens, silences and the audit log of a real service: configured, used over HTTP, and still there after a restart."""

import socket
from pathlib import Path

import httpx

from tests.support.service import Service, serving

SILENCE = {"matchers": [{"name": "group", "value": "billing"}], "duration_s": 3600, "comment": "migration"}


def post(service: Service, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{service.url}/api/v1/silences", json=SILENCE, headers=headers, timeout=10, trust_env=False)


def configuration(directory: Path, bootstrap: str) -> Path:
    (directory / "ada").write_text("first-token\n")
    file = directory / "lagwatch.yaml"
    file.write_text(
        f"bootstrap: {bootstrap}\n"
        "web:\n"
        "  external_url: https://lagwatch.example.com/\n"
        "  tokens: [{name: ada, role: operator, token_file: ada}, {name: wall, token: wall-token}]\n"
        "store: {data_dir: data}\n"
        "webhook: {url: http://127.0.0.1:1/}\n"
    )
    return file


def test_what_an_operator_did_outlives_a_restart_and_a_token_file_may_be_replaced_meanwhile(tmp_path):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        file = configuration(tmp_path, f"127.0.0.1:{nobody.getsockname()[1]}")
        with serving(tmp_path, "--config", str(file)) as service:
            assert post(service, "wrong").status_code == 401
            assert post(service, "wall-token").status_code == 403
            made = post(service, "first-token")
            assert made.status_code == 201
            assert made.headers["location"].startswith("https://lagwatch.example.com/api/v1/silences/")
            (tmp_path / "ada").write_text("second-token\n")
            assert (post(service, "first-token").status_code, post(service, "second-token").status_code) == (401, 201)
            assert [each["name"] for each in service.get("/api/v1/receivers").json()["items"]] == ["webhook"]
            assert "When it fires" in service.get("/runbooks/consumer-lag-high").text
            assert service.stop() == 0
        with serving(tmp_path, "--config", str(file)) as service:
            kept = {silence["id"]: silence for silence in service.get("/api/v1/silences").json()["items"]}
            assert kept[made.json()["id"]] == made.json()
            entries = service.get("/api/v1/audit").json()["items"]
            assert [(entry["actor"], entry["action"]) for entry in entries] == [("ada", "silence.create")] * 2
            assert "first-token" not in service.log.read_text()
