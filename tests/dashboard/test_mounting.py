"""What every page has, and what goes wrong on one."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from tests.dashboard.conftest import Look


def test_without_a_key_nothing_is_shown_and_the_page_leads_to_the_login(browser_like: TestClient) -> None:
    for path, asked in (("/", "%2F"), ("/parts/needs", "%2Fparts%2Fneeds"), ("/live", "%2Flive")):
        answer = browser_like.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={asked}")


def test_a_page_loads_and_runs_nothing_of_another_host(look: Look) -> None:
    answer = look("/")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "://" not in answer.text.replace("http://www.w3.org", "")


def test_an_unknown_page_is_told_as_a_page_and_the_api_keeps_its_problems(look: Look) -> None:
    page, problem = look("/nowhere"), look("/v1/nowhere")
    assert page.status_code == problem.status_code == 404
    assert "There is no path /nowhere" in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert problem.headers["content-type"] == "application/problem+json"


def test_whoever_does_not_ask_for_a_page_gets_the_problem(look: Look) -> None:
    assert look("/nowhere", headers={"accept": "*/*"}).headers["content-type"] == "application/problem+json"


def test_assets_need_no_key_and_may_be_kept_for_ever(browser_like: TestClient, look: Look) -> None:
    path = look("/").text.split('<link rel="stylesheet" href="')[1].split('"')[0]
    answer = browser_like.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert browser_like.get("/assets/x/LOCK").status_code == 404
    assert browser_like.get("/assets/x/..%2fframe.py").status_code == 404


def test_the_theme_is_kept_in_a_cookie_and_leads_back_to_the_page(
    browser_like: TestClient, look: Look
) -> None:
    form = {"content": "theme=dark", "headers": {"referer": "http://testserver/tutors?segment=star"}}
    answer = browser_like.post("/theme", **form)  # type: ignore[arg-type]
    assert answer.status_code == 303
    assert answer.headers["location"] == "/tutors?segment=star"
    assert answer.cookies["theme"] == "dark"
    assert 'data-theme="dark"' in look("/", cookies={"theme": "dark"}).text
    away = browser_like.post("/theme", content="theme=dark", headers={"referer": "http://elsewhere/x"})
    assert away.headers["location"] == "/"


def test_a_key_that_only_ingests_sees_no_page(browser_like: TestClient, key: Callable[..., str]) -> None:
    answer = browser_like.get("/", headers={"authorization": f"Bearer {key('ingest')}"})
    assert answer.status_code == 403


def test_a_choice_of_theme_is_short_as_anybody_may_send_it(browser_like: TestClient) -> None:
    assert browser_like.post("/theme", content="theme=dark&x=" + 300 * "x").status_code == 413
