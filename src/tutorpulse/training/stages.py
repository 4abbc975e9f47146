"""How far a training is as one measure, from what it tells of each stage."""

from collections.abc import Callable, Sequence

from tutorpulse.features.frame import EntityType

_STEPS = 1000
_SHARES = {"leaks": 0.05, "features": 0.5, "heads": 0.23, "heads held out": 0.14, "figures": 0.08}
"""Of the time of one kind, about, where a million rows are learnt from; what is told begins with the kind."""


class Stages:
    """Is told what `Progress` is told, and tells steps done and in all, over all stages of all kinds; they never go back."""

    def __init__(self, kinds: Sequence[EntityType], tell: Callable[[int, int], None]) -> None:
        self._tell, self._told = tell, 0
        # The leaks of all kinds are sought before anything else.
        names = [f"{kind} leaks" for kind in kinds]
        names += [f"{kind} {stage}" for kind in kinds for stage in _SHARES if stage != "leaks"]
        self._part: dict[str, tuple[float, float]] = {}
        begin = 0.0
        for name in names:
            share = _SHARES[name.split(" ", 1)[1]] / len(kinds)
            self._part[name] = begin, share
            begin += share

    def __call__(self, what: str, done: int, total: int) -> None:
        """So much of a stage is done. Other work between stages has no share."""
        begin, share = self._part.get(what, (0.0, 0.0))
        self._told = max(self._told, round(_STEPS * (begin + share * done / max(total, 1))))
        self._tell(self._told, _STEPS)
