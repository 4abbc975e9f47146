"""Why a prediction moved: against the features and explanations themselves."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.service.live.homes import LIVE_US, PAIRS
from tests.service.logs import home_with
from tutorpulse.clock import DAY_US, FixedClock, format_time
from tutorpulse.errors import HistoryError, UnknownEntityError
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.service.queries.comparing import COMPARED, compare, history
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse, open_pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.served import open_scorer

LATER_US = LIVE_US + 5 * DAY_US


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pulse, Scorer]]:
    """A home that was refreshed on two days, five apart, without any event between."""
    path = tmp_path_factory.mktemp("compared")
    home_with(path, PAIRS)
    with open_pulse(path, clock=FixedClock(LIVE_US)) as pulse:
        scorer = open_scorer(pulse)
        for moment_us in (LIVE_US, LATER_US):
            pulse.clock.us = moment_us  # type: ignore[attr-defined]
            marker = PAIRS[0] | {"event_id": f"marker {moment_us}", "event_type": "supply_demand_update"}
            _append(pulse, marker | {"payload": {"subject": "x"}}, moment_us)
            refresh(pulse, scorer)
        yield pulse, scorer


def _append(pulse: Pulse, event: dict[str, object], moment_us: int) -> None:
    line = msgspec.json.encode(event | {"timestamp": format_time(moment_us)})
    pulse.store.append(decode_lines(line, Arrival(moment_us, "test")))


def test_the_drivers_changes_add_up_to_the_predictions_change(twice: tuple[Pulse, Scorer]) -> None:
    found = compare(*twice, "tutor", "t1", LIVE_US, LATER_US)
    assert [output.output for output in found.outputs] == ["burnout_risk", "burnout_risk_30d", *COMPARED[2:]]
    for output in found.outputs:
        assert output.change is not None
        assert output.value_to == pytest.approx(output.value_from + output.change)  # type: ignore[operator]
        assert sum(d.change for d in output.drivers) + output.other == pytest.approx(output.change)
        assert [abs(d.change) for d in output.drivers] == sorted(
            (abs(d.change) for d in output.drivers), reverse=True
        )


def test_it_explains_the_very_predictions_of_record(twice: tuple[Pulse, Scorer]) -> None:
    found = compare(*twice, "student", "s2", LIVE_US, LATER_US)
    risk = found.outputs[0]
    for standing, value in ((found.earlier, risk.value_from), (found.later, risk.value_to)):
        assert value == pytest.approx(100 * standing.outputs["churn_risk_14d"])  # type: ignore[operator]
    assert found.models == (found.model_in_force,) * 2
    assert risk.sentence.startswith("Churn risk")


def test_silence_is_what_moved_a_tutor_who_was_silent(twice: tuple[Pulse, Scorer]) -> None:
    moved = {d.feature: d for d in compare(*twice, "tutor", "t1", LIVE_US, LATER_US).outputs[0].drivers}
    recency = [d for name, d in moved.items() if name.startswith("days_since_last")]
    assert recency
    assert all(d.value_to == pytest.approx(d.value_from + 5, abs=0.01) for d in recency)  # type: ignore[operator]


def test_times_between_records_mean_the_record_before_them(twice: tuple[Pulse, Scorer]) -> None:
    loose = compare(*twice, "tutor", "t1", LIVE_US + DAY_US, LATER_US + 9 * DAY_US)
    assert loose == compare(*twice, "tutor", "t1", LIVE_US, LATER_US)
    assert compare(*twice, "tutor", "t1", 0, LATER_US) == loose


def test_one_record_cannot_be_compared_with_itself(twice: tuple[Pulse, Scorer]) -> None:
    with pytest.raises(
        HistoryError, match=r"no two predictions of record between .* Give times further apart"
    ):
        compare(*twice, "tutor", "t1", LIVE_US, LATER_US - 1)
    with pytest.raises(UnknownEntityError, match="No tutor 'nobody'"):
        compare(*twice, "tutor", "nobody", LIVE_US, LATER_US)


def test_history_keeps_its_bounds(twice: tuple[Pulse, Scorer]) -> None:
    pulse, _ = twice
    whole = history(pulse, "tutor", "t1", None, None).items
    assert len(whole) == 2
    assert history(pulse, "tutor", "t1", LIVE_US, LIVE_US).items == whole[:1]
    assert history(pulse, "tutor", "t1", LIVE_US + 1, None).items == whole[1:]
