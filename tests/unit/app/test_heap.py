"""One heap for all threads, seen in a process of its own."""

import platform
import subprocess
import sys

import pytest

_THREADS_IN_TURN = """
import sys, threading
from lagwatch.app.heap import share_heap

shared = sys.argv[1] == "shared" and share_heap()
kept, here = [], threading.Barrier(4)

def work():
    here.wait()
    with turn:
        blocks = [bytearray(100_000) for _ in range(200)]
        for block in blocks:
            block[::4096] = b"x" * len(block[::4096])
        kept.append(blocks[-1])  # what is above is in use, so that nothing below goes back to the system
        del blocks
    here.wait()

turn = threading.Lock()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
size = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(shared), size.split()[1])
"""


def _peak(how: str) -> tuple[bool, int]:
    done = subprocess.run([sys.executable, "-c", _THREADS_IN_TURN, how], capture_output=True, text=True, check=True)
    shared, kilobytes = done.stdout.split()
    return shared == "1", int(kilobytes) * 1024


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has several heaps")
def test_threads_that_work_in_turn_do_not_need_the_memory_of_each():
    shared, peak = _peak("shared")
    assert shared
    each = 200 * 100_000
    assert _peak("apart")[1] - peak > 2 * each
