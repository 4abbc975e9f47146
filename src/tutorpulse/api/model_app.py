"""The model server: `GET /ping` and `POST /invocations`, as SageMaker asks of a container."""

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tutorpulse.api.bodies import BodyLimits, read_body
from tutorpulse.api.problems import ProblemError, of_ours, respond
from tutorpulse.errors import InputError, ModelError, TutorpulseError
from tutorpulse.model import wire
from tutorpulse.service.invoking import Invocation, Invoker

BODY_BYTES_MAX = 25_000_000
"""What a real-time endpoint lets through at most; serverless inference lets through 4 MB."""

_LIMITS = BodyLimits(BODY_BYTES_MAX, BODY_BYTES_MAX)


def create_model_app(invoker: Invoker) -> Starlette:
    """The application of a model server. Its errors are problems of RFC 9457."""

    async def ping(_request: Request) -> Response:
        return Response()

    async def invocations(request: Request) -> Response:
        body = await read_body(request, _LIMITS)
        asked = Invocation(
            body, request.headers.get("content-type", ""), request.headers.get(wire.ATTRIBUTES_HEADER, "")
        )
        answered = await run_in_threadpool(invoker.answer, asked)
        return Response(answered.body, media_type=answered.content_type)

    return Starlette(
        routes=[Route("/ping", ping), Route("/invocations", invocations, methods=["POST"])],
        exception_handlers={ProblemError: _problem, TutorpulseError: _ours},
    )


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return respond(request, error)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, TutorpulseError)
    # Whoever calls a model server deploys it: what is wrong with features or model is for them.
    told = ProblemError("invalid", str(error)) if isinstance(error, ModelError) else of_ours(error)
    return respond(request, told)


def bind(host: str, port: int) -> socket.socket:
    """The bound socket of a model server; port 0: any free one.

    Raises:
        InputError: the port is taken, or the address is not this machine's.
    """
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise InputError(
            f"Cannot listen on {host} port {port}: {error.strerror}. Give others with --host and --port."
        ) from None


def serve_models(invoker: Invoker, bound: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        create_model_app(invoker), lifespan="off", log_config=None, access_log=False, server_header=False
    )
    uvicorn.Server(config).run(sockets=[bound])
