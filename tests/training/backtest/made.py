"""Lines of a backtest, made up."""

from typing import Any

import numpy as np

from tutorpulse.training.backtest.lines import Lines


def lines_made(size: int, **columns: Any) -> Lines:
    """Rows of different entities of whom nothing is known but what is given."""
    made: dict[str, Any] = {
        "label": np.zeros(size),
        "value": np.full(size, 0.2),
        "entity": np.arange(size),
        "as_of_us": np.zeros(size, np.int64),
        "recency_days": np.ones(size),
        "recent": np.zeros(size),
        "tenure_days": np.full(size, 100.0),
        "version": np.full(size, "m", dtype=object),
        "low": np.full(size, np.nan),
        "high": np.full(size, np.nan),
    }
    return Lines("student", "churn_risk_14d", "exit", **(made | columns))
