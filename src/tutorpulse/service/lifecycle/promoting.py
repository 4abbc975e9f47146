"""Which model serves and which scores in shadow: put one there, take it back, and remember both.

Nothing here needs what trains models, so a light installation can do it.
"""

from tutorpulse.errors import HistoryError, InputError, ModelError, UnknownEntityError
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact, load
from tutorpulse.service.root import Pulse

STARTER = "starter"
"""The name by which the starter is promoted: no model of one's own is then in force."""


def current_version(pulse: Pulse) -> str | None:
    """The version of one's own that is in force; None: none is, the starter serves."""
    return registry.current_version(pulse.home.models_path)


def promote(pulse: Pulse, version: str, actor: str, reason: str = "") -> str | None:
    """Put a saved version, or `starter`, in force; the version that was in force before.

    Raises:
        UnknownEntityError: there is no such version. ArtifactError: it is damaged, or made for other features.
    """
    models = pulse.home.models_path
    before = registry.current_version(models)
    wanted = None if version == STARTER else version
    _put_in_force(pulse, wanted)
    if wanted != before:
        pulse.state.models.add(pulse.clock.now_us(), "promoted", wanted, before, actor, reason)
    if wanted is not None and registry.shadow_version(models) == wanted:
        lift_shadow(pulse, actor, "it serves now")
    return before


def rollback(pulse: Pulse, actor: str, reason: str = "") -> str | None:
    """Put back in force what was before the present version, and name it; None: the starter.

    Raises:
        HistoryError: nothing is on record from before it. ArtifactError: what was before is damaged.
    """
    current = registry.current_version(pulse.home.models_path)
    entry = pulse.state.models.before(current)
    if entry is None or entry.action == "rolled back":
        raise HistoryError(
            f"There is no record of what served before {current or 'the starter model'}. "
            "Choose a version of `tutorpulse models list` and give it to `tutorpulse models promote`."
        )
    _put_in_force(pulse, entry.previous)
    pulse.state.models.add(pulse.clock.now_us(), "rolled back", entry.previous, current, actor, reason)
    return entry.previous


def cast_shadow(pulse: Pulse, version: str, actor: str, reason: str = "") -> str:
    """Have a saved version, or the starter, score in shadow beside what serves; its version. One is in shadow at a time.

    It scores what goes on record, from the next refresh on. What it says is kept apart, matures like what is shown, and is judged by
    `models compare` and the track record; it is in no list, alert or insight.

    Raises:
        UnknownEntityError: there is no such version. ArtifactError: it is damaged, or made for other features.
        InputError: it serves already.
    """
    models = pulse.home.models_path
    if version != STARTER and not registry.is_starter(version):
        check_saved(pulse, version)
    wanted = artifact_of(pulse, version).version
    current = registry.current_version(models)
    if wanted == current or (current is None and registry.is_starter(wanted)):
        raise InputError(f"{wanted} serves already. Give another of `tutorpulse models list`.")
    if registry.shadow_version(models) != wanted:
        registry.cast_shadow(wanted, models)
        pulse.state.models.add(pulse.clock.now_us(), "in shadow", wanted, current, actor, reason)
    return wanted


def lift_shadow(pulse: Pulse, actor: str, reason: str = "") -> str | None:
    """Have no model score in shadow; the one that did, None where none did. What it said stays on record."""
    models = pulse.home.models_path
    version = registry.shadow_version(models)
    if version is not None:
        registry.lift_shadow(models)
        current = registry.current_version(models)
        pulse.state.models.add(pulse.clock.now_us(), "out of shadow", version, current, actor, reason)
    return version


def artifact_of(pulse: Pulse, version: str) -> Artifact:
    """A saved version, or the starter model, as it comes with the package, by `starter` or its version.

    Raises:
        ModelError: there is none. ArtifactError: it is damaged.
    """
    models, set_hash = pulse.home.models_path, feature_set_hash()
    saved = version in registry.versions(models)
    if version == STARTER or (registry.is_starter(version) and not saved):
        starter = registry.starter(set_hash)
        if starter is not None:
            return starter
    if not saved:
        known = ", ".join([STARTER, *registry.versions(models)])
        raise ModelError(f"There is no model {version!r} here. Give one of: {known}.")
    return load(models / version, set_hash)


def check_saved(pulse: Pulse, version: str) -> None:
    """Raises UnknownEntityError where no version of that name is saved."""
    saved = registry.versions(pulse.home.models_path)
    if version not in saved:
        known = ", ".join([STARTER, *saved])
        raise UnknownEntityError(f"There is no model {version!r} here. Give one of: {known}.")


def shadow_version(pulse: Pulse) -> str | None:
    """The version in shadow; None: none is."""
    return registry.shadow_version(pulse.home.models_path)


def _put_in_force(pulse: Pulse, version: str | None) -> None:
    models = pulse.home.models_path
    if version is None:
        registry.deactivate(models)
        return
    check_saved(pulse, version)
    load(models / version, feature_set_hash())
    registry.activate(version, models)
