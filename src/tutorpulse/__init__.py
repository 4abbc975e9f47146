"""tutorpulse: watches a tutoring marketplace's events and says who needs someone, why, and what to do."""

__version__ = "0.1.0"
