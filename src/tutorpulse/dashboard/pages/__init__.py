"""The pages, one file each."""

from tutorpulse.dashboard.pages import alerts, live, market, models, overview, person, tables

ROUTERS = (
    overview.router,
    live.router,
    tables.router,
    person.router,
    alerts.router,
    models.router,
    market.router,
)
