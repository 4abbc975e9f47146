"""The pages, one file each."""

from tutorpulse.dashboard.pages import alerts, data, live, market, models, overview, person, settings, tables

ROUTERS = (
    overview.router,
    live.router,
    tables.router,
    person.router,
    alerts.router,
    models.router,
    market.router,
    data.router,
    settings.router,
)
