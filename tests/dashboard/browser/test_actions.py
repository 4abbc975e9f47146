"""What people do all day, in a real Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.dashboard.browser.conftest import Serving, SignedIn
from tests.store.test_state import insight
from tutorpulse.service.queries import alerts
from tutorpulse.service.worklist import tasks

pytestmark = pytest.mark.slow


def test_a_tutor_is_found_by_filter_and_opened_with_reasons_and_the_way_back_keeps_the_filter(
    signed_in: SignedIn, serving: Serving
) -> None:
    page = signed_in("vera").open("/tutors")
    expect(page.locator("[data-total]")).to_have_text("10 tutors")
    page.get_by_placeholder("Find by id").fill("T3")
    expect(page.locator("[data-total]")).to_have_text("1 tutor")
    assert page.url.endswith("/tutors?q=T3")
    page.get_by_role("link", name="t3", exact=True).click()
    page.wait_for_url("**/tutors/t3")
    expect(page.get_by_role("heading", name=re.compile("Why this burnout risk"))).to_be_visible()
    expect(page.locator(".drivers tbody tr").first).to_be_visible()
    page.go_back()
    expect(page.locator("[data-total]")).to_have_text("1 tutor")
    expect(page.get_by_placeholder("Find by id")).to_have_value("T3")


def test_every_id_is_linked_to_the_users_own_back_office(signed_in: SignedIn, serving: Serving) -> None:
    page = signed_in("vera").open("/tutors?sort=entity_id")
    there = page.get_by_role("link", name="t0 in the back office")
    expect(there).to_have_attribute("href", "https://office.example/tutors/t0")
    expect(page.locator("svg.spark").first).to_be_visible()
    for path in ("/tasks", "/students/s3"):
        page = signed_in("vera").open(path)
        named = page.locator("main a[href^='/tutors/t']").all_text_contents()
        assert named, path
        for name in set(named):
            beside = page.get_by_role("link", name=f"{name} in the back office").first
            expect(beside).to_have_attribute("href", f"https://office.example/tutors/{name}")
    person = signed_in("vera").open("/tutors/t3").get_by_role("link", name="Open in the back office")
    expect(person).to_have_attribute("href", "https://office.example/tutors/t3")
    with serving.service.states.one() as state, state.transaction():
        state.insights.add([insight("live-office", entity_id="t5")])
    page = signed_in("vera").open("/")
    expect(page.locator(".feed li").get_by_role("link", name="t5 in the back office").first).to_be_visible()


def test_the_table_is_sorted_from_the_server_by_mouse_and_opened_by_keyboard(signed_in: SignedIn) -> None:
    page = signed_in("vera").open("/tutors?sort=entity_id")
    expect(page.locator("[data-total]")).to_have_text("10 tutors")
    expect(page.locator("[row-index='0'] a").first).to_have_text("t0")
    page.locator(".ag-header-cell[col-id='entity_id'] .ag-header-cell-label").click()
    page.wait_for_url("**/tutors?sort=-entity_id")
    expect(page.locator("[row-index='0'] a").first).to_have_text("t9")
    page.locator("[row-index='0'] [col-id='segment']").click()
    page.keyboard.press("Enter")
    page.wait_for_url("**/tutors/t9")


def test_an_action_is_marked_done_with_a_note(signed_in: SignedIn, serving: Serving) -> None:
    with serving.service.lend() as pulse:
        task = tasks.listed(pulse, tasks.Asked(limit=1)).items[0]
    page = signed_in("olaf").open(f"/{task.entity_type}s/{task.entity_id}")
    article = page.locator("article.task", has_text=task.action)
    article.get_by_placeholder("Note").fill("Spoke on the phone")
    article.get_by_role("button", name="Done").click()
    page.wait_for_load_state()
    expect(page.locator("article.task", has_text=task.action)).to_have_count(0)
    with serving.service.lend() as pulse:
        after = tasks.task_page(pulse, task.task_id).task
    assert (after.state, after.decided_by, after.note) == ("done", "olaf", "Spoke on the phone")


def test_an_alert_is_acknowledged(signed_in: SignedIn, serving: Serving) -> None:
    with serving.service.states.one() as state:
        alert = alerts.listed(state, alerts.AlertsAsked(states=("open",))).items[0]
    page = signed_in("olaf").open(f"/alerts/{alert.alert_id}")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".page-head")).to_contain_text("Acknowledged")
    with serving.service.states.one() as state:
        assert alerts.one(state, alert.alert_id).acknowledged_by == "olaf"


def test_whoever_only_looks_finds_no_buttons_and_whoever_does_not_administer_sets_nothing(
    signed_in: SignedIn, serving: Serving
) -> None:
    page = signed_in("vera").open("/alerts")
    assert page.get_by_role("button", name=re.compile("Acknowledge|Resolve")).count() == 0
    page = signed_in("olaf").open("/settings")
    assert page.get_by_role("button", name="Set thresholds").count() == 0


def test_a_threshold_is_previewed_then_set(signed_in: SignedIn) -> None:
    page = signed_in("ada").open("/settings")
    field = page.get_by_label("Burnout risk, 14 days, above which a tutor is churning.")
    field.fill("65")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("tutors would change segment")).to_be_visible()
    page.get_by_role("button", name="Set thresholds").click()
    expect(page.get_by_role("status")).to_contain_text("The thresholds are in force")
    expect(page.get_by_label("Burnout risk, 14 days, above which a tutor is churning.")).to_have_value("65")


def test_the_theme_is_switched_and_stays(signed_in: SignedIn) -> None:
    page = signed_in("vera").open("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    page.get_by_label("Theme").select_option("light")
    light = page.evaluate(ground)
    page.get_by_label("Theme").select_option("dark")
    dark = page.evaluate(ground)
    assert light != dark
    page.reload()
    assert page.evaluate(ground) == dark
    expect(page.get_by_label("Theme")).to_have_value("dark")


def test_insights_come_in_live_wait_while_somebody_reads_and_nothing_is_lost_by_a_restart(
    signed_in: SignedIn, serving: Serving
) -> None:
    watched = signed_in("vera")
    page = watched.open("/?segment=kept")
    expect(page.locator("[data-live-state]")).to_have_text("live")

    def write(alert_id: str) -> None:
        with serving.service.states.one() as state:
            state.insights.add([insight(alert_id)])

    items = page.locator(".feed li:not(.feed-empty)")
    before = items.count()
    write("live-1")
    expect(items).to_have_count(before + 1)
    expect(items.first.get_by_role("link", name="t1 in the back office")).to_be_visible()
    page.locator(".feed").hover()
    write("live-2")
    expect(page.locator("[data-live-state]")).to_have_text("paused, 1 new")
    expect(items).to_have_count(before + 1)
    page.mouse.move(5, 5)
    expect(items).to_have_count(before + 2)
    serving.stop()
    write("live-3")
    serving.start()
    expect(items).to_have_count(before + 3)
    expect(page.locator("[data-live-state]")).to_have_text("live")
    assert page.url.endswith("/?segment=kept")
    watched.errors.clear()  # The browser itself reports the lost connection.


def test_in_a_hidden_tab_nothing_is_streamed(signed_in: SignedIn) -> None:
    page = signed_in("vera").open("/")
    state = page.locator("[data-live-state]")
    expect(state).to_have_text("live")
    for hidden, told in (("true", "paused"), ("false", "live")):
        page.evaluate(
            f"Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }});"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        expect(state).to_have_text(told)
