"""`/login`, and out again: by name and password."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tutorpulse.api.context import here
from tutorpulse.api.signing import check_same_site, clear_cookie
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.access import entering
from tutorpulse.errors import SignInError
from tutorpulse.service.access import users
from tutorpulse.store.state.audit import Act
from tutorpulse.store.state.users import UserRow

router = APIRouter(include_in_schema=False)


@router.get("/login")
async def look(request: Request, next: str = "/") -> Response:
    """The form; whoever is signed in already goes on."""
    if await here(request).door.caller(request) is not None:
        return RedirectResponse(entering.own_path(next), 303)
    return form(request, entering.own_path(next))


@router.post("/login")
async def enter(request: Request) -> Response:
    """Name and password, at most a few times a minute."""
    given = await entering.own_form(request)
    name, onward = given.get("name", ""), entering.own_path(given.get("next", "/"))
    entering.count_attempt(request, name)
    try:
        user = await run_in_threadpool(_checked, request, name, given.get("password", ""))
    except SignInError as error:
        return form(request, onward, str(error), name)
    return await run_in_threadpool(entering.welcome, request, user, "sign in", onward)


def form(request: Request, onward: str, said: str = "", name: str = "") -> Response:
    """The page with the form, and why an attempt failed."""
    return frame.page(
        request,
        "login.html",
        None,
        status=401 if said else 200,
        onward=onward,
        said=said,
        name=name,
        provider=request.app.state.provider is not None,
    )


def _checked(request: Request, name: str, password: str) -> UserRow:
    with here(request).service.states.one() as state:
        try:
            return users.check(state, name, password)
        except SignInError:
            entering.note_refusal(request, state.users.named(name))
            raise


@router.post("/logout")
async def leave(request: Request) -> Response:
    """End this browser's sign-in, here and now."""
    check_same_site(request)
    context = here(request)
    caller = await context.door.caller(request)
    if caller is not None and caller.signin_id:
        request.state.act = Act("sign out")
        with context.service.states.one() as state:
            state.signins.end(caller.signin_id)
        context.door.forget()
    response = RedirectResponse("/login", 303)
    clear_cookie(request, response)
    return response
