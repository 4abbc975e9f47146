"""Gathers what a checkup is told: of the folder, the log, its entities, the model in force and the last refresh. It changes
nothing in the home."""

import os
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tutorpulse import settings
from tutorpulse.clock import Clock, parse_time
from tutorpulse.decisions.checkup.facts import Facts, HomeFacts, ModelFacts, RunFacts, Skill
from tutorpulse.errors import ModelError
from tutorpulse.features.frame import EntityType
from tutorpulse.model import registry
from tutorpulse.model.manifest import KindManifest
from tutorpulse.service.checkup_kinds import gather_kinds
from tutorpulse.service.checkup_log import gather_log
from tutorpulse.service.root import open_log
from tutorpulse.service.serving import Serving, serving
from tutorpulse.store.home import Home
from tutorpulse.store.state import State

JUDGED_OUTPUT = "churn_risk_30d"
"""The output by whose held-out figures a model's skill is told."""

Progress = Callable[[str], None]


def gather(path: Path, clock: Clock, progress: Progress = lambda _doing: None) -> Facts:
    """The facts of the home at `path`.

    A home that may not be written is not opened, and one without events has none to tell of: there the facts end.

    Raises:
        HomeError: there is no home, another process holds it, or it is of a newer version. SettingsError: its settings are wrong.
    """
    home = Home.open(path)
    in_force = settings.load(home.path)
    folder = home_facts(home)
    if folder.unwritable or not home.events_path.exists():
        return Facts(clock.now_us(), in_force, folder)
    with open_log(home, read_only=True, settings=in_force) as store, _state(home) as state:
        progress("events")
        log = gather_log(store)
        if log is None:
            return Facts(clock.now_us(), in_force, folder)
        kinds = gather_kinds(store, state, in_force, clock.now_us(), progress)
        return Facts(
            now_us=clock.now_us(),
            settings=in_force,
            home=folder,
            log=log,
            kinds=kinds,
            model=model_facts(home.models_path, kinds.keys()),
            run=_run_facts(state),
        )


@contextmanager
def _state(home: Home) -> Iterator[State | None]:
    """The state, None where nothing was ever kept."""
    if not home.state_path.exists():
        yield None
        return
    with closing(State(home.state_path)) as state:
        yield state


def home_facts(home: Home) -> HomeFacts:
    """Rights and room of the folder."""
    unwritable = (
        p.relative_to(home.path.parent) for p in _paths(home) if not os.access(p, os.R_OK | os.W_OK)
    )
    return HomeFacts(
        unwritable=tuple(sorted(map(str, unwritable))),
        free_bytes=shutil.disk_usage(home.path).free,
        log_bytes=home.events_path.stat().st_size if home.events_path.exists() else 0,
    )


def model_facts(models: Path, kinds: Collection[EntityType]) -> ModelFacts | None:
    """The model in force for a log of these kinds, None where there is none; one that cannot be loaded says why."""
    try:
        served = serving(models, kinds.__contains__)
    except ModelError as error:
        version = registry.current_version(models)
        return ModelFacts(version, False, str(error), newest_data_us=None) if version else None
    return _loaded(served) if served.by_kind else None


def _loaded(served: Serving) -> ModelFacts:
    parts = {kind: artifact.manifest.kinds[kind] for kind, artifact in served.by_kind.items()}
    own = {kind: served.by_kind[kind].manifest for kind in parts if kind not in served.starter_kinds}
    return ModelFacts(
        version=served.version,
        starter=bool(served.starter_kinds),
        unusable=None,
        newest_data_us=max((parse_time(manifest.data_to) for manifest in own.values()), default=None),
        absent={kind: part.absent for kind, part in parts.items()},
        skill={kind: skill for kind in own if (skill := _skill(parts[kind]))},
        levelled=sum(levels.outcomes for kind in served.starter_kinds if (levels := parts[kind].levels)),
    )


def _skill(part: KindManifest) -> Skill | None:
    measured = part.metrics.get(JUDGED_OUTPUT)
    if measured is None or measured.auc is None or measured.recency_auc is None:
        return None
    return Skill(measured.auc, measured.recency_auc, measured.slope)


def _run_facts(state: State | None) -> RunFacts | None:
    run = state.runs.last() if state else None
    return RunFacts(run.as_of_us, run.model_version) if run else None


def _paths(home: Home) -> Iterator[Path]:
    yield home.path
    yield from home.path.rglob("*")
