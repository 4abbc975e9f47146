"""The local socket of a running service: other processes of the same user work on its home through it."""
