"""What a thread has freed goes back to the system; mimalloc is loaded when a process begins, so in processes of their own."""

import os
import subprocess
import sys

import pytest

from tutorpulse.api.running.allocator import PRELOAD, installed
from tutorpulse.spare import EVERY_S, Spare

_FREED = """
import threading
from tutorpulse.spare import EVERY_S, Spare

def own_kb():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon"))

def work():
    now_s = [0.0]
    spare, before = Spare(lambda: now_s[0]), own_kb()
    held = [bytes(2_000 + number % 3_000) for number in range(40_000)]
    full = own_kb()
    del held
    now_s[0] = EVERY_S
    print(spare.return_when_due(), full - before, own_kb() - before)

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


def _said(preload: str) -> list[str]:
    return subprocess.check_output(
        [sys.executable, "-c", _FREED], env=os.environ | {PRELOAD: preload}, text=True, timeout=60
    ).split()


@pytest.mark.skipif(installed(sys.path) is None, reason="needs cmeel-mimalloc, and Linux")
def test_what_a_thread_has_freed_goes_back_to_the_system() -> None:
    library = installed(sys.path)
    assert library is not None

    returned, *kilobytes = _said(library)

    full, after = map(int, kilobytes)
    assert returned == "True"
    assert full > 100_000
    assert after < 0.1 * full


@pytest.mark.skipif(sys.platform != "linux", reason="looks at a process as Linux tells of it")
def test_with_another_allocator_nothing_is_done() -> None:
    assert _said("")[0] == "False"


def test_it_is_returned_as_often_as_is_told_and_not_more(monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[bool] = []
    now_s = [100.0]
    spare = Spare(lambda: now_s[0])
    monkeypatch.setattr(spare, "_collect", collected.append)

    for second in range(1, 4 * int(EVERY_S)):
        now_s[0] = 100.0 + second
        assert spare.return_when_due() is (second % EVERY_S == 0)

    assert collected == [True] * 3
