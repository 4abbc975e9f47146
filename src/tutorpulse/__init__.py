"""tutorpulse: watches a tutoring marketplace's events and says who needs someone, why, and what to do."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutorpulse.client import AsyncClient as AsyncClient
    from tutorpulse.client import Client as Client

__version__ = "0.1.0"

# Read once, when OpenMP is loaded. Threads of LightGBM and scikit-learn that wait for one another awake take the core from the
# one that they wait for, wherever something else works too: ten times as long for the same trees.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Read once, too, when DuckDB is loaded. Its allocator gives memory back after a second by itself, and a service that asks much the same
# each second got it from the system again each time, page by page: a sixth of a query of features. And of pieces as large as a column of
# 2,048 values, of which a plan has thousands, a thread kept twenty, looked through anew for each 64 kB.
os.environ.setdefault(
    "DUCKDB_JE_MALLOC_CONF",
    "dirty_decay_ms:5000,muzzy_decay_ms:0,tcache_gc_incr_bytes:33554432,tcache_nslots_large:2048",
)


def __getattr__(name: str) -> object:
    """`tutorpulse.Client` and `AsyncClient`, imported when they are asked for: they need httpx, an extra."""
    if name in ("AsyncClient", "Client"):
        from tutorpulse import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
