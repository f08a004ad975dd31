"""
The process of one subject: `python -m benchmarks.worker NAME BOOTSTRAP SHAPE`, driven line by line over its standard input.

    poll    -> {"sample": {...}, "facts": {...}}
    serve   -> {"url": "http://127.0.0.1:.../metrics"}     subjects that publish
    usage   -> {"cpu_s": ..., "peak_bytes": ...}
    (end)   the process ends

CPU is that of the whole process with all its threads, memory its largest resident set.
"""

import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measure import Sample
from benchmarks.shape import Shape
from benchmarks.subjects import Subject, make


def peak_bytes(pid: int | str = "self") -> int:
    """
    The largest resident set that a process has had.

    Linux hands the peak of the parent on to a child's `ru_maxrss`, so VmHWM is read where there is one.
    """
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def poll(subject: Subject) -> dict[str, Any]:
    """One round."""
    requests = subject.requests()
    cpu, wall = time.process_time(), time.perf_counter()
    facts = subject.poll()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    sent = subject.requests()
    sample = Sample(
        wall_s=wall,
        cpu_s=cpu,
        requests=None if sent is None or requests is None else sent - requests,
        peak_bytes=peak_bytes(),
        stages=facts.stages,
    )
    return {"sample": asdict(sample), "facts": asdict(facts)}


def main() -> None:
    """Answer commands until the input ends."""
    name, bootstrap, shape = sys.argv[1:]
    # Answers have the standard output for themselves; whatever else is printed goes to the terminal.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    subject = make(name, bootstrap, Shape(**json.loads(shape)))
    commands: dict[str, Callable[[], dict[str, Any]]] = {
        "poll": lambda: poll(subject),
        "serve": lambda: {"url": subject.serve()},
        "usage": lambda: {"cpu_s": time.process_time(), "peak_bytes": peak_bytes()},
    }
    for line in sys.stdin:
        print(json.dumps(commands[line.strip()]()), file=answers, flush=True)
    subject.close()


if __name__ == "__main__":
    try:
        main()
    except BaseException:  # noqa: BLE001 (threads that still run would keep the process, and the one that waits for its answer)
        traceback.print_exc()
        os._exit(1)
