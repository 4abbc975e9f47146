"""Everybody scored anew, and somebody erased."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import examples
from tutorpulse.api.access import needs
from tutorpulse.api.answers import answer
from tutorpulse.api.auditing import name_act
from tutorpulse.api.context import here
from tutorpulse.api.described import answers, content
from tutorpulse.api.params import ENTITY, KINDS, EntityId, Kind
from tutorpulse.api.problems import ProblemError
from tutorpulse.decisions.summary import Summary
from tutorpulse.events.fields import PLACEHOLDER_ID
from tutorpulse.service.queries.upkeep_shapes import ErasedEntity
from tutorpulse.store.state.audit import Act

router = APIRouter()


@router.post(
    "/v1/refresh",
    tags=["operations"],
    summary="Score everybody now",
    responses=answers(
        "How many are in which segment then.", content(Summary, examples.SUMMARY), ("nothing-yet",)
    ),
    dependencies=[needs("operate")],
)
def refresh(request: Request) -> Response:
    """Answers when it is done, which takes some 30 seconds for 120,000. Nobody needs to ask: whoever is touched by events is scored at
    once, and everybody in the course of an hour."""
    name_act(request, Act("refresh"))
    return answer(here(request).service.refresh().summary)


def erase(request: Request, kind: Kind, entity_id: EntityId) -> Response:
    """Events, rejects, predictions with their history, insights, recommendations: all of it, in archive and journal too. There is no way back.

    Sessions are of two, so the other side loses them as well. Backups keep what they hold. The audit log keeps the act without the id.
    """
    name_act(request, Act(f"erase {kind}"))
    if entity_id == PLACEHOLDER_ID:
        raise ProblemError(
            "not-found", f"{PLACEHOLDER_ID!r} stands for an unknown {kind} and cannot be erased."
        )
    erased = here(request).service.erase(kind, entity_id)
    return answer(ErasedEntity(erased.events, erased.rejects, erased.state_rows))


for _collection in KINDS:
    router.add_api_route(
        f"/v1/{_collection}/{ENTITY}",
        erase,
        methods=["DELETE"],
        tags=["entities"],
        summary=f"Erase one of the {_collection}",
        responses=answers(
            "What was removed.", content(ErasedEntity, examples.ERASED), ("not-found", "invalid")
        ),
        dependencies=[needs("admin")],
    )
