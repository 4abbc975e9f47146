import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.features.compute import FACT_NAMES
from tutorpulse.features.frame import FeatureFrame
from tutorpulse.service.live.roster import Roster


def frame(as_of_us: int, **values: float) -> FeatureFrame:
    """A frame whose entities have one and the same value everywhere."""
    column = np.array(list(values.values()))
    return FeatureFrame(
        "tutor",
        as_of_us,
        as_of_us,
        np.array(list(values), dtype=object),
        np.repeat(column[:, None], 46, axis=1).astype(np.float32),
        np.repeat(column[:, None], 2, axis=1).astype(np.float32),
        dict.fromkeys(FACT_NAMES, column),
    )


def value(roster: Roster, entity_id: str) -> float | None:
    seen = roster.seen(entity_id)
    if seen is None:
        return None
    assert seen.entity_ids.tolist() == [entity_id]
    assert (seen.features.shape, seen.context.shape) == ((1, 46), (1, 2))
    held = {*seen.features.flat, *seen.context.flat, *(c[0] for c in seen.facts.values())}
    assert len(held) == 1
    return float(held.pop())


def test_what_was_seen_last_is_kept() -> None:
    roster = Roster("tutor", 48)
    roster.keep(frame(7, a=1, b=2), np.array([True, False]))
    roster.keep(frame(9, b=3), np.array([True]))
    assert (value(roster, "a"), value(roster, "b"), value(roster, "c")) == (1, 3, None)
    seen = roster.seen("b")
    assert seen is not None
    assert seen.as_of_us == 9
    assert roster.scored().entity_ids.tolist() == ["a", "b"]
    assert (roster.scored().as_of_us, roster.scored_count) == (9, 2)


def test_whose_last_look_is_longest_ago_is_due_first_and_the_new_before_all() -> None:
    roster = Roster("tutor", 48)
    roster.keep(frame(9, late=1), np.array([True]))
    roster.keep(frame(7, early=1), np.array([True]))
    roster.add(["new", "late"])
    assert roster.due(9, 5) == ["new", "early"]
    assert roster.due(10, 5) == ["new", "early", "late"]
    assert roster.due(10, 1) == ["new"]


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=60))
def test_who_is_forgotten_leaves_nothing_and_disturbs_nobody(steps: list[tuple[int, bool]]) -> None:
    roster = Roster("tutor", 48)
    model: dict[str, float] = {}
    for time_us, (who, stays) in enumerate(steps):
        name = f"e{who}"
        if stays:
            roster.keep(frame(time_us, **{name: time_us}), np.array([True]))
            model[name] = time_us
        else:
            roster.forget(name)
            model.pop(name, None)
    assert len(roster) == roster.scored_count == len(model)
    assert {f"e{i}": value(roster, f"e{i}") for i in range(31)} == {
        f"e{i}": model.get(f"e{i}") for i in range(31)
    }
    assert sorted(roster.ids) == sorted(model)


def test_it_grows() -> None:
    roster = Roster("tutor", 48)
    many = {f"e{i}": float(i) for i in range(3000)}
    roster.keep(frame(1, **many), np.ones(3000, dtype=bool))
    assert value(roster, "e2999") == 2999
    assert len(roster.due(2, 5000)) == 3000
