"""mimalloc in front of the C library's allocator, in processes of their own: it is loaded when one begins."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tutorpulse.api.running.allocator import HUGE_PAGES, LIBRARY, PRELOAD, installed

pytestmark = pytest.mark.skipif(installed(sys.path) is None, reason="needs cmeel-mimalloc, and Linux")

_GIVEN_TO = Path("/sys/kernel/mm/transparent_hugepage/enabled")
"""To whom the system gives huge pages."""

_BEGIN = """
import os, sys
from tutorpulse.api.running.allocator import begin_with_mimalloc
{first}
begin_with_mimalloc(sys.argv[1:])
loaded = "libmimalloc" in open("/proc/self/maps").read()
print(loaded, [name for name in os.environ if name in ("LD_PRELOAD", "TUTORPULSE_BEGUN_WITH")], sys.argv[1:], os.getpid())
"""


def _ran(arguments: Sequence[str], first: str = "", last: str = "", **environment: str) -> tuple[str, int]:
    """What a process says that begins so, its own number last, and the number of the process that was started."""
    rest = {name: value for name, value in os.environ.items() if name not in (PRELOAD, HUGE_PAGES)}
    process = subprocess.Popen(
        [sys.executable, "-c", _BEGIN.format(first=first) + last, *arguments],
        env=rest | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    said, _ = process.communicate(timeout=60)
    return said.strip(), process.pid


def test_a_service_has_it_as_the_same_process_with_its_arguments_and_those_it_starts_have_not() -> None:
    arguments = ["serve", "--home", "a home", ""]

    said, pid = _ran(arguments)

    assert said == f"True [] {arguments} {pid}"


@pytest.mark.parametrize(("told", "asked"), [({}, False), ({HUGE_PAGES: "1"}, True)])
def test_it_asks_for_huge_pages_only_if_it_is_told_to(told: dict[str, str], asked: bool) -> None:
    if asked and not (_GIVEN_TO.exists() and "[madvise]" in _GIVEN_TO.read_text()):
        pytest.skip("this system gives no huge pages to whoever asks for them")
    flags = (
        "print(any('hg' in line.split() for line in open('/proc/self/smaps') if line.startswith('VmFlags')))"
    )

    said, _ = _ran(["serve"], last=flags, **told)

    assert said.splitlines()[-1] == str(asked)


@pytest.mark.parametrize("told", ["", "/nowhere/libelse.so"])
def test_who_says_what_is_to_be_loaded_first_is_obeyed(told: str) -> None:
    said, pid = _ran(["serve"], LD_PRELOAD=told)

    assert said == f"False ['LD_PRELOAD'] ['serve'] {pid}"


def test_where_the_loader_forgets_it_the_process_begins_anew_once_only() -> None:
    forgets = "if 'TUTORPULSE_BEGUN_WITH' in os.environ: del os.environ['LD_PRELOAD']"

    said, pid = _ran(["serve"], first=forgets)

    assert said == f"True [] ['serve'] {pid}"


def test_a_program_that_asks_for_a_verb_within_itself_goes_on() -> None:
    said, pid = _ran(["its", "own"], first="sys.argv[1:] = ['serve']")

    assert said == f"False [] ['serve'] {pid}"


def test_without_it_a_process_goes_on_as_it_is() -> None:
    said, pid = _ran(["serve"], first="sys.path[:] = [p for p in sys.path if 'site-packages' not in p]")

    assert said == f"False [] ['serve'] {pid}"


def test_it_is_sought_where_python_imports_from(tmp_path: Path) -> None:
    here = tmp_path / "here"
    (here / LIBRARY).parent.mkdir(parents=True)
    (here / LIBRARY).touch()

    assert installed([str(tmp_path), str(here)]) == str(here / LIBRARY)
    assert installed([str(tmp_path)]) is None
