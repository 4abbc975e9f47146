"""The pages, one file each."""

from tutorpulse.dashboard.pages import live, overview

ROUTERS = (overview.router, live.router)
