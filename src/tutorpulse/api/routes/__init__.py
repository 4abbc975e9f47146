"""The routes, one file per resource."""

from tutorpulse.api.routes import (
    alerts,
    audit,
    entities,
    events,
    features,
    health,
    insights,
    lifecycle,
    market,
    models,
    operators,
    predecessor,
    receivers,
    recommendations,
    rejects,
    tasks,
    upkeep,
)

ROUTERS = (
    events.router,
    health.router,
    predecessor.router,
    rejects.router,
    entities.router,
    market.router,
    recommendations.router,
    tasks.router,
    operators.router,
    insights.router,
    alerts.router,
    receivers.router,
    models.router,
    lifecycle.router,
    features.router,
    audit.router,
    upkeep.router,
)

TAGS = [
    {"name": "events", "description": "Events in, and those that broke the contract."},
    {"name": "entities", "description": "Tutors and students: lists, pages, history."},
    {"name": "market", "description": "The market as a whole."},
    {"name": "worklist", "description": "What is to be done, and what operators know and did."},
    {
        "name": "insights",
        "description": "What changed, as it is written; paths and fields as the predecessor had them.",
    },
    {"name": "alerts", "description": "Who is affected, why, and what operators made of it."},
    {"name": "model", "description": "Models and the features they read."},
    {"name": "operations", "description": "For whoever runs the service."},
]
"""The groups of the OpenAPI document."""
