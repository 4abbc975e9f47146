"""What every benchmark is: measured several times, beside the physical limit of the same machine in the same run."""

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

_LIBRARIES = ("duckdb", "lightgbm", "msgspec", "numpy")


@dataclass(frozen=True)
class Options:
    """How large and how often. `folder` is an empty one to work in; `progress` is told the steps done and in all.

    `seconds` is how long a benchmark runs that measures for a time; None: as it states.
    """

    events: int
    repeats: int
    folder: Path
    progress: Callable[[int, int], None] = lambda _done, _all: None
    seconds: float | None = None


@dataclass(frozen=True)
class Result:
    """One figure: the median of the repeats, and what the machine could do at best at the same work.

    `ratio` is what was reached of the limit: value / limit for a speed, limit / value for a time, so 1 is the best there
    is. `spread` is (largest - smallest) / median of the repeats, None for one repeat. `verdict`: what the details come to, in a sentence, where
    the benchmark asks a question.
    """

    name: str
    value: float
    unit: str
    limit: float
    ratio: float
    spread: float | None
    repeats: tuple[float, ...]
    machine: dict[str, Any]
    details: dict[str, Any] = field(default_factory=dict)
    verdict: str | None = None

    def as_data(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return asdict(self)


def result(
    name: str,
    unit: str,
    values: Sequence[float],
    limit: float,
    details: dict[str, Any],
    smaller_is_better: bool,
) -> Result:
    """The result of at least one repeat."""
    middle = median(values)
    spread = (max(values) - min(values)) / middle if len(values) > 1 else None
    ratio = limit / middle if smaller_is_better else middle / limit
    return Result(name, middle, unit, limit, ratio, spread, tuple(values), machine(), details)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def machine() -> dict[str, Any]:
    """Cores, memory, processor and versions: what a figure needs beside it. No name of the host."""
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "processor": _processor(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{library: version(library) for library in _LIBRARIES},
    }


def peak_memory_gb() -> float | None:
    """The most memory that this process held so far, file pages it mapped included; None where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = dict(
        line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines() if ":" in line
    )
    return int(lines["VmHWM"].split()[0]) / 2**20


def _processor() -> str:
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        for line in cpus.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
