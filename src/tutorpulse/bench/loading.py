"""Events posted to a service at an even pace, and how long those whom they touched waited for their predictions."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tutorpulse.bench.posting import Connection, Posted, post_all
from tutorpulse.bench.served import Served
from tutorpulse.bench.waits import Sample, Waits, together, waiting_of, waits_of
from tutorpulse.errors import TutorpulseError

POST_EVENTS = 100
CONNECTIONS = 4
AIM_S = 1.0
"""Within this, predictions are to be readable; it is a bound of the service's histogram, so the share is exact."""

_OK = 200
_PATIENCE_S = 300.0
_LOOK_S = 0.05
SETTLED_S = 3.0
"""Longer than a lane's look, of which nothing counts as waiting or as done until it ends."""


@dataclass(frozen=True)
class Load:
    """What came of events at a pace: the posts, and the waits of those touched, by kind."""

    per_second: float
    events: int
    posted: Posted
    waits: Mapping[str, Waits]

    def p99_s(self) -> float:
        """Within this 99 of 100 were fresh, over both kinds."""
        return together(self.waits).quantile_s(0.99)

    def as_data(self) -> dict[str, Any]:
        """As plain data for JSON. `reached_events_per_second` is less than asked for where answers kept posts waiting."""
        asked_s = self.events / self.per_second
        return {
            "events_per_second": self.per_second,
            "reached_events_per_second": self.events / max(asked_s, self.posted.seconds),
            "seconds": asked_s,
            "post_p99_ms": self.posted.quantile_ms(0.99),
            **_told(together(self.waits)),
            **{kind: _told(waits) for kind, waits in self.waits.items()},
        }


def _told(waits: Waits) -> dict[str, Any]:
    return {
        "scored": int(waits.count),
        "p50_s": waits.quantile_s(0.5),
        "p99_s": waits.quantile_s(0.99),
        "within_1_s_share": waits.share_within(AIM_S),
    }


def load(service: Served, lines: Iterable[bytes], per_second: float) -> Load:
    """Post all lines at a pace of events, and wait until all whom they touch are scored."""
    before = waits_of(figures(service))
    some = list(lines)
    posted = post_evenly(service, some, per_second)
    until_scored(service)
    after = waits_of(figures(service))
    waits = {kind: waits.minus(before.get(kind, Waits())) for kind, waits in after.items()}
    return Load(per_second, len(some), posted, waits)


def post_evenly(
    service: Served, lines: Iterable[bytes], per_second: float, stop: threading.Event | None = None
) -> Posted:
    """Post lines by the hundred at a pace of events, until there are no more or it is enough.

    Raises:
        TutorpulseError: a post was refused, or a connection failed.
    """
    posted = post_all(
        service, _posts(service, iter(lines), stop), CONNECTIONS, per_second=per_second / POST_EVENTS
    )
    if posted.refused:
        raise TutorpulseError(
            f"{len(posted.refused)} posts were refused, the first with {posted.refused[0]}."
        )
    return posted


def _posts(
    service: Served, lines: Iterator[bytes], stop: threading.Event | None
) -> Iterator[tuple[bytes, bytes]]:
    while not (stop and stop.is_set()) and (some := list(islice(lines, POST_EVENTS))):
        body = b"\n".join(some) + b"\n"
        yield service.head("POST", "/v1/events", "application/x-ndjson", len(body)), body


def idle_mean_s(service: Served, lines: Iterable[bytes]) -> float:
    """Mean wait of those whom single events touch, each sent when the one before is done."""
    before = together(waits_of(figures(service)))
    for line in lines:
        seen = together(waits_of(figures(service))).count
        post_evenly(service, [line], POST_EVENTS)
        _wait_beyond(service, seen)
    until_scored(service)
    return together(waits_of(figures(service))).minus(before).mean_s()


def _wait_beyond(service: Served, count: float) -> None:
    until = time.monotonic() + _PATIENCE_S
    while together(waits_of(figures(service))).count <= count:
        _check(until)
        time.sleep(_LOOK_S)


def until_scored(service: Served) -> None:
    """Wait until nobody waits whom events touched, and nobody was scored for events for a while.

    Raises:
        TutorpulseError: it took too long.
    """
    until, seen, since = time.monotonic() + _PATIENCE_S, -1.0, time.monotonic()
    while time.monotonic() - since < SETTLED_S:
        _check(until)
        time.sleep(_LOOK_S * 10)
        samples = figures(service)
        count = together(waits_of(samples)).count
        if waiting_of(samples) or count != seen:
            seen, since = count, time.monotonic()


def _check(until: float) -> None:
    if time.monotonic() > until:
        raise TutorpulseError(f"The service was not done after {_PATIENCE_S:.0f} s.")


def figures(service: Served) -> list[Sample]:
    """What the service tells Prometheus.

    Raises:
        TutorpulseError: it does not.
    """
    connection = Connection(service)
    status, said = connection.ask(service.head("GET", "/metrics"))
    connection.close()
    if status != _OK:
        raise TutorpulseError(f"/metrics was answered with {status}: {said[:300]!r}.")
    families = text_string_to_metric_families(said.decode())
    return [(s.name, dict(s.labels), float(s.value)) for family in families for s in family.samples]
