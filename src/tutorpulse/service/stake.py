"""What is at stake: what 30 days of an entity are worth, from the last 90."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.features.frame import EntityType
from tutorpulse.store.log import EventStore
from tutorpulse.store.sessions import sessions_as_of_sql

LOOKBACK_DAYS = 90
WORTH_DAYS = 30


@dataclass(frozen=True)
class Stakes:
    """The worth of 30 days by entity id; entities without a completed session in 90 days are worth nothing.

    `unit` is `margin` (price minus the tutor's earnings), `price` where the log has no earnings, or `sessions` where it has no
    prices.
    """

    unit: Literal["margin", "price", "sessions"]
    worth: dict[str, float]

    def of(self, entity_ids: NDArray[np.object_]) -> NDArray[np.float64]:
        """The worth of each."""
        return np.array([self.worth.get(entity_id, 0.0) for entity_id in entity_ids], dtype=np.float64)


def stakes(store: EventStore, entity_type: EntityType, as_of_us: int, known_at_us: int) -> Stakes:
    """A third of the last 90 days' margin: of each completed session, its price minus earnings where both are known, else its
    price. Where no session of the log's last 90 days has a price, a third of the sessions completed."""
    found = store.query(_sql(entity_type, as_of_us, known_at_us))
    has_price, has_earnings = (bool(np.any(found[name] > 0)) for name in ("prices", "margins"))
    money = np.nan_to_num(found["money"].astype(np.float64))
    total = money if has_price else found["sessions"].astype(np.float64)
    worth = dict(zip(found["entity_id"].tolist(), (total * WORTH_DAYS / LOOKBACK_DAYS).tolist(), strict=True))
    return Stakes("margin" if has_earnings else "price" if has_price else "sessions", worth)


def _sql(entity_type: EntityType, as_of_us: int, known_at_us: int) -> str:
    since_us = as_of_us - LOOKBACK_DAYS * DAY_US
    return f"""
        SELECT {entity_type}_id AS entity_id, COUNT(*) AS sessions, COUNT(price) AS prices,
            COUNT(price - tutor_earnings) AS margins, SUM(COALESCE(price - tutor_earnings, price)) AS money
        FROM ({sessions_as_of_sql(as_of_us, known_at_us)}) AS held
        WHERE outcome = 'completed' AND time_us > {since_us:d} AND time_us <= {as_of_us:d}
        GROUP BY {entity_type}_id"""
