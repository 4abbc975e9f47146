"""Alerts, as pure functions: when one opens, changes and resolves, and who is told when."""
