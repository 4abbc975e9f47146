"""The work list and what people know better, in a real Chromium."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.browser.conftest import AXE, Serving, SignedIn
from tutorpulse.service.worklist import overrides, reviews, states, tasks

pytestmark = pytest.mark.slow


def clean(page: Page) -> None:
    """Nothing that axe finds, in either theme, as the page stands now."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        found = json.loads(page.evaluate("async () => JSON.stringify((await axe.run()).violations)"))
        assert [(v["id"], node["target"]) for v in found for node in v["nodes"]] == [], theme


def test_a_task_is_filtered_assigned_and_done_with_its_outcome_in_the_list(
    signed_in: SignedIn, serving: Serving
) -> None:
    page = signed_in("olaf").open("/tasks")
    rows = page.locator(".work-row")
    before = rows.count()
    page.get_by_label("About").select_option("tutor")
    page.wait_for_url("**/tasks?*kind=tutor*")
    tutors = rows.count()
    assert 0 < tutors < before
    first = rows.first
    what = first.locator(".work-what a").inner_text()
    first.get_by_text("Act", exact=True).click()
    expect(first.get_by_placeholder("Note")).to_be_visible()
    clean(page)
    first.get_by_placeholder("nobody").fill("vera")
    first.get_by_role("button", name="Assign").click()
    page.wait_for_url("**/tasks?*kind=tutor*")
    expect(rows.first.locator(".work-when")).to_contain_text("vera")
    page.get_by_label("Owner").select_option("vera")
    page.wait_for_url("**owner=vera*")
    expect(rows).to_have_count(1)
    rows.first.get_by_text("Act", exact=True).click()
    rows.first.get_by_placeholder("Note").fill("rests now")
    rows.first.get_by_label("What came of it").select_option("solved")
    rows.first.get_by_role("button", name="Done", exact=True).click()
    expect(rows).to_have_count(0)
    page.get_by_label("State").select_option("done")
    page.wait_for_url("**state=done*")
    expect(rows.first).to_contain_text(what)
    expect(rows.first).to_contain_text("by olaf, solved")
    rows.first.get_by_role("link", name="Look").click()
    expect(page.locator("main")).to_contain_text("rests now")
    clean(page)
    with serving.service.lend() as pulse:
        assert tasks.listed(pulse, tasks.Asked(state="done", owner="vera")).items[0].outcome == "solved"


def test_a_segment_and_a_state_are_set_on_the_page_marked_elsewhere_and_ended(
    signed_in: SignedIn, serving: Serving
) -> None:
    page = signed_in("olaf").open("/tutors/t2")
    known = page.locator("#known")
    known.get_by_label("Segment", exact=True).select_option("star")
    known.get_by_label("Reason", exact=True).fill("Back on Monday")
    known.get_by_role("button", name="Set the segment").click()
    expect(page.locator(".page-head")).to_contain_text("set by olaf")
    known.get_by_label("State").select_option("on_leave")
    known.get_by_role("button", name="Set apart").click()
    expect(page.locator(".page-head")).to_contain_text("On leave")
    clean(page)
    page.goto(f"{serving.address}/tutors?q=t2&status=all")
    cell = page.locator("[row-index='0'] [col-id='segment']")
    expect(cell).to_contain_text("by hand")
    expect(cell).to_contain_text("On leave")
    page.goto(f"{serving.address}/tasks/by-hand")
    clean(page)
    page.get_by_role("button", name="End the override of t2").click()
    page.get_by_role("button", name="End on leave: t2").click()
    expect(page.get_by_text("Nobody is set apart")).to_be_visible()
    with serving.service.lend() as pulse:
        assert overrides.overrides_in_force(pulse).items == ()
        assert states.states_held(pulse).items == ()


def test_a_prediction_is_called_wrong_and_a_person_looks(signed_in: SignedIn, serving: Serving) -> None:
    page = signed_in("olaf").open("/tutors/t1")
    known = page.locator("#known")
    known.get_by_label("Reason, where it is wrong").fill("Was at a conference")
    known.get_by_role("button", name="It is wrong").click()
    expect(known).to_contain_text("Was at a conference")
    page.get_by_role("link", name="What is held about them").click()
    page.wait_for_url("**/tutors/t1/record")
    page.get_by_label("What is to be looked at").fill("Two sessions are missing")
    page.get_by_role("button", name="Ask for a review").click()
    page.wait_for_url("**/tutors/t1/record")
    expect(page.locator("main")).to_contain_text("Two sessions are missing")
    clean(page)
    page.goto(f"{serving.address}/tasks/reviews")
    page.get_by_label("What you found").fill("They came in late; all is right now")
    page.get_by_role("button", name="Something was changed").click()
    expect(page.get_by_text("Nobody waits")).to_be_visible()
    clean(page)
    with serving.service.lend() as pulse:
        (answered,) = reviews.reviews_listed(pulse.state, False).items
    assert (answered.answered_by, answered.outcome) == ("olaf", "changed")


def test_whoever_only_looks_sees_all_of_it_and_finds_no_form(signed_in: SignedIn) -> None:
    for path in (
        "/tasks",
        "/tasks/by-hand",
        "/tasks/reviews",
        "/tasks/playbooks",
        "/tutors/t1",
        "/tutors/t1/record",
    ):
        page = signed_in("vera").open(path)
        assert page.locator("main form[method=post]").count() == 0, path
