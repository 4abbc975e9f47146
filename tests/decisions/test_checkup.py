"""Each check fires on its bad case, says the values and what to do, and is silent on a fit home."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.decisions.checkups import (
    NOW_US,
    TODAY,
    day_counts,
    feature,
    fit,
    fit_kind,
    fit_log,
    with_clocks,
    with_log,
    with_model,
    with_scored,
    with_tutors,
)
from tutorpulse.clock import DAY_US
from tutorpulse.decisions.checkup import CHECKS, Facts, Finding, Level, checkup, is_fit, overview
from tutorpulse.decisions.checkup.facts import GapFacts, HomeFacts, RunFacts, ScoredFacts, Skill
from tutorpulse.decisions.checkup.finding import percent
from tutorpulse.model.contract import OUTPUTS
from tutorpulse.settings import Settings

RATINGS = frozenset({("session_events", "rating")})


@dataclass(frozen=True)
class Bad:
    """A home with one fault: the finding's key and level, and what its words must hold."""

    key: str
    level: Level
    facts: Callable[[], Facts]
    words: tuple[str, ...]


def no_rating() -> Facts:
    starved = feature("avg_rating", missing=1.0, columns=RATINGS)
    facts = with_tutors(features=(starved, feature("sessions_7d")))
    return replace(facts, log=replace(fit_log(), filled=fit_log().filled | {("session_events", "rating"): 0}))


def no_refunds() -> Facts:
    starved = feature("refund_rate_30d", constant=True, event_types=frozenset({"refund_issued"}))
    types = {name: n for name, n in fit_log().types.items() if name != "refund_issued"}
    return replace(with_tutors(features=(starved,)), log=replace(fit_log(), types=types))


def no_students() -> Facts:
    alone = feature("unique_students_30d", missing=1.0, other_side=True)
    facts = with_tutors(features=(alone,))
    log = replace(fit_log(), placeholder={"tutor": 0.0, "student": 1.0})
    return replace(facts, log=log, kinds={"tutor": facts.kinds["tutor"]})


def lacking(*outputs: str) -> Facts:
    return with_model(absent={"tutor": dict.fromkeys(outputs, "too few rows"), "student": {}})


def skilled(skill: Skill) -> Facts:
    return with_model(skill={"tutor": skill})


def closed(days: int) -> Facts:
    return with_log(days=day_counts([100] * 200 + [0] * days + [100] * 100))


