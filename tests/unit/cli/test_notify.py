"""`lagwatch notify test` as a person meets it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.receiver import HANG, receiver


def notify(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("LAGWATCH_")}
    command = [sys.executable, "-m", "lagwatch", "notify", "test", *arguments]
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=60, check=False)


def settings(directory: Path, url: str, more: str = "") -> str:
    file = directory / "settings.yaml"
    file.write_text(
        f"receivers:\n  ours: {{webhook: {{url: '{url}', token: s3cret, timeout: 2s}}}}\n"
        f"webhook: {{url: '{url}'}}\n{more}"
    )
    return str(file)


def test_a_sample_is_sent_once_and_what_came_back_is_said(tmp_path):
    with receiver() as there:
        done = notify("ours", "--config", settings(tmp_path, there.url), cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        origin = there.url.removesuffix("/hook")
        assert done.stdout.startswith(f"ours (webhook, {origin}): sent in ")
        assert done.stdout.endswith("s: the receiver answered 200: ok\n")
        (body,) = there.bodies
        assert (body["receiver"], body["alerts"][0]["labels"]["alertname"]) == ("ours", "LagwatchTest")
        assert there.headers[0]["Authorization"] == "Bearer s3cret"


def test_what_went_wrong_is_said_and_the_exit_code_is_1(tmp_path):
    with receiver((400, {}), HANG) as there:
        refused = notify("ours", "--config", settings(tmp_path, there.url), cwd=tmp_path)
        hangs = notify("ours", "--config", settings(tmp_path, there.url), cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "not sent in " in refused.stderr
    assert "the receiver answered 400: no, not now" in refused.stderr
    assert hangs.returncode == 1
    assert "could not be reached: ReadTimeout" in hangs.stderr
    assert "s3cret" not in refused.stderr + hangs.stderr


def test_the_short_form_is_a_receiver_too_and_one_that_is_not_there_is_said(tmp_path):
    with receiver() as there:
        file = settings(tmp_path, there.url)
        assert notify("webhook", "--config", file, cwd=tmp_path).returncode == 0
        unknown = notify("theirs", "--config", file, cwd=tmp_path)
    assert unknown.returncode == 2
    assert unknown.stderr == "lagwatch: theirs: no such receiver is configured; there are: ours, webhook\n"
    none = notify("theirs", cwd=tmp_path)
    assert (none.returncode, "there is none" in none.stderr) == (2, True)


def test_a_secret_that_is_not_there_is_said(tmp_path):
    file = tmp_path / "lagwatch.yaml"
    file.write_text("receivers: {chat: {slack: {url_file: absent}}}")
    done = notify("chat", cwd=tmp_path)
    assert done.returncode == 1
    assert "absent cannot be read: No such file or directory" in done.stderr
