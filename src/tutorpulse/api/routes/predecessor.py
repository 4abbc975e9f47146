"""`POST /ingest`, as the predecessor had it: one event, one word."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api.access import SCHEMES
from tutorpulse.api.answers import answer
from tutorpulse.api.described import answers, content
from tutorpulse.api.routes.events import ANYTHING, BODY_PROBLEMS, EVENT, taken
from tutorpulse.service.queries.shapes import Ingested
from tutorpulse.store.bodies import Taken

router = APIRouter(tags=["events"])

_THEIRS = {name: value for name, value in EVENT.items() if name != "event_id"}
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": ANYTHING, "example": _THEIRS}},
}
_EXAMPLE = {"status": "accepted", "event_id": "evt-2001", "message": "Event accepted"}


@router.post(
    "/ingest",
    summary="Send one event as to the predecessor",
    responses=answers("It is on disk.", content(Ingested, _EXAMPLE), BODY_PROBLEMS),
    openapi_extra={"requestBody": _BODY, "security": SCHEMES},
)
async def ingest(request: Request) -> Response:
    """Take one event in the predecessor's spelling, or any other that `/v1/events` takes; of several, the answer tells the worst."""
    return answer(told(await taken(request)))


def told(taken: Taken) -> Ingested:
    """What became of a body in a word: rejected if any event was, else accepted if any was, else duplicate."""
    if taken.refused:
        first = taken.refused[0]
        where = f"{first.field}: " if first.field else ""
        return Ingested("rejected", None, f"{where}{first.reason}")
    accepted = taken.count("accepted")
    event_id = str(taken.event_ids()[0]) if len(taken) == 1 else None
    status = "accepted" if accepted or not len(taken) else "duplicate"
    many = "Event" if len(taken) == 1 else f"{len(taken)} events"
    return Ingested(status, event_id, f"{many} {'accepted' if accepted else 'known already'}")
