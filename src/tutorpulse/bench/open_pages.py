"""What many open pages that listen cost a service: memory and processor time, against the same service with none open."""

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean, median

from tutorpulse.bench.served import Served, own_memory_mb
from tutorpulse.clock import SystemClock
from tutorpulse.store.home import Home
from tutorpulse.store.state import InsightRow, State

OPEN_PAGES = 500
ROUNDS = 3
"""After the first, in which the service reaches its working size: what it then keeps for pages to come is told apart."""
SPAN_S = 8.0
SETTLED_S = 2.0
_WRITE_EVERY_S = 0.5


@dataclass(frozen=True)
class OpenPages:
    """What `pages` that listen cost more than none, two insights a second being written all the while.

    `memory_mb`: memory of the process's own, the median over `rounds` of opening and closing them all, each held against the mean
    of the spans without pages before and after it; `memory_low_mb` and `memory_high_mb` are the extremes of the rounds. `cores`:
    processor seconds a second, the median of the same differences. `first_memory_mb`: the first opening of all against the span before
    it, with all that the service keeps from then on for the next ones, less what it gives back after its start: it may be negative. None where the system does not tell.
    """

    pages: int
    rounds: int
    span_s: float
    memory_mb: float | None
    memory_low_mb: float | None
    memory_high_mb: float | None
    cores: float | None
    first_memory_mb: float | None


@dataclass(frozen=True)
class _Span:
    memory_mb: float | None
    cores: float | None


def cost_of_open_pages(home: Home, at: Served) -> OpenPages:
    """Open and close them, again and again."""
    with closing(State(home.state_path)) as state:
        fresh = _span(at, state)
        with _listening(at):
            first = _span(at, state)
        closed, opened = [_span(at, state)], list[_Span]()
        for _ in range(ROUNDS):
            with _listening(at):
                opened.append(_span(at, state))
            closed.append(_span(at, state))
    memory = differences([s.memory_mb for s in opened], [s.memory_mb for s in closed])
    cores = differences([s.cores for s in opened], [s.cores for s in closed])
    return OpenPages(
        OPEN_PAGES,
        ROUNDS,
        SPAN_S,
        median(memory) if memory else None,
        min(memory, default=None),
        max(memory, default=None),
        median(cores) if cores else None,
        None if fresh.memory_mb is None or first.memory_mb is None else first.memory_mb - fresh.memory_mb,
    )


def differences(opened: Sequence[float | None], closed: Sequence[float | None]) -> list[float]:
    """Of each open span against the mean of the closed one before and the one after it (one more than open ones); empty where the
    system did not tell."""
    with_pages = [value for value in opened if value is not None]
    without = [value for value in closed if value is not None]
    if len(with_pages) < len(opened) or len(without) < len(closed):
        return []
    beside = pairwise(without)
    return [value - mean(pair) for value, pair in zip(with_pages, beside, strict=True)]


@contextmanager
def _listening(at: Served) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(OPEN_PAGES):
            listener = stack.enter_context(closing(socket.create_connection((at.host, at.port))))
            listener.sendall(at.head("GET", "/live"))
            listener.recv(4_096)
        yield


def _span(at: Served, state: State) -> _Span:
    """The mean memory and processor time of a while in which insights are written, after what came before it has settled."""
    time.sleep(SETTLED_S)
    began, cpu_s, seen = time.perf_counter(), _cpu_s(at.pid), list[float | None]()
    while time.perf_counter() - began < SPAN_S:
        state.insights.add([_insight(time.perf_counter_ns())])
        time.sleep(_WRITE_EVERY_S)
        seen.append(own_memory_mb(at.pid))
    took, spent_s = time.perf_counter() - began, _cpu_s(at.pid)
    known = [value for value in seen if value is not None]
    return _Span(
        mean(known) if known else None,
        None if cpu_s is None or spent_s is None else (spent_s - cpu_s) / took,
    )


def _insight(number: int) -> InsightRow:
    now_us = SystemClock().now_us()
    return InsightRow(
        f"bench-{number}",
        "tutor",
        "tutor-000000",
        now_us,
        "churn_risk",
        40.0,
        "Burnout risk 40 %",
        "[]",
        "bench",
        "low",
    )


def _cpu_s(pid: int) -> float | None:
    """Processor time that a process used so far, in seconds; None where the system does not say."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return None
    user, system = stat.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
