"""Everything that tutorpulse refuses, as one tree.

    TutorpulseError
    ├── InputError            what was given cannot be used: a file, a mapping, an argument
    │   ├── MappingError      a mapping file is wrong
    │   ├── SettingsError     a setting is unknown or has a bad value
    │   ├── SignInError       a name, password or link does not let in
    │   └── UnknownEntityError  no such tutor, student, reject or recommendation
    ├── HomeError             the home folder cannot be used
    │   ├── HomeBusyError     another process holds it
    │   └── HomeVersionError  it was written by a newer version
    ├── ModelError            there is no usable model
    │   └── ArtifactError     an artifact is damaged or made for other features
    ├── LeakError             a feature carries the future: no model is made
    ├── HistoryError          the log is too short for what was asked
    ├── ServiceError          a service refused what a client asked
    └── UnavailableError      a live service cannot take or show something now; the same may succeed later
        ├── QueueFullError    too much waits already
        └── NotDurableError   the disk did not take it

Each message says what is wrong, with which value, and what to do next. The command line prints it and
exits with `exit_code`.
"""


class TutorpulseError(Exception):
    """Base of every error that is the user's to mend; `exit_code` is the process's."""

    exit_code = 2


class InputError(TutorpulseError):
    """What was given cannot be used."""


class MappingError(InputError):
    """A mapping file is wrong."""


class SettingsError(InputError):
    """A setting is unknown or has a value it cannot take."""


class SignInError(InputError):
    """A name with its password, a link or a provider's word does not let in."""


class UnknownEntityError(InputError):
    """Nothing of that id is known."""


class HomeError(TutorpulseError):
    """The home folder cannot be used."""


class HomeBusyError(HomeError):
    """Another process holds the home."""


class HomeVersionError(HomeError):
    """The home was written by a newer version of tutorpulse."""


class ModelError(TutorpulseError):
    """There is no usable model."""


class ArtifactError(ModelError):
    """An artifact is damaged, or made for other features than this version computes."""


class LeakError(TutorpulseError):
    """What a model would learn from carries the future."""


class HistoryError(TutorpulseError):
    """The log is too short, or too empty, for what was asked."""


class ServiceError(TutorpulseError):
    """A service refused what a client asked, or could not be reached. `status` is that of HTTP, None without an answer."""

    def __init__(self, message: str, status: int | None = None, request_id: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.request_id = request_id


class UnavailableError(TutorpulseError):
    """A live service cannot take or show something now; the same may succeed later."""


class QueueFullError(UnavailableError):
    """Too much waits to be taken already."""


class NotDurableError(UnavailableError):
    """The disk did not take what arrived, so nothing of it was acknowledged."""


class RefusedItemError(InputError):
    """A table elsewhere does not take an item as it is, such as one above 400 KB; trying again will not help."""
