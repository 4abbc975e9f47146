"""The HTTP API: thin, one file per resource."""
