"""Checks of the model in force: is there one, can it be used, is it of this log, recent, whole and of any skill?"""

from collections.abc import Set

from tutorpulse.clock import DAY_US
from tutorpulse.decisions.checkup.facts import Facts, KindFacts, ModelFacts, Skill
from tutorpulse.decisions.checkup.finding import Check, Finding, Level, counted, date, on_kinds, on_model
from tutorpulse.model.contract import OUTPUTS

STALE_DAYS = 30
"""A model is stale when it was trained on data that end longer than this before the newest event: the longest horizon that
it predicts, so everything it foretold at its last look has come out since."""

AUC_MIN = 0.6
"""Below this a ranking is little better than chance (0.5)."""

SLOPE_LOW, SLOPE_HIGH = 0.8, 1.25
"""Calibration slopes within which risks can be read as they are; 1 is perfect."""

_TRAIN = "Run `tutorpulse train`, then `tutorpulse refresh`."


def _none(facts: Facts) -> Finding | None:
    if facts.model is not None:
        return None
    return Finding("problem", "model.none", "There is no model: nothing can be predicted.", _TRAIN)


def _unusable(facts: Facts) -> Finding | None:
    if facts.model is None or facts.model.unusable is None:
        return None
    return Finding("problem", "model.unusable", facts.model.unusable, "Then run `tutorpulse refresh`.")


def _starter(_: Facts, model: ModelFacts) -> Finding | None:
    if not model.starter:
        return None
    told = f"The starter model is in use ({model.version}): it was trained on simulated marketplaces"
    if not model.levelled:
        text = f"{told} and knows nothing of this one."
        advice = "Train a model of your own with `tutorpulse train` once the history is long enough."
    else:
        text = f"{told}; of this one it knows {model.levelled:,} outcomes, by which its sizes were levelled."
        advice = "Train again with `tutorpulse train` as history grows: your own model takes over once it ranks no worse."
    return Finding("notice", "model.starter", text, advice)


def _stale(facts: Facts, model: ModelFacts) -> Finding | None:
    if facts.log is None or model.newest_data_us is None:
        return None
    days = (facts.log.clocks.newest_us - model.newest_data_us) / DAY_US
    if days <= STALE_DAYS:
        return None
    return Finding(
        "warning",
        "model.stale",
        f"The model {model.version} was trained on data up to {date(model.newest_data_us)}, {counted(round(days), 'day')} "
        "before the newest event.",
        _TRAIN,
    )


def _unknown_kind(facts: Facts, kind: KindFacts) -> Finding | None:
    if facts.model is None or kind.entity_type in facts.model.absent:
        return None
    return Finding(
        "warning",
        f"model.kind.{kind.entity_type}",
        f"The model {facts.model.version} knows no {kind.entity_type}s; the log names {kind.entities:,}.",
        _TRAIN,
    )


def _absent(facts: Facts, kind: KindFacts) -> Finding | None:
    absent = facts.model.absent[kind.entity_type] if facts.model else {}
    if not absent:
        return None
    return Finding(
        _absence_level(set(OUTPUTS) & absent.keys()),
        f"model.absent.{kind.entity_type}",
        f"The model does not predict for {kind.entity_type}s: {', '.join(absent)}.",
        "Where the reason is too little history, train again when there is more; the others need events that the log lacks.",
        tuple(f"{output}: {reason}" for output, reason in absent.items()),
    )


def _absence_level(of_contract: Set[str]) -> Level:
    """A model that says nothing of a kind is of no use for it; one of the five missing is felt, the rest is beside them."""
    if len(of_contract) == len(OUTPUTS):
        return "problem"
    return "warning" if of_contract else "notice"


def _skill(facts: Facts, kind: KindFacts) -> Finding | None:
    skill = facts.model.skill[kind.entity_type] if facts.model else None
    if skill is None or (skill.auc >= AUC_MIN and skill.auc > skill.recency_auc):
        return None
    return Finding(
        "warning",
        f"model.skill.{kind.entity_type}",
        f"On later time the model ranks {kind.entity_type}s by churn risk within 30 days with an AUC of {skill.auc:.2f}; days since "
        f"the last session alone reach {skill.recency_auc:.2f}.",
        "Do not act on single risks. Import more history or the fields that are never filled, then train again.",
    )


def _calibration(facts: Facts, kind: KindFacts) -> Finding | None:
    slope = _slope(facts.model.skill.get(kind.entity_type) if facts.model else None)
    if SLOPE_LOW <= slope <= SLOPE_HIGH:
        return None
    way = "too extreme" if slope < 1 else "too timid"
    return Finding(
        "notice",
        f"model.calibration.{kind.entity_type}",
        f"On later time the {kind.entity_type}s' churn risks within 30 days were {way}: a calibration slope of {slope:.2f} "
        "where 1 is right.",
        "Trust the order of the risks more than their size, and train again when there is more history.",
    )


def _slope(skill: Skill | None) -> float:
    return 1.0 if skill is None or skill.slope is None else skill.slope


def _knows(facts: Facts, kind: KindFacts) -> bool:
    return _usable(facts, kind) and facts.model is not None and kind.entity_type in facts.model.absent


def _judged(facts: Facts, kind: KindFacts) -> bool:
    return _usable(facts, kind) and facts.model is not None and kind.entity_type in facts.model.skill


def _usable(facts: Facts, _: KindFacts) -> bool:
    return facts.model is not None and not facts.model.unusable


MODEL_CHECKS: tuple[Check, ...] = (
    Check("model.none", "There is a model.", _none, lambda facts: facts.log),
    Check("model.unusable", "The model can be used.", _unusable, lambda facts: facts.model),
    on_model("model.starter", "The model was trained on this log.", _starter),
    on_model("model.stale", "The model's data are recent.", _stale),
    *on_kinds("model.kind", "The model knows {}s.", _unknown_kind, _usable),
    *on_kinds("model.absent", "Everything is predicted for {}s.", _absent, _knows),
    *on_kinds("model.skill", "Churn risks of {}s rank better than recency.", _skill, _judged),
    *on_kinds("model.calibration", "Churn risks of {}s are calibrated.", _calibration, _judged),
)
