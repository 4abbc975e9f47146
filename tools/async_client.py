"""Makes the client for asyncio out of the plain one, so that there is one list of methods; `--check` fails when it is stale.

What differs is how requests are sent (`client.async_transport`, by hand) and the words around calls: that is what this replaces.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).resolve().parent.parent / "src" / "tutorpulse" / "client"

Rules = tuple[tuple[str, str], ...]
_HELPERS = ("EVENTS_AT_ONCE", "Event", "added", "alert_path", "path_of", "quoted", "read")
_COMMON: Rules = (
    (r'(?s)\A""".*?"""', '"""{name} for asyncio. Made of `{source}` by `make docs`; edit there."""'),
    (r"(?m)^    def (?!__init__)", "    async def "),
    (r"self\.(_get|_put|_post|_transport\.send)\(", r"await self.\1("),
    (r"(?m)^( +)yield from (.*)$", r"\1for item in \2:\n\1    yield item"),
    (r"\bIterator\b", "AsyncIterator"),
    (r"\bWorklistCalls\b", "AsyncWorklistCalls"),
)
_CLIENT: Rules = (
    (r"(?ms)^def read\(.*\Z", ""),
    (r"(?m)^(EVENTS_AT_ONCE|Event) = .*\n", ""),
    (
        r"from tutorpulse\.client\.following import follow\n",
        "from tutorpulse.client.async_transport import AsyncTransport, follow\n"
        f"from tutorpulse.client.client import {', '.join(_HELPERS)}\n",
    ),
    (r"client\.worklist import", "client.async_worklist import"),
    (r"import Retries, Transport\b", "import Retries"),
    (r"\bclass Client\b", "class AsyncClient"),
    (r'"Client"', '"AsyncClient"'),
    (r"httpx\.Client\(", "httpx.AsyncClient("),
    (r"httpx\.BaseTransport", "httpx.AsyncBaseTransport"),
    (r"= Transport\(", "= AsyncTransport("),
    (r"__(enter|exit)__", r"__a\1__"),
    (r"self\._http\.close\(", "await self._http.aclose("),
    (r"(?<!def )self\.close\(", "await self.close("),
    (r"for page in self\._pages\(", "async for page in self._pages("),
    (r"(?m)^( +)return follow\((.*)\)$", r"\1async for found in follow(\2):\n\1    yield found"),
    (r"Use as a context manager, or close it\. Threads may", "Use with `async with`, or close it. Tasks may"),
)
MADE: dict[str, tuple[str, str, Rules]] = {
    "async_client.py": ("client.py", "The client", (*_COMMON, *_CLIENT)),
    "async_worklist.py": ("worklist.py", "The part of the client that is about the work list,", _COMMON),
}
"""Each file that is made: of which, what it is, and what is replaced."""


def made(target: str) -> str:
    """The text that a file should have."""
    source, name, rules = MADE[target]
    text = (CLIENT / source).read_text(encoding="utf-8")
    for pattern, replacement in rules:
        text, count = re.subn(pattern, replacement.replace("{name}", name).replace("{source}", source), text)
        if not count:
            raise SystemExit(f"{source} has nothing like {pattern!r} any more: mend tools/async_client.py")
    return _ruff(target, ["format", "--quiet"], _ruff(target, ["check", "--fix-only", "--quiet"], text))


def _ruff(target: str, command: list[str], text: str) -> str:
    arguments = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(CLIENT / target), "-"]
    return subprocess.run(arguments, input=text, capture_output=True, text=True, check=True).stdout


def main() -> int:
    """Write the files, or with `--check` name those that are stale and return 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = [target for target in MADE if not _write(CLIENT / target, made(target), check)]
    for target in stale:
        print(f"src/tutorpulse/client/{target} is stale: run `make docs`")
    return 1 if stale else 0


def _write(path: Path, text: str, check: bool) -> bool:
    if check:
        return path.is_file() and path.read_text(encoding="utf-8") == text
    path.write_text(text, encoding="utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
