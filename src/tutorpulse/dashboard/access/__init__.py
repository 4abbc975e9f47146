"""Who may come in, what they may do, and what they did."""

from tutorpulse.dashboard.access import audit, keys, links, login, provider, users

ROUTERS = (login.router, provider.router, links.router, users.router, keys.router, audit.router)
