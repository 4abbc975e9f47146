"""Whether all of a home is whole: what the store keeps, and the models."""

from collections.abc import Iterator

from tutorpulse.errors import ArtifactError
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.model import registry
from tutorpulse.model.artifact import load
from tutorpulse.service.root import Pulse
from tutorpulse.store.verify import Check, Progress, verify


def verify_home(pulse: Pulse, progress: Progress = lambda _done, _all: None) -> Iterator[Check]:
    """Look at everything in turn; a home that is served stays in use."""
    yield from verify(pulse.home, pulse.store, pulse.state, progress)
    yield _model(pulse)


def _model(pulse: Pulse) -> Check:
    models = pulse.home.models_path
    own, starter = registry.in_force(models)
    if own is None and starter is None:
        return Check("model", True, "none of its own")
    try:
        for version in filter(None, (own, starter)):
            load(models / version, feature_set_hash())
    except ArtifactError as error:
        return Check("model", False, str(error), "Run `tutorpulse train`.")
    named = " and ".join(filter(None, (own, starter)))
    return Check("model", True, f"{named}, every file with its checksum")
