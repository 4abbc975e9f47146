"""What importing the package sets."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("told", [None, "ACTIVE"])
def test_threads_that_wait_sleep_unless_told_otherwise(told: str | None) -> None:
    rest = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    code = "import os, tutorpulse; print(os.environ['OMP_WAIT_POLICY'])"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=rest | ({"OMP_WAIT_POLICY": told} if told else {}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == (told or "PASSIVE")
