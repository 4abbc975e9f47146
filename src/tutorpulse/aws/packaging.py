"""The asset of the functions: this package and what it needs there, in one folder. LightGBM, scikit-learn, SciPy, Arrow and pandas stay out."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal, TypeAlias

import tutorpulse
from tutorpulse.errors import InputError
from tutorpulse.settings import FILE_NAME as SETTINGS_FILE

NEEDED = (
    "annotated-doc",
    "annotated-types",
    "anyio",
    "duckdb",
    "fastapi",
    "idna",
    "mangum",
    "msgspec",
    "numpy",
    "opentelemetry-api",
    "prometheus-client",
    "pydantic",
    "pydantic-core",
    "starlette",
    "typing-extensions",
    "typing-inspection",
    "tzdata",
    "zstandard",
)
"""What is installed beside this package, in the versions that are installed here. boto3 is part of Lambda's runtime."""

UNZIPPED_BYTES_MAX = 250 * 1024 * 1024
"""What Lambda takes, layers included."""

Architecture: TypeAlias = Literal["x86_64", "arm64"]
_PLATFORMS: dict[Architecture, str] = {"x86_64": "x86_64", "arm64": "aarch64"}
_HOME_FILES = (SETTINGS_FILE, "rules.toml", "alerts.toml")
_NOT_THERE = ("starter", "assets", "__pycache__")
"""Folders of this package that no function reads: the starter model's trees, the dashboard's assets."""


@dataclass(frozen=True)
class Asset:
    """A built asset: its folder, its size unpacked, and the Python that it is for, such as 3.11."""

    folder: Path
    unzipped_bytes: int
    python: str
    architecture: Architecture


def build(folder: Path, home: Path | None = None, architecture: Architecture = "x86_64") -> Asset:
    """Build the asset in a folder, which is emptied first, for the version of Python that runs this.

    Args:
        folder: where it goes. home: a home whose settings and rules the functions are to follow. architecture: of the functions.

    Raises:
        InputError: a package cannot be had, or the asset is larger than Lambda takes.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _install(folder, architecture)
    ours = Path(tutorpulse.__file__).parent
    shutil.copytree(ours, folder / "tutorpulse", ignore=shutil.ignore_patterns(*_NOT_THERE))
    _copy_metadata(folder)
    _copy_home(folder / "home", home)
    _thin(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > UNZIPPED_BYTES_MAX:
        raise InputError(
            f"The asset has {size:,} bytes, Lambda takes {UNZIPPED_BYTES_MAX:,}. Leave something out."
        )
    return Asset(folder, size, f"{sys.version_info.major}.{sys.version_info.minor}", architecture)


def _install(folder: Path, architecture: Architecture) -> None:
    wanted = [f"{name}=={metadata.version(name)}" for name in NEEDED]
    tags = [f"manylinux_2_{minor}_{_PLATFORMS[architecture]}" for minor in (28, 27, 26, 24, 17)]
    platforms = [
        part for tag in (*tags, f"manylinux2014_{_PLATFORMS[architecture]}") for part in ("--platform", tag)
    ]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    ended = subprocess.run(
        [*command, "--only-binary=:all:", *platforms, "--target", str(folder), *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        said = ended.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise InputError(f"The asset's packages cannot be installed: {said[0]} Is a package index reachable?")


def _copy_metadata(folder: Path) -> None:
    """The package's version is read from its metadata."""
    there = folder / f"tutorpulse-{tutorpulse.__version__}.dist-info"
    there.mkdir()
    text = f"Metadata-Version: 2.1\nName: tutorpulse\nVersion: {tutorpulse.__version__}\n"
    (there / "METADATA").write_text(text, encoding="utf-8")


def _copy_home(there: Path, home: Path | None) -> None:
    there.mkdir()
    for name in _HOME_FILES if home else ():
        assert home is not None
        if (home / name).is_file():
            shutil.copy(home / name, there / name)


def _thin(folder: Path) -> None:
    """Leave out what runs nowhere: tests, stubs, headers, scripts. Byte code stays out too, so that the same input gives the same asset."""
    for pattern in (
        "bin",
        "numpy/*/tests",
        "numpy/tests",
        "numpy/_core/include",
        "numpy/_core/lib",
        "**/__pycache__",
    ):
        for path in list(folder.glob(pattern)):
            shutil.rmtree(path, ignore_errors=True)
    for path in [*folder.rglob("*.pyi"), *folder.rglob("*.pyc")]:
        path.unlink()
