"""Groups of bodies decoded by a process of its own, beside the one that holds the store.

An interpreter does one thing at a time, and to decode and check events is the most of what a flood of them costs: while one process does that, the other decides,
journals and answers. What comes back are outlines: the rows themselves are read from the journal once the database takes them.

    python -m tutorpulse.store.beside

is that process: groups come in on its input, in MessagePack, and their outlines go out on its output, in order. It ends when its input does.
"""

import fcntl
import os
import subprocess
import sys
import termios
import time
from array import array
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread

import msgspec

from tutorpulse.store.bodies import Decoded, Group, decode
from tutorpulse.store.outline import Outline

_PIPE_BYTES = 1 << 20
_AGAIN_AFTER_S = 60.0
_ENDS_IN_S = 2.0
_ANSWERS_IN_S = 10.0
"""A process that takes a thousand times as long as it should hangs."""
_SWITCH_S = 0.0005
"""The next group is read while one is decoded; at Python's 5 ms the sender waits for each of its pieces."""

_HELLO = b"ready"


class _Answer(msgspec.Struct, frozen=True, array_like=True):
    outline: Outline
    starts: tuple[int, ...]


_ENCODER = msgspec.msgpack.Encoder()
_GROUP = msgspec.msgpack.Decoder(Group)
_ANSWER = msgspec.msgpack.Decoder(_Answer)


class Beside:
    """The process, started when somebody first asks whether it is ready. For one thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._groups: Connection | None = None
        self._answers: Connection | None = None
        self._said_hello = False
        self._not_before_s = time.monotonic()

    @property
    def pid(self) -> int | None:
        """The process's number; None where there is none."""
        return self._process.pid if self._process else None

    def is_ready(self) -> bool:
        """Whether it can take a group at once. One that ended is started again, a minute later."""
        if self._process is None and time.monotonic() >= self._not_before_s:
            self._start()
        if self._answers is not None and not self._said_hello:
            try:
                self._said_hello = self._answers.poll() and self._answers.recv_bytes() == _HELLO
            except (EOFError, OSError):
                self._give_up()
        return self._said_hello

    def send(self, group: Group) -> bool:
        """Have a group decoded; `receive` gives its outline. False: the process has ended, or has not read what was sent before."""
        assert self._groups is not None, "ready"
        if _has_unread(self._groups):
            # What does not fit into the pipe would wait for a process that may hang.
            return False
        try:
            self._groups.send_bytes(_ENCODER.encode(group))
        except OSError:
            self._give_up()
            return False
        return True

    def receive(self) -> Decoded[Outline] | None:
        """Of the first group sent that was not received; None where the process ended before, or hangs."""
        if self._answers is None:
            return None
        try:
            came = self._answers.recv_bytes() if self._answers.poll(_ANSWERS_IN_S) else b""
        except (EOFError, OSError):
            came = b""
        if not came:
            self._give_up()
            return None
        answer = _ANSWER.decode(came)
        return Decoded(answer.outline, answer.starts)

    def close(self) -> None:
        """End it."""
        process, self._process, self._said_hello = self._process, None, False
        for connection in (self._groups, self._answers):
            if connection is not None:
                connection.close()
        self._groups = self._answers = None
        if process is not None:
            try:
                process.wait(_ENDS_IN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tutorpulse.store.beside"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pipesize=_PIPE_BYTES,
            # A Ctrl-C is for the service, which ends this in its time.
            start_new_session=True,
        )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None, "asked for"
        assert stdout is not None, "asked for"
        with stdin, stdout:
            self._groups = Connection(os.dup(stdin.fileno()), readable=False)
            self._answers = Connection(os.dup(stdout.fileno()), writable=False)

    def _give_up(self) -> None:
        self.close()
        self._not_before_s = time.monotonic() + _AGAIN_AFTER_S


def _has_unread(pipe: Connection) -> bool:
    unread = array("i", [0])
    fcntl.ioctl(pipe.fileno(), termios.FIONREAD, unread)
    return unread[0] > 0


def main() -> None:
    """Decode what comes in until nothing does."""
    incoming, outgoing = Connection(os.dup(0), writable=False), Connection(os.dup(1), readable=False)
    sys.setswitchinterval(_SWITCH_S)
    waiting: SimpleQueue[bytes | None] = SimpleQueue()
    Thread(target=_read, args=(incoming, waiting), daemon=True).start()
    try:
        outgoing.send_bytes(_HELLO)
        while (encoded := waiting.get()) is not None:
            decoded = decode(_GROUP.decode(encoded))
            outgoing.send_bytes(_ENCODER.encode(_Answer(Outline.of(decoded.batch), decoded.starts)))
    except BrokenPipeError:
        # Whoever asked is gone.
        return


def _read(incoming: Connection, waiting: "SimpleQueue[bytes | None]") -> None:
    try:
        while True:
            waiting.put(incoming.recv_bytes())
    except (EOFError, OSError):
        waiting.put(None)


if __name__ == "__main__":
    main()
