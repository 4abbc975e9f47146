"""What a team did in the home whose pages are photographed: tasks, segments and states by hand, reviews, a trial; and who is of it."""

import secrets

from tutorpulse.clock import DAY_US, format_time
from tutorpulse.features.frame import EntityType
from tutorpulse.service.access import users
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist import feedback, overrides, reviews, shapes, states, tasks
from tutorpulse.service.worklist.values import keep_values
from tutorpulse.store.home import Home
from tutorpulse.store.state.audit import Act, Actor
from tutorpulse.store.state.listing import Selection

_RULES = """# Whether a message brings anybody back is tried: a quarter, by lot, gets none for 30 days.
[[rule]]
key = "student_reengage"
entity = "student"
value = 90
action = "Send a re-engagement message"
hold_out = 0.25
when = [{ fact = "sessions_7d", at_most = 0 }]
"""


def trial(home: Home) -> None:
    """One of the home's rules holds a share out from now on."""
    (home.path / "rules.toml").write_text(_RULES, encoding="utf-8")


def acted(pulse: Pulse) -> None:
    """A morning's work of three people, as it would be in the audit log had they used the pages."""
    _joined(pulse)
    keep_values(pulse)
    found = tasks.listed(pulse, tasks.Asked(limit=40)).items
    changes = (
        ("maria", shapes.TaskChange("assigned", owner="jonas", note="You know the family")),
        ("maria", shapes.TaskChange("assigned", owner="maria")),
        ("jonas", shapes.TaskChange("noted", note="Voicemail, tries again at six")),
        ("jonas", shapes.TaskChange("done", outcome="reached", note="Exams until Friday, then as before")),
        ("ines", shapes.TaskChange("done", outcome="declined", note="Moves to another town")),
        ("ines", shapes.TaskChange("snoozed", until=_in(pulse, 3), note="On a class trip")),
        ("maria", shapes.TaskChange("dismissed", note="Spoke on Monday")),
    )
    for task, (by, change) in zip(found[1:], changes, strict=False):
        tasks.change_task(pulse, task.task_id, change, by)
        _noted(pulse, by, Act(f"{change.move} task", "task", task.task_id))
    people = {task.entity_type: task.entity_id for task in found[10:]}
    _by_hand(pulse, people["student"], people["tutor"])
    _reviewed(pulse, found[20].entity_type, found[20].entity_id)


def _joined(pulse: Pulse) -> None:
    """The three have passwords, a fourth has an invitation."""
    now_us = pulse.clock.now_us()
    for name, role in (("ines", "admin"), ("maria", "operator"), ("jonas", "operator")):
        user = users.create(pulse.state, name, role, secrets.token_urlsafe(16), now_us)
        users.begin(pulse.state, user, now_us, users.lasting(pulse.settings))
        _noted(pulse, name, Act("sign in"))
    users.invite(pulse.state, "tom", "viewer", now_us)
    _noted(pulse, "ines", Act("invite user", "user", "tom"))


def _noted(pulse: Pulse, by: str, act: Act) -> None:
    pulse.state.audit.add(pulse.clock.now_us(), Actor("user", by), act)


def _in(pulse: Pulse, days: int) -> str:
    return format_time(pulse.clock.now_us() + days * DAY_US)


def _by_hand(pulse: Pulse, student: str, tutor: str) -> None:
    why = "Paid for the whole term on Tuesday"
    overrides.set_override(
        pulse, shapes.OverrideRequest("student", student, "healthy", _in(pulse, 30), why), "maria"
    )
    _noted(pulse, "maria", Act("set override", "student", student))
    states.set_state(
        pulse, shapes.StateRequest("tutor", tutor, "on_leave", _in(pulse, 14), "Newborn"), "ines"
    )
    _noted(pulse, "ines", Act("set state", "tutor", tutor))
    others = [row["entity_id"] for row in _active(pulse, "student")]
    states.set_state(
        pulse, shapes.StateRequest("student", others[0], "goal_reached", None, "Passed"), "jonas"
    )
    _noted(pulse, "jonas", Act("set state", "student", others[0]))


def _active(pulse: Pulse, kind: str) -> list[dict[str, str]]:
    chosen = Selection(kind, statuses=("active",), order="churn_risk_14d", limit=20, offset=30)
    return pulse.state.listing.page(chosen)


def _reviewed(pulse: Pulse, kind: EntityType, entity_id: str) -> None:
    first = reviews.ask_review(
        pulse,
        shapes.ReviewRequest(kind, entity_id, "She was ill in March; is that why her score is low?"),
        "ines",
    )
    answer = shapes.ReviewAnswer(
        "changed", "Her illness is in the log as a pause now; health rose from 41 to 63."
    )
    _noted(pulse, "ines", Act("ask review", kind, entity_id))
    reviews.answer_review(pulse, first.review_id, answer, "maria")
    _noted(pulse, "maria", Act("answer review", "review", first.review_id))
    reviews.ask_review(
        pulse, shapes.ReviewRequest(kind, entity_id, "Two sessions of May are missing."), "jonas"
    )
    feedback.give_feedback(
        pulse,
        shapes.VerdictRequest(kind, entity_id, "segment", "wrong", "Books again from Monday on"),
        "jonas",
    )
    _noted(pulse, "jonas", Act("judge prediction", kind, entity_id))
