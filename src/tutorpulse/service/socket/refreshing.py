"""A refresh of a home, whoever holds it."""

import logging
from collections.abc import Callable

from tutorpulse.service.judging import log
from tutorpulse.service.refresh import RefreshReport, refresh
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.socket.client import ServedStore


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
        elif log.isEnabledFor(logging.INFO):
            log.info("%s", text)

    return pulse.store.ask(RefreshReport, "refresh", tell=tell)
