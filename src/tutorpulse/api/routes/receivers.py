"""Receivers of alerts: read, and tried out. They are set in the home's files."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import alert_examples as examples
from tutorpulse.api.access import SCHEMES, needs
from tutorpulse.api.answers import answer
from tutorpulse.api.auditing import name_act
from tutorpulse.api.context import here
from tutorpulse.api.described import answers, content
from tutorpulse.service.queries import alert_shapes as shapes
from tutorpulse.service.queries import receivers
from tutorpulse.store.state.audit import Act

router = APIRouter(tags=["alerts"])


@router.get(
    "/v1/receivers",
    summary="Who is told of alerts",
    responses=answers("And how it stands with each.", content(shapes.ReceiverList, examples.RECEIVERS)),
    dependencies=[needs("read")],
)
def list_receivers(request: Request) -> Response:
    """Nothing secret is told. They are set in `receivers.toml` of the home, and by its mail settings."""
    service = here(request).service
    with service.states.one() as state:
        return answer(receivers.receivers(state, service.pulse.home.path, service.pulse.settings))


@router.post(
    "/v1/receivers/{name}/test",
    summary="Try a receiver out",
    responses=answers(
        "Whether it took a trial message.", content(shapes.Tried, examples.TRIED), ("not-found", "invalid")
    ),
    openapi_extra={"security": SCHEMES},
)
async def try_receiver(
    request: Request, name: Annotated[str, Path(max_length=64, description="The receiver's name.")]
) -> Response:
    """Sends it a message that says it is a trial; a webhook gets a post without events."""
    context = here(request)
    await context.door.admit(request, "operate")
    name_act(request, Act("test receiver", "receiver", name))
    pulse = context.service.pulse
    now_us = pulse.clock.now_us()
    return answer(await run_in_threadpool(receivers.tried, pulse.home.path, pulse.settings, name, now_us))
