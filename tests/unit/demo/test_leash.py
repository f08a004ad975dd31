"""Nothing that we start outlives us."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lagwatch.demo.leash import Leash


def ended(pid: int, within_s: float = 10) -> bool:
    """Whether the process is gone (or a zombie, which only waits for its parent) before the time is over."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        status = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
        if not status.strip() or status.startswith("Z"):
            return True
        time.sleep(0.05)
    return False


def sleeper(leash: Leash) -> "subprocess.Popen[bytes]":
    return leash.spawn(["sleep", "300"], output=subprocess.DEVNULL)


def test_closing_kills_what_is_held_paused_or_not_and_removes_scratch_directories(tmp_path):
    scratch = tmp_path / "scratch"
    (scratch / "deep").mkdir(parents=True)
    leash = Leash()
    running, paused = sleeper(leash), sleeper(leash)
    paused.send_signal(signal.SIGSTOP)
    leash.scratch(scratch)
    leash.close()
    assert [running.wait(10), paused.wait(10)] == [-signal.SIGKILL, -signal.SIGKILL]
    assert not scratch.exists()


def test_what_was_released_is_left_alone():
    leash = Leash()
    process = sleeper(leash)
    leash.release(process)
    leash.close()
    assert process.poll() is None
    process.kill()
    process.wait()


def test_closing_twice_is_closing_once():
    leash = Leash()
    leash.close()
    leash.close()


def test_a_program_that_does_not_exist_is_an_error_of_its_start():
    with Leash() as leash, pytest.raises(FileNotFoundError):
        leash.spawn(["/no/such/program"], output=subprocess.DEVNULL)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_held_processes_end_with_their_owner_however_it_ends(how):
    script = (
        "import signal, subprocess, time\n"
        "from lagwatch.demo.leash import Leash\n"
        # A test run that was started in the background hands its children an ignored SIGINT.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "leash = Leash()\n"
        "print(leash.spawn(['sleep', '300'], output=subprocess.DEVNULL).pid, flush=True)\n"
        "time.sleep(300)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as owner:
        pid = int(owner.stdout.readline())
        os.kill(owner.pid, how)
    assert ended(pid)


def test_a_thread_that_ends_does_not_end_what_it_started():
    script = (
        "import subprocess, threading, time\n"
        "from lagwatch.demo.leash import Leash\n"
        "leash, started = Leash(), []\n"
        "def start(): started.append(leash.spawn(['sleep', '300'], output=subprocess.DEVNULL))\n"
        "thread = threading.Thread(target=start)\n"
        "thread.start(); thread.join(); time.sleep(0.5)\n"
        "print(started[0].poll())\n"
        "leash.close(); started[0].wait()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=Path.cwd())
    assert (done.stdout, done.stderr) == ("None\n", "")
