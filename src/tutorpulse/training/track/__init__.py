"""The track record: what came true of predictions, and how good they were."""
