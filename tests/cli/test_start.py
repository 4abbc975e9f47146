"""How soon a verb begins."""

import subprocess
import sys

HEAVY = (
    *("apprise", "boto3", "fastapi", "lightgbm", "onnx", "pandas", "pyarrow"),
    *("scipy.optimize", "scipy.special", "scipy.stats", "sklearn"),
)


def test_no_verb_waits_for_a_heavy_library_that_only_some_need() -> None:
    asked = f"import sys; from tutorpulse.cli.loading import whole_app; whole_app(); print(*[one for one in {HEAVY!r} if one in sys.modules])"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout.split() == []
