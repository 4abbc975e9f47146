"""The pages, one file each."""

from tutorpulse.dashboard.pages import live, overview, tables

ROUTERS = (overview.router, live.router, tables.router)
