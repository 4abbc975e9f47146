"""A refresh of a home, whoever holds it; and the lines of its log for whoever asked."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

from tutorpulse.service.predicting import lines_to, log
from tutorpulse.service.refresh import RefreshReport, refresh
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.socket.client import ServedStore
from tutorpulse.service.socket.methods import Tell


def refresh_anywhere(
    pulse: Pulse, open_scorer: Callable[[Pulse], Scorer], progress: Callable[[str], None]
) -> RefreshReport:
    """Judge everybody now: by the service that holds the home, or here where none does.

    Raises:
        HistoryError: nothing was imported yet.
    """
    if not isinstance(pulse.store, ServedStore):
        return refresh(pulse, open_scorer(pulse), progress)

    def tell(kind: str, text: str) -> None:
        if kind == "doing":
            progress(text)
        else:
            log.info("%s", text)

    return pulse.store.ask(RefreshReport, "refresh", log.isEnabledFor(logging.INFO), tell=tell)


def lines_told(tell: Tell) -> AbstractContextManager[None]:
    """What a refresh logs within the context is told as `line`s."""
    return lines_to(_Telling(tell))


class _Telling(logging.Handler):
    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell("line", record.getMessage())
