"""What the store answers to a batch: per event, what became of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STATUSES = ("accepted", "duplicate", "rejected")
"""What an event can become; `Receipts.status` indexes it."""
ACCEPTED, DUPLICATE, REJECTED = range(3)


@dataclass(frozen=True)
class Receipts:
    """One status per event of the batch, by its position there: an int8 array that indexes `STATUSES`."""

    status: NDArray[np.int8]

    @property
    def accepted(self) -> int:
        """How many events the log took."""
        return int((self.status == ACCEPTED).sum())

    @property
    def duplicate(self) -> int:
        """How many had an id that the log, or an earlier event of the batch, has."""
        return int((self.status == DUPLICATE).sum())

    @property
    def rejected(self) -> int:
        """How many break the contract; they lie in the rejects."""
        return int((self.status == REJECTED).sum())

    def __getitem__(self, position: int) -> str:
        return STATUSES[self.status[position]]

    def __len__(self) -> int:
        return len(self.status)
