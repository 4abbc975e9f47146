"""Draws the simulated world beside two real logs: `python -m tools.sanity FOLDER`, the folder that holds the real data.

Writes docs/simulated-and-real.svg, and says in figures what it shows. Real: the customers of a music shop (CDNOW) beside students, the
reviews of Barcelona's hosts beside tutors. Neither teaches; what can be alike is how unequal people are, how their gaps
are spread, and how they are lost.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from pyarrow import parquet

from tutorpulse.clock import DAY_US
from tutorpulse.simulate import engine, population
from tutorpulse.simulate.parameters import Parameters

TARGET = Path(__file__).parents[1] / "docs" / "simulated-and-real.svg"
TUTORS, STUDENTS, FIRST_DAY, DAYS, SEED = 600, 6000, 18_993, 730, 7
LOST_AFTER_DAYS = 90
"""A silence of so many days counts as the end of a life, in all four logs."""

_REGULAR_GAPS = 10
_POINTS = 120
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Days:
    """Who was active on which days (since 1970-01-01): each pair once, sorted by entity and day."""

    name: str
    entity: Ints
    day: Ints
    real: bool

    def gaps(self) -> tuple[Ints, Floats]:
        """Days between consecutive active days, and whose each is."""
        same = np.diff(self.entity) == 0
        return self.entity[1:][same], np.diff(self.day)[same].astype(np.float64)

    def relative_gaps(self) -> Floats:
        """Gaps over their owner's mean gap, of those with ten or more: the shape without the scale."""
        owner, gap = self.gaps()
        count = np.bincount(owner)
        mean = np.bincount(owner, gap) / np.maximum(count, 1)
        many = count[owner] >= _REGULAR_GAPS
        return gap[many] / mean[owner[many]]

    def totals(self) -> Floats:
        """Active days of each entity."""
        return np.unique(self.entity, return_counts=True)[1].astype(np.float64)

    def survival(self) -> tuple[Floats, Floats]:
        """Kaplan and Meier's share of entities not yet lost so many days after their first active day."""
        first = np.unique(self.entity, return_index=True)[1]
        same = np.append(np.diff(self.entity) == 0, False)
        silence = np.where(same, np.append(np.diff(self.day), 0), self.day.max() - self.day)
        ends = silence > LOST_AFTER_DAYS
        place = np.where(ends, np.arange(len(ends)), len(ends))
        stop = np.minimum.reduceat(place, first)
        lost = stop < len(ends)
        last = np.where(lost, stop, np.append(first[1:], len(ends)) - 1)
        # A first day without a second is a life of one day.
        lived = self.day[last] - self.day[first] + 1
        return _kaplan_meier(lived, lost)


