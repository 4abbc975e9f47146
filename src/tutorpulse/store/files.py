"""Files that are on disk when the call returns."""

import os
from pathlib import Path


def write_durably(path: Path, content: bytes) -> None:
    """Write a file's content; its folder is not synced."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
