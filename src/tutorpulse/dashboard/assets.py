"""Scripts, styles and fonts: the project's own from `static/`, third parties' from `vendor/`, which the package build fills."""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from tutorpulse.api.problems import ProblemError

_HERE = Path(__file__).parent
FOLDERS = (_HERE / "static", _HERE / "vendor")
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_YEAR = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@cache
def _files() -> dict[str, Path]:
    return {path.name: path for folder in FOLDERS if folder.is_dir() for path in folder.iterdir()}


@cache
def _version() -> str:
    """Changes with any file, so that browsers may keep what they have for ever."""
    digest = hashlib.sha256()
    for name, path in sorted(_files().items()):
        digest.update(name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def complete() -> bool:
    """Whether the third parties' files are there: a checkout that was not installed has none."""
    return "echarts.js" in _files()


def url(name: str) -> str:
    """Where a file is loaded from."""
    return f"/assets/{_version()}/{name}"


@router.get("/assets/{version}/{name}")
def asset(request: Request, version: str, name: str) -> Response:  # noqa: ARG001
    """A file, packed where the caller takes gzip and it is there packed. Needs no key: the same for everybody."""
    path = _files().get(name)
    kind = _TYPES.get(Path(name).suffix)
    if path is None or kind is None:
        raise ProblemError("not-found", f"There is no file {name!r} among the dashboard's.")
    headers = {"cache-control": _YEAR, "vary": "Accept-Encoding"}
    packed = _files().get(f"{name}.gz")
    if packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return FileResponse(packed, media_type=kind, headers=headers | {"content-encoding": "gzip"})
    return FileResponse(path, media_type=kind, headers=headers)
