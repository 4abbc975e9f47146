"""A progress bar for whatever takes over two seconds: on standard error, and only on a terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tutorpulse.cli import console

PATIENCE_SECONDS = 2.0


@contextmanager
def progress_bar(
    title: str, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[int, int], None]]:
    """Gives a function to be told what is done and how much there is; the bar appears when patience ends."""
    began = clock()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console.err, transient=True, disable=not console.err.is_terminal)
    task = bar.add_task(title)

    def tell(done: int, total: int) -> None:
        if not bar.live.is_started and clock() - began >= PATIENCE_SECONDS:
            bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield tell
    finally:
        bar.stop()
