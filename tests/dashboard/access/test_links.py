"""One-time links: invitations, resets, the demonstration's way in, the first administrator."""

import pytest
from fastapi import FastAPI

from tests.dashboard.access.browsers import browser, enter
from tests.dashboard.access.conftest import PASSWORD
from tests.service.live.homes import LIVE_US
from tutorpulse.api.app import create_app
from tutorpulse.api.running import claim as claims
from tutorpulse.dashboard.mounting import mount
from tutorpulse.service.access import users
from tutorpulse.service.live.service import Service

OTHER = "staple correct horse"


def invited(service: Service, name: str) -> str:
    with service.states.one() as state:
        return "/link/" + users.invite(state, name, "viewer", LIVE_US)[1]


def test_an_invitation_asks_for_a_password_and_lets_in(app: FastAPI, service: Service) -> None:
    link, there = invited(service, "ivy"), browser(app)
    for _ in range(2):
        assert "Welcome, ivy" in there.get(link).text
    answer = there.post(link, data={"password": OTHER, "again": OTHER})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert there.get("/v1/summary").status_code != 401
    stranger = browser(app)
    worn = stranger.get(link)
    assert worn.status_code == 404
    assert "This link was used" in worn.text
    assert stranger.post(link, data={"password": PASSWORD, "again": PASSWORD}).status_code == 404
    assert enter(browser(app), "ivy", OTHER).status_code == 303


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "A password has 12 to 256 characters; this has 5"),
        (OTHER, PASSWORD, "The two passwords differ"),
    ],
)
def test_a_password_that_cannot_be_is_told_and_the_link_stays_good(
    app: FastAPI, service: Service, password: str, again: str, said: str
) -> None:
    link, there = invited(service, f"new {len(password)}"), browser(app)
    answer = there.post(link, data={"password": password, "again": again})
    assert answer.status_code == 422
    assert said in answer.text
    assert there.post(link, data={"password": OTHER, "again": OTHER}).status_code == 303


def test_a_reset_signs_out_every_other_browser(app: FastAPI, service: Service) -> None:
    there, elsewhere = browser(app), browser(app)
    there.post(invited(service, "rex"), data={"password": OTHER, "again": OTHER})
    with service.states.one() as state:
        _, secret = users.reset(state, state.users.get_named("rex").user_id, LIVE_US)
    assert "Another password" in elsewhere.get("/link/" + secret).text
    elsewhere.post("/link/" + secret, data={"password": PASSWORD, "again": PASSWORD})
    app.state.context.door.forget()
    assert there.get("/v1/summary").status_code == 401
    assert elsewhere.get("/v1/summary").status_code != 401


def test_a_link_to_enter_works_once_and_on_this_machine_only(app: FastAPI, service: Service) -> None:
    with service.states.one() as state:
        demo = state.users.create("demonstration", "admin", LIVE_US)
        link = "/link/" + state.links.create(demo.user_id, "enter", LIVE_US + 1)
    away = browser(app, "10.0.0.7").get(link)
    assert (away.status_code, "on the machine of the service only" in away.text) == (404, True)
    there = browser(app)
    assert there.get(link).headers["location"] == "/"
    assert there.get("/v1/audit").status_code == 200
    assert there.get(link).headers["location"] == "/"
    assert browser(app).get(link).status_code == 404


def test_the_first_administrator_chooses_a_name_and_a_password(service: Service) -> None:
    app, claim = create_app(service), claims.Claim(service)
    app.include_router(claims.router_of(claim))
    app.state.claim = claim
    mount(app)
    there = browser(app)
    setup = there.get(claim.path).headers["location"]
    assert "First administrator" in there.get(setup).text
    form = {"name": "first", "password": OTHER, "again": OTHER}
    for wrong, said in (
        ({"again": "x"}, "differ"),
        ({"name": "ada"}, "a user"),
        ({"name": ""}, "is no name of a user"),
    ):
        answer = there.post(setup, data=form | wrong)
        assert (answer.status_code, said in answer.text) == (422, True)
    assert there.post(setup, data=form).headers["location"] == "/"
    assert there.get("/v1/audit").json()["items"][1]["actor_kind"] == "link"
    assert there.get(setup).status_code == 404
    assert there.post(claim.path).status_code == 404


def test_a_claim_is_needed_as_long_as_nobody_can_let_others_in(service: Service) -> None:
    assert not claims.needed(service)
    with service.states.one() as state:
        admins = [user.user_id for user in state.users.all() if user.role == "admin"]
        state._connection.execute("UPDATE users SET role = 'viewer'")
        assert claims.needed(service)
        state.users.set_role(admins[0], "admin")
