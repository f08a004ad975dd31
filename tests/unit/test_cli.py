"""The command line as a person meets it."""

import subprocess
import sys

from lagwatch import __version__


def test_the_version_is_printed_and_nothing_else():
    done = subprocess.run([sys.executable, "-m", "lagwatch", "--version"], capture_output=True, text=True, check=False)
    assert (0, f"lagwatch {__version__}\n", "") == (done.returncode, done.stdout, done.stderr)
