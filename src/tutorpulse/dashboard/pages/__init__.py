"""The pages, one file each."""

from tutorpulse.dashboard.pages import (
    alerts,
    data,
    deeds,
    live,
    market,
    models,
    overview,
    person,
    record,
    settings,
    tables,
    tasks,
    why,
)

ROUTERS = (
    overview.router,
    live.router,
    tables.router,
    tasks.router,
    deeds.router,
    record.router,
    person.router,
    why.router,
    alerts.router,
    models.router,
    market.router,
    data.router,
    settings.router,
)
