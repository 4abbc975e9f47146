"""The model in force, followed while it changes: whoever trains or activates one switches the service, without a restart."""

import logging
import threading
from dataclasses import dataclass, replace

from tutorpulse.errors import ModelError, SettingsError
from tutorpulse.model import registry
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.served import open_scorer

log = logging.getLogger("tutorpulse.live")


@dataclass(frozen=True)
class InForce:
    """What serves: a scorer, or none; `problem` is why what should be in force is not."""

    scorer: Scorer | None
    problem: str | None
    loaded_us: int


class Models:
    """Follows the pointers of a home's models, that to the one in force and that to the one in shadow. A model that cannot be read changes nothing: the one before goes on serving.

    Where there is none before it, nothing is scored: the last predictions stay, marked stale.
    """

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self._guard = threading.Lock()
        self._versions: tuple[str | None, ...] = ()
        self._in_force: InForce | None = None

    def in_force(self) -> InForce:
        """What serves now; the pointers are read at each call, models only where one changed."""
        with self._guard:
            models = self._pulse.home.models_path
            versions = (*registry.in_force(models), registry.shadow_version(models))
            if self._in_force is None or versions != self._versions:
                self._versions, self._in_force = versions, self._loaded(self._in_force)
            return self._in_force

    @property
    def known(self) -> InForce | None:
        """What served at the last look, for those who cannot wait while a model is read; None before the first."""
        return self._in_force

    def _loaded(self, before: InForce | None) -> InForce:
        try:
            scorer = open_scorer(self._pulse, lambda _kind: True)
        except (ModelError, SettingsError) as error:
            log.warning("model not loaded: %s", error)
            kept = before or InForce(None, None, 0)
            return replace(kept, problem=str(error))
        log.info("model in force: %s", scorer.model.version)
        return InForce(scorer, None, self._pulse.clock.now_us())
