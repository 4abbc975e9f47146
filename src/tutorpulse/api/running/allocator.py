"""mimalloc in front of the C library's allocator, for a service: a process has it from its start, or not at all.

A look at whom events touched builds and runs a plan of some four hundred operators, out of small pieces of memory, and taking events makes
and throws away many too: handing them out is a good part of the work (docs/results.md).
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

LIBRARY = "cmeel.prefix/lib/libmimalloc.so"
"""Where the package `cmeel-mimalloc` has it, in a folder that Python imports from."""

PRELOAD = "LD_PRELOAD"
HUGE_PAGES = "MIMALLOC_ALLOW_THP"
"""By itself it asks the system for pages of 2 MB: a service held some 50 MB more with them, and looks were no faster (docs/results.md)."""
_BEGUN = "TUTORPULSE_BEGUN_WITH"
"""Tells a process that was begun anew: the loader forgets `LD_PRELOAD` where the interpreter has privileges of its own."""


def begin_with_mimalloc(arguments: Sequence[str]) -> None:
    """Begin this process anew, as the same one to everybody else, with mimalloc loaded first; returns where there is nothing to be done.

    Nothing is done where it was done already, where mimalloc is not installed or the system is not Linux, where `LD_PRELOAD` is set, be it
    to nothing, and where the process was not begun with these `arguments`. To be called before anything else: nothing is closed. mimalloc's own
    settings (`MIMALLOC_…`) are obeyed.
    """
    begun = os.environ.pop(_BEGUN, None)
    if begun is not None:
        if os.environ.get(PRELOAD) == begun:
            # For this process, not for those that it starts.
            del os.environ[PRELOAD]
        return
    library = installed(sys.path)
    if library is None or PRELOAD in os.environ or not _began_with(arguments):
        return
    with_it = {HUGE_PAGES: "0"} | os.environ | {PRELOAD: library, _BEGUN: library}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], with_it)


def installed(folders: Sequence[str]) -> str | None:
    """The library's path, where one of these folders has it and the system can load it before others."""
    if sys.platform != "linux":
        return None
    paths = (Path(folder, LIBRARY) for folder in folders)
    return next((str(path) for path in paths if path.is_file()), None)


def _began_with(arguments: Sequence[str]) -> bool:
    own = sys.orig_argv[1:]
    return (
        bool(sys.executable)
        and len(own) > len(arguments)
        and own[len(own) - len(arguments) :] == [*arguments]
    )
