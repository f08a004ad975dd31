"""Traces on disk: which files are meant, and their snapshots."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lagwatch.errors import TraceError
from lagwatch.model.snapshot import Snapshot

STANDARD_INPUT = "-"
_ENDINGS = (".ndjson", ".ndjson.gz")


def found(given: str) -> list[str]:
    """The file itself, or the traces in a directory and below it, by name. Raises TraceError if there are none in it."""
    place = Path(given)
    if given == STANDARD_INPUT or not place.is_dir():
        return [given]
    try:
        files = sorted(str(file) for file in place.rglob("*") if file.name.endswith(_ENDINGS) and file.is_file())
    except OSError as error:
        raise TraceError(f"{given}: cannot be read ({error.strerror})") from error
    if not files:
        raise TraceError(f"{given}: no trace in it (expected files that end in {' or '.join(_ENDINGS)})")
    return files


def snapshots(name: str) -> Iterator[Snapshot]:
    """The snapshots of one trace, gzip'd or not; raises TraceError with file, line and field. What came before is given first."""
    from lagwatch.model.trace import read_trace

    said = "standard input" if name == STANDARD_INPUT else name
    try:
        with _opened(name) as lines:
            yield from read_trace(lines)
    except TraceError as error:
        raise TraceError(f"{said}: {error}") from error
    except UnicodeDecodeError as error:
        raise TraceError(f"{said}: not UTF-8 text ({error.reason} at byte {error.start})") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TraceError(f"{said}: not whole gzip data ({error})") from error
    except OSError as error:
        raise TraceError(f"{said}: cannot be read ({error.strerror})") from error


@contextmanager
def _opened(name: str) -> Iterator[IO[str]]:
    if name == STANDARD_INPUT:
        yield sys.stdin
        return
    with gzip.open(name, "rt", encoding="utf-8") if name.endswith(".gz") else Path(name).open(encoding="utf-8") as file:
        yield file
