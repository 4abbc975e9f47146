"""A home beside the truth of its simulated marketplace."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.service.track.test_maturing import BEGAN_US, judged_home
from tutorpulse.cli.tables import write_truth
from tutorpulse.clock import DAY_US
from tutorpulse.errors import InputError
from tutorpulse.service.queries.track import TrackAsked, track_record
from tutorpulse.service.root import Pulse
from tutorpulse.service.track.maturing import mature
from tutorpulse.service.track.truth import NEAR_US, read_truth, take
from tutorpulse.training.labels import TRUTH_OF
from tutorpulse.training.track.shapes import OutputFigures

DAYS = (0, 20, 40)


def told(path: Path, gap_days: float = 30.0, shift_us: int = 0) -> Path:
    """The truth of the first eight of each kind on three mornings: who leaves later is likelier to stay."""
    as_of = np.repeat([BEGAN_US + day * DAY_US + shift_us for day in DAYS], 16)
    kind = np.tile(np.repeat(np.array(["tutor", "student"], object), 8), len(DAYS))
    number = np.tile(np.arange(8), 2 * len(DAYS))
    share: dict[str, NDArray[np.float64]] = {
        name: 0.9 - 0.1 * number for name in TRUTH_OF.values() if name != "velocity"
    }
    columns = {
        "as_of": as_of,
        "entity_type": kind,
        "entity_id": np.array([f"{k[0]}{n}" for k, n in zip(kind, number, strict=True)], object),
        "exit_gap_days": np.full(len(as_of), gap_days),
        "velocity": np.full(len(as_of), 1.5),
        **share,
    }
    write_truth(path, columns)
    return path


def figures(pulse: Pulse, output: str) -> list[OutputFigures]:
    return [item.figures for item in track_record(pulse.state, TrackAsked("tutor", output)).items]


def test_the_oracle_is_judged_on_the_rows_that_the_truth_tells_of(tmp_path: Path) -> None:
    with judged_home(tmp_path / "home") as (pulse, _):
        mature(pulse)
        before = figures(pulse, "inactive_14d")
        assert all(f.risk is None or f.risk.oracle is None for f in before)
        take(pulse.home, told(tmp_path / "truth.parquet"))
        mature(pulse, anew=True)
        after = figures(pulse, "inactive_14d")
        velocity = figures(pulse, "session_velocity")
    assert sum(f.risk.oracle.rows for f in after if f.risk and f.risk.oracle) == 8 * len(DAYS)
    for was, made in zip(before, after, strict=True):
        assert made.risk is not None
        assert was.risk is not None
        assert made.risk.auc == was.risk.auc
        oracle = made.risk.oracle
        if oracle is not None:
            assert made.risk.oracle_auc == oracle.auc
            assert oracle.brier is not None
            assert oracle.model_brier is not None
    rated = [f.velocity.oracle for f in velocity if f.velocity and f.velocity.oracle]
    assert sum(oracle.rows for oracle in rated) == 8 * len(DAYS)
    assert all(oracle.mae is not None for oracle in rated)


def test_the_figures_are_those_of_the_truth_by_hand(tmp_path: Path) -> None:
    with judged_home(tmp_path / "home", days=1) as (pulse, _):
        take(pulse.home, told(tmp_path / "truth.parquet"))
        mature(pulse, anew=True)
        [version] = pulse.state.track.versions("tutor")
        found = pulse.state.track.between("tutor", version, 0, 2**62)
        [made] = figures(pulse, "health_score")
    number = np.array([int(str(i)[1:]) for i in found.predictions.entity_ids])
    label = found.outcomes["health"]
    known = (number < 8) & ~np.isnan(label)
    assert made.risk is not None
    oracle = made.risk.oracle
    assert oracle is not None
    assert oracle.rows == known.sum() >= 4
    assert oracle.brier == pytest.approx(((label - (0.9 - 0.1 * number)) ** 2)[known].mean())
    assert oracle.model_brier == pytest.approx(((label - 0.08 * number) ** 2)[known].mean())


@pytest.mark.parametrize(("shift_us", "rows"), [(NEAR_US, 24), (-NEAR_US, 24), (NEAR_US + 1, 0)])
def test_only_predictions_near_the_morning_are_held_against_it(
    tmp_path: Path, shift_us: int, rows: int
) -> None:
    with judged_home(tmp_path / "home") as (pulse, _):
        take(pulse.home, told(tmp_path / "truth.parquet", shift_us=shift_us))
        mature(pulse, anew=True)
        made = figures(pulse, "inactive_14d")
    assert sum(f.risk.oracle.rows for f in made if f.risk and f.risk.oracle) == rows


def test_exits_that_are_meant_otherwise_are_not_held_against_it(tmp_path: Path) -> None:
    with judged_home(tmp_path / "home") as (pulse, _):
        take(pulse.home, told(tmp_path / "truth.parquet", gap_days=90.0))
        mature(pulse, anew=True)
        exits, inactive = figures(pulse, "churn_risk_14d"), figures(pulse, "inactive_14d")
    assert not any(f.risk and f.risk.oracle for f in exits)
    assert any(f.risk and f.risk.oracle for f in inactive)


def test_the_home_keeps_the_truth_for_later_looks(tmp_path: Path) -> None:
    path = told(tmp_path / "truth.parquet")
    with judged_home(tmp_path / "home") as (pulse, _):
        take(pulse.home, path)
        path.unlink()
        mature(pulse)
        assert any(f.risk and f.risk.oracle for f in figures(pulse, "inactive_14d"))


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("entity_id,as_of\nt1,2026-01-01\n")
    with pytest.raises(InputError, match=r"lacks entity_type, exit_gap_days, .*simulate --truth"):
        read_truth(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_truth(tmp_path / "nowhere.parquet")
