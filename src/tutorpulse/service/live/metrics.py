"""Figures for Prometheus, read from what the parts count when somebody asks. Only here is its client imported."""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path

from prometheus_client import CollectorRegistry, exposition
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from tutorpulse.clock import SECOND_US
from tutorpulse.service.live.alert_metrics import of_alerts, of_delivery
from tutorpulse.service.live.figures import FRESHNESS_BOUNDS_S
from tutorpulse.service.live.lane import Lane
from tutorpulse.service.live.refresher import Refresher
from tutorpulse.service.live.states import States
from tutorpulse.service.root import Pulse
from tutorpulse.store.livelog import LiveLog, LiveStats

CONTENT_TYPE = exposition.CONTENT_TYPE_LATEST
"""The media type of what `Metrics.text` gives."""


class Metrics(Collector):
    """The service's figures; more collectors may register with `registry`."""

    def __init__(self, live: LiveLog, refresher: Refresher, pulse: Pulse, states: States) -> None:
        self._live, self._refresher, self._pulse, self._states = live, refresher, pulse, states
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        return exposition.generate_latest(self.registry)

    def collect(self) -> Iterable[Metric]:
        """The families with their figures of now."""
        yield from _of_lanes(self._refresher.lanes.values())
        yield from _of_ingest(self._live.stats())
        yield from self._of_model()
        with self._states.one() as state:
            yield from (*of_alerts(state), *of_delivery(state))
        yield GaugeMetricFamily(
            "tutorpulse_store_bytes", "Size of the home on disk.", _folder_bytes(self._pulse.home.path)
        )

    def _of_model(self) -> Iterator[Metric]:
        in_force = self._refresher.models.known
        loaded = in_force is not None and not in_force.problem
        yield GaugeMetricFamily(
            "tutorpulse_model_loaded", "1 where the model that is to serve does.", float(loaded)
        )
        if in_force is not None and in_force.scorer is not None:
            age_us = self._pulse.clock.now_us() - in_force.loaded_us
            yield GaugeMetricFamily(
                "tutorpulse_model_age_seconds", "Since the model in force was loaded.", age_us / SECOND_US
            )


def _of_lanes(lanes: Iterable[Lane]) -> Iterator[Metric]:
    freshness = HistogramMetricFamily(
        "tutorpulse_freshness_seconds",
        "From an event's receipt to the prediction that can be read, per entity it touched.",
        labels=["kind"],
    )
    scored = CounterMetricFamily(
        "tutorpulse_scored", "Entities scored, for new events or in passing.", labels=["kind", "reason"]
    )
    seconds = CounterMetricFamily(
        "tutorpulse_refresh_seconds", "Time spent on refreshes for new events.", labels=["kind"]
    )
    counts = CounterMetricFamily("tutorpulse_refreshes", "Refreshes for new events.", labels=["kind"])
    waiting = GaugeMetricFamily(
        "tutorpulse_refresh_waiting", "Entities that wait to be scored.", labels=["kind", "reason"]
    )
    known = GaugeMetricFamily("tutorpulse_entities", "Entities known.", labels=["kind"])
    for lane in lanes:
        figures, kind = lane.figures, lane.kind
        reached = list(accumulate(figures.freshness.counts.tolist()))
        bounds = [*map(str, FRESHNESS_BOUNDS_S), "+Inf"]
        freshness.add_metric(
            [kind], list(zip(bounds, map(float, reached), strict=True)), figures.freshness.sum_s
        )
        scored.add_metric([kind, "events"], figures.scored_for_events)
        scored.add_metric([kind, "passing"], figures.scored_in_passing)
        seconds.add_metric([kind], figures.refresh_seconds)
        counts.add_metric([kind], figures.refreshes)
        waiting.add_metric([kind, "events"], figures.marked)
        waiting.add_metric([kind, "passing"], figures.waiting_in_passing)
        known.add_metric([kind], figures.known)
    return iter((freshness, scored, seconds, counts, waiting, known))


def _of_ingest(stats: LiveStats) -> Iterator[Metric]:
    events = CounterMetricFamily(
        "tutorpulse_events", "Events that arrived, by what became of them.", labels=["outcome"]
    )
    for outcome, count in (("accepted", stats.accepted), ("duplicate", stats.duplicate)):
        events.add_metric([outcome], count)
    events.add_metric(["rejected"], sum(stats.rejected.values()))
    rejects = CounterMetricFamily("tutorpulse_rejects", "Events rejected, by reason.", labels=["reason"])
    for reason, count in stats.rejected.items():
        rejects.add_metric([reason], count)
    yield from (events, rejects)
    gauges = {
        "queue_bodies": ("Bodies that wait to be taken.", stats.waiting_bodies),
        "queue_bytes": ("Bytes that wait to be taken.", stats.waiting_bytes),
        "journal_events": ("Events acknowledged and not yet in the database.", stats.journal_events),
        "journal_sync_seconds": ("What the last group took to become durable.", stats.sync_s),
        "apply_lag_seconds": ("From acknowledged to readable, of the last step's oldest event.", stats.lag_s),
    }
    for name, (told, value) in gauges.items():
        yield GaugeMetricFamily(f"tutorpulse_{name}", told, value)
    yield CounterMetricFamily("tutorpulse_groups", "Groups of bodies made durable together.", stats.groups)
    yield CounterMetricFamily(
        "tutorpulse_refused_bodies", "Bodies that the disk did not take.", stats.refused_bodies
    )


def _folder_bytes(folder: Path) -> float:
    return float(sum(_file_bytes(path) for path in folder.rglob("*")))


def _file_bytes(path: Path) -> int:
    """A file's size; 0 of one that has gone meanwhile."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
