"""How many heaps the C library keeps for the threads of a service: what is free in one of them serves no other."""

import ctypes
import os
import platform

_M_ARENA_MAX = -8
"""From glibc's `malloc.h`."""


def bound_arenas() -> bool:
    """Have threads that begin from now on share as many arenas as there are processors, two at least; whether that was done.

    By itself glibc makes up to eight for each processor, and the threads of a service come to more than that. Where `MALLOC_ARENA_MAX` is
    set, or the C library is another, nothing is done.
    """
    if "MALLOC_ARENA_MAX" in os.environ or platform.libc_ver()[0] != "glibc":
        return False
    return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, max(2, os.cpu_count() or 1)))
