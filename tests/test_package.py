"""What importing the package sets."""

import os
import platform
import subprocess
import sys

import pytest

_THREADS, _ALLOCATOR = "OMP_WAIT_POLICY", "DUCKDB_JE_MALLOC_CONF"
_KEEPS = "dirty_decay_ms:5000,muzzy_decay_ms:0,tcache_gc_incr_bytes:33554432,tcache_nslots_large:2048"

_FAULTS = """
import resource
import tutorpulse
import duckdb

connection = duckdb.connect(config={"threads": 1})

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    connection.execute("SELECT MAX(n) FROM (SELECT i % 50000, COUNT(*) AS n FROM range(300000) AS t(i) GROUP BY 1)")
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(min([faults() for _ in range(6)][1:]))
"""

_OPTIONS = """
import ctypes
import tutorpulse
import _duckdb

def option(name, kind):
    value, size = kind(), ctypes.c_size_t(ctypes.sizeof(kind))
    refused = ctypes.CDLL(_duckdb.__file__).duckdb_je_mallctl(name, ctypes.byref(value), ctypes.byref(size), None, 0)
    return f"refused: {refused}" if refused else value.value

print(option(b"opt.tcache_gc_incr_bytes", ctypes.c_size_t), option(b"opt.tcache_nslots_large", ctypes.c_uint))
"""


def _printed(code: str, name: str, told: str | None) -> str:
    """What a new process prints, for which a variable of the environment is as told, or not set."""
    rest = {key: value for key, value in os.environ.items() if key != name}
    environment = rest | ({name: told} if told else {})
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


@pytest.mark.parametrize("told", [None, "as told"])
@pytest.mark.parametrize(("name", "otherwise"), [(_THREADS, "PASSIVE"), (_ALLOCATOR, _KEEPS)])
def test_threads_that_wait_sleep_and_memory_is_kept_unless_told_otherwise(
    name: str, otherwise: str, told: str | None
) -> None:
    assert _printed(f"import os, tutorpulse; print(os.environ['{name}'])", name, told) == (told or otherwise)


_own_allocator = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="DuckDB has its own allocator there only",
)


@_own_allocator
def test_duckdb_reads_how_long_memory_is_kept() -> None:
    at_once = "dirty_decay_ms:0,muzzy_decay_ms:0"
    assert int(_printed(_FAULTS, _ALLOCATOR, None)) * 10 < int(_printed(_FAULTS, _ALLOCATOR, at_once))


@_own_allocator
def test_duckdb_reads_how_much_each_thread_keeps() -> None:
    assert _printed(_OPTIONS, _ALLOCATOR, None) == "33554432 2048"
