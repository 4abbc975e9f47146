"""What operators do: tasks, overrides, states, feedback, requests for review, and one entity's record."""
