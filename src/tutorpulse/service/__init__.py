"""The composition root: the one place that opens a home and joins the rooms: ingest, refresh, deliver."""
