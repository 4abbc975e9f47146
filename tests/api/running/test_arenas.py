"""The bound on the C library's arenas, in processes of their own: it holds for the whole of one."""

import os
import platform
import subprocess
import sys

import pytest

_COUNT = """
import ctypes, threading
from tutorpulse.api.running.arenas import bound_arenas
done, gate = bound_arenas(), threading.Barrier(41)
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
def allocate():
    libc.malloc(1000)
    gate.wait()
for _ in range(40):
    threading.Thread(target=allocate).start()
gate.wait()
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
print(done)
"""


def arenas(**environment: str) -> tuple[int, bool]:
    """How many arenas forty threads came to, and whether they were bound."""
    ran = subprocess.run(
        [sys.executable, "-c", _COUNT],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
    )
    return ran.stdout.count("<heap nr="), ran.stdout.endswith("True\n")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_forty_threads_share_as_many_arenas_as_there_are_processors() -> None:
    count, bound = arenas()
    assert bound
    assert count <= max(2, os.cpu_count() or 1)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_who_sets_their_number_is_obeyed() -> None:
    assert arenas(MALLOC_ARENA_MAX="5") == (5, False)
