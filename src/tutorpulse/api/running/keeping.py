"""Nightly upkeep of a served home, in a process of its own: its computing takes none of the service's time."""

import logging
import subprocess
import sys
import threading
from pathlib import Path

from tutorpulse.clock import MINUTE_US, SECOND_US, Clock, midnight_before

log = logging.getLogger("tutorpulse.upkeep")

FIRST_US = 10 * MINUTE_US
"""After a start, and after midnight, so long passes before the upkeep begins: first the predictions of the day are made."""

POLL_S = 5.0
_END_S = 2.0


class Keeper:
    """Runs `tutorpulse upkeep` on a home, `FIRST_US` after the start and after each midnight (UTC). Close it before the home's socket."""

    def __init__(self, home: Path, clock: Clock, command: tuple[str, ...] | None = None) -> None:
        self._command = command or (sys.executable, "-m", "tutorpulse", "upkeep", "--home", str(home))
        self._clock = clock
        self._due_us = clock.now_us() + FIRST_US
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin to wait."""
        self._thread.start()

    def close(self) -> None:
        """Stop; what the upkeep has not written by then it does at its next turn."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2 * _END_S)

    def is_due(self) -> bool:
        """Whether it is time; the next time is then the one after the next midnight."""
        now_us = self._clock.now_us()
        if now_us < self._due_us:
            return False
        self._due_us = midnight_before(now_us) + 24 * 60 * MINUTE_US + FIRST_US
        return True

    def _run(self) -> None:
        while not self._stopping.wait(POLL_S):
            if self.is_due():
                self.run_once()

    def run_once(self) -> int | None:
        """Run it to its end; its exit code, None where it was stopped half way."""
        began_us = self._clock.now_us()
        with subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            said = self._wait(process)
        if said is None:
            return None
        seconds = (self._clock.now_us() - began_us) / SECOND_US
        tell = log.warning if process.returncode else log.info
        tell("upkeep: %s", " ".join(said.split()), extra={"fields": {"seconds": round(seconds, 1)}})
        return process.returncode

    def _wait(self, process: "subprocess.Popen[str]") -> str | None:
        while not self._stopping.is_set():
            try:
                return process.communicate(timeout=0.2)[0]
            except subprocess.TimeoutExpired:
                continue
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
        return None
