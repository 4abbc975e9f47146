"""The live service: events in, predictions fresh within a second."""
