"""Small mutable state in SQLite: predictions, insights, recommendations, refresh runs, keys."""

from tutorpulse.store.state.insights import InsightRow, LevelRow
from tutorpulse.store.state.keys import SCOPES, KeyRow
from tutorpulse.store.state.predictions import PredictionRows
from tutorpulse.store.state.recommendations import RecommendationRow
from tutorpulse.store.state.runs import Run
from tutorpulse.store.state.state import State

__all__ = [
    "SCOPES",
    "InsightRow",
    "KeyRow",
    "LevelRow",
    "PredictionRows",
    "RecommendationRow",
    "Run",
    "State",
]
