"""A home's history replayed with retraining, and the report of it."""
