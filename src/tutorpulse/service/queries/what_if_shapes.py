"""The shape of what would lower a risk. An import of this module loads no database and no model."""

import msgspec

from tutorpulse.features.frame import EntityType

WHAT_IF_CAVEAT = (
    "This is what the model expects of somebody with such facts. It is no promise that changing them changes what happens: "
    "playbooks measure that."
)


class WhatIfChange(msgspec.Struct, frozen=True):
    """One feature as it is and as it would be; what is tied to it moves along."""

    feature: str
    value_from: float
    value_to: float


class WhatIf(msgspec.Struct, frozen=True):
    """What would lower a risk (0 to 1) from `value` to `value_then`: at most three changes, none where nothing does (`note` says why).

    `target` is what was aimed at: the threshold below the present risk, else half of it; `reached` whether the changes reach it.
    """

    entity_id: str
    entity_type: EntityType
    output: str
    value: float | None
    target: float | None
    value_then: float | None
    reached: bool
    changes: tuple[WhatIfChange, ...]
    sentence: str
    note: str
    caveat: str = WHAT_IF_CAVEAT
