"""Metrics as lines of the log, in CloudWatch's embedded metric format: no call, no permission, nothing lost to throttling."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tutorpulse.aws import names
from tutorpulse.clock import Clock

UNITS = {"OldestWaitSeconds": "Seconds"}
"""The units of metrics that are no counts."""


@dataclass(frozen=True)
class Metrics:
    """Writes metrics with `write`, one line each time."""

    write: Callable[[str], object]
    clock: Clock

    def put(self, dimensions: Mapping[str, str], values: Mapping[str, float]) -> None:
        """Some metrics of one set of dimensions."""
        metrics = [{"Name": name, "Unit": UNITS.get(name, "Count")} for name in values]
        told: dict[str, Any] = {
            "_aws": {
                "Timestamp": self.clock.now_us() // 1_000,
                "CloudWatchMetrics": [
                    {"Namespace": names.NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": metrics}
                ],
            },
            **dimensions,
            **values,
        }
        self.write(msgspec.json.encode(told).decode())
