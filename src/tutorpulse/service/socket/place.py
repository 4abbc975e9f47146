"""Where the socket lies: `serve.sock` in the home, whatever the length of the home's path."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOCKET_FILE = "serve.sock"
_PATH_BYTES_MAX = 100
"""Unix takes socket names of about this length (Linux 107, macOS 103); longer ones go by the number of the open folder."""


def listen(folder: Path, waiting: int) -> socket.socket:
    """A listening socket in the folder that only its owner may use; one that a dead service left is replaced.

    The caller holds the home's lock.
    """
    path = folder / SOCKET_FILE
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _short(path) as name:
        listener.bind(name)
    path.chmod(0o600)  # before anybody can connect: that takes `listen`
    listener.listen(waiting)
    return listener


def connect(folder: Path) -> socket.socket | None:
    """A connection to the service that holds the folder; None where none does.

    Raises:
        PermissionError: the service runs as another user.
    """
    path = folder / SOCKET_FILE
    if not path.exists():
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(path) as name:
            connection.connect(name)
    except (ConnectionRefusedError, FileNotFoundError):
        connection.close()
        return None
    except OSError:
        connection.close()
        raise
    return connection


@contextmanager
def _short(path: Path) -> Iterator[str]:
    if len(os.fsencode(path)) <= _PATH_BYTES_MAX:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
