"""The heap of the process."""

import ctypes

_M_ARENA_MAX = -8  # malloc.h of glibc


def share_heap() -> bool:
    """
    Let all threads have one heap; whether the C library can do that. To be called before there are threads.

    glibc gives threads heaps of their own, and a heap keeps what it needed once. The columns of a poll are made by one thread
    and freed by another, so that several heaps grow to the size that one would have: 680 instead of 520 MB for a million
    commits (mallopt(3), M_ARENA_MAX). Other C libraries have one heap anyway.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_M_ARENA_MAX, 1))
