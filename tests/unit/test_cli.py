"""The command line as a person meets it."""

import os
import subprocess
import sys

from lagwatch import __version__


def test_the_version_is_printed_and_nothing_else():
    done = subprocess.run([sys.executable, "-m", "lagwatch", "--version"], capture_output=True, text=True, check=False)
    assert (0, f"lagwatch {__version__}\n", "") == (done.returncode, done.stdout, done.stderr)


def test_every_command_is_told_in_a_whole_sentence():
    for command in ([], ["offsets"], ["notify"]):
        done = subprocess.run(
            [sys.executable, "-m", "lagwatch", *command, "--help"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "COLUMNS": "80"},
        )
        told = done.stdout.partition("Commands:\n")[2].splitlines()
        assert told
        assert all(line.endswith(".") and not line.endswith("...") for line in told), told
