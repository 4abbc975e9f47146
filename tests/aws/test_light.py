"""What the functions load: their asset holds no learner, no Arrow and no terminal."""

import subprocess
import sys

ABSENT = ("lightgbm", "sklearn", "scipy", "pyarrow", "pandas", "typer", "rich")
"""What `packaging` leaves out."""


def test_the_functions_need_nothing_that_their_asset_leaves_out() -> None:
    blocked = f"import sys; sys.modules.update(dict.fromkeys({ABSENT!r})); import tutorpulse.aws.handlers"
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
