"""Alerts of a home: observed where predictions are written, changed by operators and by time."""