def _kaplan_meier(lived: Ints, lost: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    times, place = np.unique(lived, return_inverse=True)
    ended = np.bincount(place, lost)
    left = np.bincount(place)
    at_risk = len(lived) - np.concatenate([[0], np.cumsum(left)[:-1]])
    return times.astype(np.float64), np.cumprod(1 - ended / at_risk)


def days_of(name: str, entity: NDArray[np.generic], day: Ints, real: bool) -> Days:
    """From pairs in any order, repeated or not."""
    _, code = np.unique(entity, return_inverse=True)
    pairs = np.unique(np.stack([code, day], axis=1), axis=0)
    return Days(name, pairs[:, 0], pairs[:, 1], real)


def real_logs(folder: Path) -> tuple[Days, Days]:
    """Customers and hosts."""
    bought = parquet.read_table(folder / "cdnow_purchases.parquet")
    seen = parquet.read_table(folder / "barcelona_host_reviews.parquet")
    return (
        days_of("CDNOW, purchases", *_columns(bought, "customer_id", "purchased_on"), real=True),
        days_of("Barcelona, reviews of hosts", *_columns(seen, "host_id", "reviewed_on"), real=True),
    )


def _columns(table: object, entity: str, day: str) -> tuple[NDArray[np.generic], Ints]:
    columns = table.to_pydict()  # type: ignore[attr-defined]
    dates = np.array(columns[day], dtype="datetime64[D]")
    dated = ~np.isnat(dates)
    return np.array(columns[entity]).astype(str)[dated], dates[dated].astype(np.int64)


def simulated_logs() -> tuple[Days, Days, Days]:
    """Students' and tutors' completed sessions, and the reviews that tutors got."""
    world = population.new_world(Parameters(), TUTORS, STUDENTS, FIRST_DAY, DAYS, SEED)
    held: dict[str, list[NDArray[np.int64]]] = {"tutor_id": [], "student_id": [], "day": [], "rated": []}
    for span in engine.spans(world, DAYS, span_days=30):
        for events in span:
            if events.event_type == "session_completed":
                done = np.asarray(events.columns["completed_successfully"], np.bool_)
                for side in ("tutor_id", "student_id"):
                    held[side].append(events.columns[side][done])
                held["day"].append(events.ts_us[done] // DAY_US)
                held["rated"].append(np.isfinite(events.columns["rating"][done]).astype(np.int64))
    tutor, student, day, rated = (np.concatenate(held[n]) for n in ("tutor_id", "student_id", "day", "rated"))
    stars = rated > 0
    return (
        days_of("simulated students, sessions", student, day, real=False),
        days_of("simulated tutors, sessions", tutor, day, real=False),
        days_of("simulated tutors, sessions rated at once", tutor[stars], day[stars], real=False),
    )


def draw(rows: list[list[Days]], target: Path) -> None:
    """One row of panels for each group of logs; the same bytes for the same logs."""
    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "tutorpulse", "font.size": 8, "svg.fonttype": "none"})
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(len(rows), 4, figsize=(15, 3.6 * len(rows)), layout="constrained")
    for panels, logs in zip(axes, rows, strict=True):
        for log in logs:
            style = "-" if log.real else "--"
            panels[0].loglog(*_share_above(log.gaps()[1]), style, label=log.name)
            panels[1].loglog(*_share_above(log.relative_gaps()), style)
            panels[2].loglog(*_share_above(log.totals()), style)
            panels[3].plot(*_thinned(*log.survival()), style)
        titles = ("gap, days", "gap over own mean gap", "active days of an entity", "days since the first")
        for panel, title in zip(panels, titles, strict=True):
            panel.set(xlabel=title, ylabel="share with as much or more")
            panel.grid(alpha=0.3)
        panels[1].set_xlim(0.1, 30)
        panels[3].set(ylabel=f"share not silent for {LOST_AFTER_DAYS} days yet", ylim=(0, 1))
        panels[0].legend(loc="lower left")
    figure.savefig(target, metadata={"Date": None})


def _share_above(values: Floats) -> tuple[Floats, Floats]:
    """Values ascending, `_POINTS` at most, and the share of all that is at least as large."""
    found, count = np.unique(values, return_counts=True)
    share = 1 - (np.cumsum(count) - count) / len(values)
    return _thinned(found, share)


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Points evenly spread over the logarithm of x, both ends kept."""
    if len(x) <= _POINTS:
        return x, y
    wanted = np.searchsorted(x, np.geomspace(x[0], x[-1], _POINTS))
    kept = np.unique(np.minimum(wanted, len(x) - 1))
    return x[kept], y[kept]


def sentence(log: Days) -> str:
    """What a log looks like, in figures."""
    gap, total = log.gaps()[1], log.totals()
    times, left = log.survival()
    half_year = left[np.searchsorted(times, 180) - 1]
    ratio = log.relative_gaps()
    return (
        f"{log.name}: {len(total):,} entities; active days median {np.median(total):.0f}, once only {np.mean(total == 1):.0%}, "
        f"top tenth {np.quantile(total, 0.9):.0f}; gap median {np.median(gap):.0f} d, 90 % {np.quantile(gap, 0.9):.0f} d, "
        f"over three own means {np.mean(ratio > 3):.1%}; not lost after 180 days {half_year:.0%}"
    )


def main() -> None:
    """Draw the page's figure and print the sentences."""
    if len(sys.argv) != 2:
        sys.exit("Give the folder that holds cdnow_purchases.parquet and barcelona_host_reviews.parquet.")
    customers, hosts = real_logs(Path(sys.argv[1]))
    students, tutors, rated = simulated_logs()
    for log in (customers, students, hosts, tutors, rated):
        print(sentence(log))
    draw([[customers, students], [hosts, tutors, rated]], TARGET)
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
