"""The pages, one file each."""

from tutorpulse.dashboard.pages import live, overview, person, tables

ROUTERS = (overview.router, live.router, tables.router, person.router)