BAD = (
    Bad(
        "home.rights",
        "problem",
        lambda: replace(fit(), home=HomeFacts(("h/models",), 10**12, 1)),
        ("h/models",),
    ),
    Bad(
        "home.space",
        "warning",
        lambda: replace(fit(), home=HomeFacts((), 2 * 10**9, 5 * 10**9)),
        ("2.0 GB", "3.0 GB"),
    ),
    Bad("log.empty", "problem", lambda: Facts(NOW_US, Settings(), fit().home), ("no events", "import")),
    Bad("log.nobody", "problem", lambda: replace(fit(), kinds={}), ("nobody",)),
    Bad(
        "log.age",
        "notice",
        lambda: with_clocks(newest_us=NOW_US - 40 * DAY_US),
        ("40 days old", "2024-08-25"),
    ),
    Bad("log.gaps", "warning", lambda: closed(9), ("9 days without", "2024-03-19 to 2024-03-27")),
    Bad(
        "clock.stray_old",
        "warning",
        lambda: with_log(days=day_counts([2, *[0] * 500, *[100] * 399], first=TODAY - 899)),
        ("2 events of 40,000 lie before 2023-09-02, back to 2022-04-19",),
    ),
    Bad(
        "clock.stray_new",
        "warning",
        lambda: with_log(days=day_counts([*[100] * 399, *[0] * 30, 5, 1])),
        ("6 events of 40,000 lie after 2024-10-03, up to 2024-11-04", "clocks"),
    ),
    Bad("clock.early", "notice", lambda: with_clocks(early=80), ("80 events (0.2 %)", "NTP")),
    Bad("clock.early", "warning", lambda: with_clocks(early=4_000), ("10 %",)),
    Bad(
        "clock.future", "notice", lambda: with_clocks(newest_us=NOW_US + DAY_US // 2), ("0.5 days from now",)
    ),
    Bad("clock.late", "warning", lambda: with_clocks(late=20_000), ("50 %", "--received now")),
    Bad("clock.dates", "notice", lambda: with_clocks(same_time_of_day=1.0), ("100 %", "dates")),
    Bad("clock.zones", "notice", lambda: with_log(unknown_zones=("Mars/Base",)), ("Mars/Base", "IANA")),
    Bad("log.rejects", "notice", lambda: with_log(rejects={"bad": 10}), ("10 events", "10 × bad")),
    Bad("log.rejects", "warning", lambda: with_log(rejects={"bad": 1_000}), ("1,000 events, 2 %",)),
    Bad("log.rejects", "problem", lambda: with_log(rejects={"bad": 9_000, "odd": 1_000}), ("20 %",)),
    Bad(
        "fields.unfilled.tutor",
        "notice",
        no_rating,
        ("1 of 46 tutor", "/review_submitted.rating: avg_rating"),
    ),
    Bad("fields.unfilled.tutor", "notice", no_refunds, ("no refund_issued events: refund_rate_30d",)),
    Bad(
        "features.rare.tutor",
        "notice",
        lambda: with_tutors(features=(feature("avg_rating", missing=0.97, columns=RATINGS),)),
        ("95 %", "avg_rating"),
    ),
    Bad("sides.tutor", "notice", no_students, ("100 %", "no student", "1 of 46", "unique_students_30d")),
    Bad(
        "sides.tutor",
        "warning",
        lambda: with_log(placeholder={"tutor": 0.0, "student": 0.3}),
        ("30 %", "no student"),
    ),
    Bad("history.length.tutor", "warning", lambda: with_tutors(history_days=50.4), ("50 days", "120 days")),
    Bad("history.length.tutor", "notice", lambda: with_tutors(can_hold_out=False), ("400 days", "how good")),
    Bad("history.entities.tutor", "warning", lambda: with_tutors(entities=1), ("1 tutor:",)),
    Bad("history.sessions.tutor", "notice", lambda: with_tutors(sessions_median=1.0), ("have 1 or fewer",)),
    Bad(
        "exit_gap.tutor",
        "notice",
        lambda: with_tutors(exit_gap=GapFacts(None, "94% still ended in a return", False)),
        ("94% still", "exit_gap_days_tutor"),
    ),
    Bad(
        "exit_gap.tutor",
        "notice",
        lambda: with_tutors(exit_gap=GapFacts(30, "the history is too short to measure it", True)),
        ("30 days, is a guess", "too short"),
    ),
    Bad("model.none", "problem", lambda: replace(fit(), model=None), ("no model", "tutorpulse train")),
    Bad(
        "model.unusable",
        "problem",
        lambda: with_model(unusable="The model m1 was made for other features."),
        ("other features",),
    ),
    Bad("model.starter", "notice", lambda: with_model(starter=True, newest_data_us=None), ("starter model",)),
    Bad(
        "model.starter",
        "notice",
        lambda: with_model(starter=True, newest_data_us=None, levelled=4_200),
        ("simulated", "4,200 outcomes", "tutorpulse train"),
    ),
    Bad(
        "model.stale",
        "warning",
        lambda: with_model(newest_data_us=NOW_US - 45 * DAY_US),
        ("2024-08-20", "45 days before"),
    ),
    Bad("model.kind.tutor", "warning", lambda: with_model(absent={"student": {}}), ("no tutors", "400")),
    Bad("model.absent.tutor", "notice", lambda: lacking("already_gone"), ("already_gone: too few rows",)),
    Bad("model.absent.tutor", "warning", lambda: lacking("already_gone", "health_score"), ("health_score",)),
    Bad("model.absent.tutor", "problem", lambda: lacking(*OUTPUTS), OUTPUTS),
    Bad("model.skill.tutor", "warning", lambda: skilled(Skill(0.71, 0.74, 1.0)), ("0.71", "0.74")),
    Bad("model.skill.tutor", "warning", lambda: skilled(Skill(0.55, 0.50, 1.0)), ("0.55",)),
    Bad("model.calibration.tutor", "notice", lambda: skilled(Skill(0.8, 0.7, 0.5)), ("too extreme", "0.50")),
    Bad("model.calibration.tutor", "notice", lambda: skilled(Skill(0.8, 0.7, 1.6)), ("too timid", "1.60")),
    Bad("refresh.never", "notice", lambda: replace(fit(), run=None), ("no refresh", "tutorpulse refresh")),
    Bad(
        "refresh.old",
        "notice",
        lambda: replace(fit(), run=RunFacts(NOW_US - DAY_US, "m1")),
        ("2024-10-03T12:00:00Z", "18 hours newer"),
    ),
    Bad(
        "refresh.old",
        "warning",
        lambda: replace(fit(), run=RunFacts(NOW_US - 9 * DAY_US, "m1")),
        ("9 days newer",),
    ),
    Bad("refresh.model", "notice", lambda: replace(fit(), run=RunFacts(NOW_US, "m0")), ("m0", "m1")),
    Bad("scored.stale.tutor", "problem", lambda: with_scored(stale=7), ("7 tutors", "could not be used")),
    Bad(
        "scored.share.tutor",
        "notice",
        lambda: with_scored(statuses={"active": 5, "inactive": 90, "departed": 5}),
        ("5 tutors of 100", "90 inactive", "5 departed"),
    ),
    Bad("scored.share.tutor", "problem", lambda: with_scored(statuses={"inactive": 90}), ("0 tutors of 90",)),
    Bad(
        "segments.worst.tutor",
        "warning",
        lambda: with_scored(segments={"healthy": 70, "churning": 30}),
        (
            "30 %",
            "30 of 100",
            "churning_burnout_above` (now 70)",
            "churning_health_below` (now 40)",
            "a quarter have a risk above 30, a quarter a health below 55.",
        ),
    ),
    Bad("scored.cohort.tutor", "notice", lambda: with_scored(from_cohort=150), ("75 %",)),
)


def said(facts: Facts) -> dict[str, Finding]:
    return {finding.key: finding for finding in checkup(facts) if finding.level != "ok"}


@pytest.mark.parametrize("bad", BAD, ids=[f"{bad.key}-{bad.level}" for bad in BAD])
def test_a_check_fires_on_its_bad_case_with_values_and_advice(bad: Bad) -> None:
    found = said(bad.facts())[bad.key]
    assert found.level == bad.level
    told = "\n".join([found.sentence, found.advice, *found.details])
    assert [word for word in bad.words if word not in told] == []
    assert found.sentence.endswith(".")
    assert found.advice.endswith(".")


def test_a_fit_home_passes_every_check_but_those_of_what_it_lacks() -> None:
    findings = checkup(fit())
    assert {finding.level for finding in findings} == {"ok"}
    assert {finding.key for finding in findings} == {check.key for check in CHECKS}


def test_every_check_has_a_bad_case_here() -> None:
    kinds = {check.key.replace(".student", ".tutor") for check in CHECKS}
    assert kinds == {bad.key for bad in BAD}


def test_a_check_of_students_speaks_of_students() -> None:
    facts = replace(fit(), kinds={"student": replace(fit_kind("student"), entities=3)})
    assert "3 students" in said(facts)["history.entities.student"].sentence


def test_the_thresholds_named_are_those_of_the_kind_with_their_values() -> None:
    scored = ScoredFacts({"active": 10}, {"churned": 6, "healthy": 4}, 0, 0, 0.9, float("nan"))
    facts = replace(
        fit(),
        settings=Settings(churned_churn_14d_above=65),
        kinds={"student": replace(fit_kind("student"), scored=scored)},
    )
    advice = said(facts)["segments.worst.student"].advice
    assert "`churned_churn_14d_above` (now 65)" in advice
    assert advice.endswith("a quarter have a risk above 90.")


def test_a_log_that_begins_thinly_has_no_stray_events() -> None:
    days = day_counts([1, *[0] * 100, 2, *[0] * 80, *[100] * 219], first=TODAY - 399)
    assert "clock.stray_old" not in said(with_log(days=days))


def test_one_event_among_hundreds_can_stray_but_not_one_of_a_few() -> None:
    def strays(busy_days: int) -> bool:
        return "clock.stray_new" in said(with_log(days=day_counts([*[10] * busy_days, *[0] * 40, 1])))

    assert strays(30)
    assert not strays(15)


def test_exactly_a_quarter_in_the_worst_segment_is_no_finding() -> None:
    assert "segments.worst.tutor" not in said(with_scored(segments={"healthy": 75, "churning": 25}))


def test_a_quarter_is_of_the_scored_not_of_all() -> None:
    facts = with_scored(statuses={"active": 10, "inactive": 990}, segments={"healthy": 6, "churning": 4})
    assert "segments.worst.tutor" in said(facts)


def test_without_a_log_nothing_is_said_of_the_model() -> None:
    findings = checkup(Facts(NOW_US, Settings(), fit().home))
    assert {finding.key for finding in findings} == {"home.rights", "home.space", "log.empty"}


def test_a_home_that_may_not_be_written_is_not_said_to_be_empty() -> None:
    findings = said(Facts(NOW_US, Settings(), HomeFacts(("h",), 10**12, 0)))
    assert list(findings) == ["home.rights"]


def test_a_model_that_cannot_be_used_is_not_judged() -> None:
    facts = with_model(unusable="damaged", newest_data_us=None, absent={}, skill={})
    assert list(said(facts)) == ["model.unusable"]


def test_a_starved_feature_with_a_third_of_the_46_is_a_warning() -> None:
    many = tuple(feature(f"f{i}", missing=1.0, columns=RATINGS) for i in range(16))
    unrated = fit_log().filled | {("session_events", "rating"): 0}
    facts = replace(with_tutors(features=many), log=replace(fit_log(), filled=unrated))
    assert said(facts)["fields.unfilled.tutor"].level == "warning"


def test_a_field_that_is_never_filled_but_starves_nobody_is_no_finding() -> None:
    facts = with_tutors(features=(feature("avg_rating", missing=0.2, columns=RATINGS),))
    unrated = fit_log().filled | {("session_events", "rating"): 0}
    assert said(replace(facts, log=replace(fit_log(), filled=unrated))) == {}


def test_a_field_whose_events_never_come_is_told_as_missing_events() -> None:
    hours = frozenset({("tutor_events", "available_hours_this_week")})
    facts = with_tutors(features=(feature("available_hours_this_week", missing=1.0, columns=hours),))
    types = {name: n for name, n in fit_log().types.items() if name != "tutor_availability_updated"}
    filled = fit_log().filled | {("tutor_events", "available_hours_this_week"): 0}
    found = said(replace(facts, log=replace(fit_log(), types=types, filled=filled)))["fields.unfilled.tutor"]
    assert found.details == ("no tutor_availability_updated events: available_hours_this_week",)


def test_what_the_other_side_costs_is_not_told_as_unfilled_fields() -> None:
    assert list(said(no_students())) == ["sides.tutor"]


def test_findings_come_worst_first() -> None:
    facts = replace(with_clocks(same_time_of_day=1.0, late=30_000), model=None)
    levels = [finding.level for finding in checkup(facts)]
    assert levels == sorted(levels, key=["problem", "warning", "notice", "ok"].index)
    assert levels[0] == "problem"


def test_fit_is_a_home_without_problems_whatever_the_warnings() -> None:
    assert is_fit(checkup(with_clocks(late=30_000)))
    assert not is_fit(checkup(replace(fit(), model=None)))


def test_the_overview_tells_what_there_is() -> None:
    assert overview(fit()) == [
        "40,000 events, 2023-09-01 to 2024-10-04",
        "400 tutors; exit gap: 60 days (12% of longer silences ended in a return)",
        "400 students; exit gap: 60 days (12% of longer silences ended in a return)",
        "model m1, last refresh as of 2024-10-04T12:00:00Z",
    ]
    assert overview(Facts(NOW_US, Settings(), fit().home)) == []


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0, "0 %"),
        (0.0002, "under 0.1 %"),
        (0.0042, "0.4 %"),
        (0.123, "12 %"),
        (0.996, "99.6 %"),
        (0.9999, "over 99.9 %"),
        (1, "100 %"),
    ],
)
def test_a_share_is_never_rounded_to_none_or_all(share: float, shown: str) -> None:
    assert percent(share) == shown
