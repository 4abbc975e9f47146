"""The market: supply against demand, by subject."""
