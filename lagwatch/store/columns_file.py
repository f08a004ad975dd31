"""Columns and names in one file: numpy's .npz without objects, replaced as a whole or not at all."""

import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from lagwatch.errors import StoreAway, StoreError
from lagwatch.model.columns import Array

_ABOUT = "about"
_DIFFERENCES = "differences-"


def write(path: Path, about: Mapping[str, Any], columns: Mapping[str, Array]) -> None:
    """
    Write the file anew; what was there before stays if that fails. Raises StoreAway.

    `about` is JSON. Integers in two dimensions are stored as differences from row to row, which are small.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        with part.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                _write_one(archive, _ABOUT, np.frombuffer(json.dumps(about).encode(), dtype=np.uint8))
                for name, column in columns.items():
                    _write_one(archive, name, column)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise StoreAway(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def read(path: Path) -> tuple[dict[str, Any], dict[str, Array]] | None:
    """What was written there, None if nothing was. Raises StoreError if `write` did not make it, StoreAway if it cannot be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            columns = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise StoreError(f"{path} is damaged, or none of lagwatch's files: {error}") from error
    except OSError as error:
        raise StoreAway(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        about = json.loads(columns.pop(_ABOUT).tobytes())
    except (KeyError, ValueError) as error:
        raise StoreError(f"{path} is none of lagwatch's files: it does not say what it is") from error
    if not isinstance(about, dict):
        raise StoreError(f"{path} is none of lagwatch's files: it does not say what it is")
    return about, {name.removeprefix(_DIFFERENCES): _restored(name, column) for name, column in columns.items()}


def _write_one(archive: zipfile.ZipFile, name: str, column: Array) -> None:
    if column.ndim != 2 or column.dtype.kind != "i":
        with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
            np.lib.format.write_array(member, column, allow_pickle=False)
        return
    with archive.open(f"{_DIFFERENCES}{name}.npy", "w", force_zip64=True) as member:
        described = np.lib.format.dtype_to_descr(column.dtype)
        header = {"descr": described, "fortran_order": False, "shape": column.shape}
        np.lib.format.write_array_header_1_0(member, header)
        before = np.zeros_like(column, shape=column.shape[1])
        for row in column:  # row by row, so that it takes no memory
            member.write((row - before).tobytes())
            before = row


def _restored(name: str, column: Array) -> Array:
    if not name.startswith(_DIFFERENCES) or column.ndim != 2:
        return column
    return np.cumsum(column, axis=0, dtype=column.dtype, out=column)


def _sync(directory: Path) -> None:
    """The new name is on the disk, too."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
