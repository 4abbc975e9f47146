"""Every parameter of the simulated marketplace, with its unit and where it comes from.

Shares with a source name it; every other number is chosen, so that gaps, totals and survival resemble the two real
logs that `docs/results.md` sets beside them. A file given with `--parameters` overrides any of them by section.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import msgspec
from msgspec import Meta

from tutorpulse.errors import InputError


def _doc(text: str) -> Meta:
    return Meta(description=text)


Share = Annotated[float, Meta(ge=0, le=1)]
Rate = Annotated[float, Meta(ge=0)]
Days = Annotated[float, Meta(gt=0)]
Effect = float


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the parameters file."""


class Calendar(_Section, frozen=True):
    """The school year, as factors on the demand for lessons."""

    months: Annotated[tuple[Rate, ...], _doc("Demand in the middle of each month, January first.")] = (
        *(1.05, 1.05, 1.08, 1.05, 1.12, 0.90, 0.62, 0.58, 0.90, 1.05, 1.05, 0.95),
    )
    weekdays: Annotated[tuple[Rate, ...], _doc("Demand by weekday, Monday first.")] = (
        *(1.10, 1.15, 1.15, 1.10, 0.80, 0.90, 0.80),
    )
    breaks: Annotated[
        tuple[tuple[str, str, Rate], ...], _doc("School holidays: first day, last day (month-day), factor.")
    ] = (
        ("12-22", "12-31", 0.30),
        ("01-01", "01-03", 0.30),
        ("02-10", "02-16", 0.75),
        ("10-24", "10-31", 0.75),
    )
    easter_days: Annotated[tuple[int, int], _doc("Easter holidays: days before and after Easter Sunday.")] = (
        7,
        7,
    )
    easter_factor: Annotated[Rate, _doc("Demand in the Easter holidays.")] = 0.55
    zones: Annotated[tuple[str, ...], _doc("Time zones of tutors and students (IANA names).")] = (
        *("Europe/London", "Europe/Berlin", "Europe/Athens"),
    )
    zone_shares: Annotated[tuple[Share, ...], _doc("Share of each zone.")] = (0.35, 0.5, 0.15)


class Market(_Section, frozen=True):
    """Subjects, prices and growth."""

    subjects: Annotated[tuple[str, ...], _doc("Subjects taught.")] = (
        *("maths", "english", "physics", "chemistry", "german", "programming", "biology", "economics"),
    )
    demand: Annotated[tuple[Share, ...], _doc("Share of the students who want each subject.")] = (
        *(0.34, 0.20, 0.13, 0.09, 0.09, 0.08, 0.04, 0.03),
    )
    supply: Annotated[tuple[Share, ...], _doc("Share of the tutors whose main subject it is.")] = (
        *(0.26, 0.27, 0.09, 0.06, 0.13, 0.05, 0.07, 0.07),
    )
    unsuited: Annotated[
        Share,
        _doc(
            "Requests that suit nobody's hours where demand equals supply; with the square of their ratio elsewhere."
        ),
    ] = 0.05
    arrivals_per_year: Annotated[
        Rate, _doc("New tutors and students in a year, per one who is there at the start.")
    ] = 1.0
    platform_share: Annotated[Share, _doc("Part of the price that the platform keeps.")] = 0.35
    tiers: Annotated[tuple[str, ...], _doc("Tiers of membership.")] = ("basic", "standard", "premium")
    tier_shares: Annotated[tuple[Share, ...], _doc("Share of the students on each tier.")] = (0.3, 0.5, 0.2)
    tier_prices: Annotated[tuple[Rate, ...], _doc("Price of each tier, times the tutor's rate.")] = (
        *(0.9, 1.0, 1.25),
    )
    discount_share: Annotated[Share, _doc("Share of the sessions sold at a discount.")] = 0.12
    discount: Annotated[Share, _doc("What a discount takes off the price.")] = 0.15


class Tutors(_Section, frozen=True):
    """Who teaches, how work tires, why they leave."""

    capacity_hours: Annotated[Rate, _doc("Mean of the hours a week that a tutor offers.")] = 15.0
    capacity_shape: Annotated[Rate, _doc("Gamma shape of the hours offered: lower is more unequal.")] = 2.2
    comfort: Annotated[Rate, _doc("Hours a week that can be borne for good, per hour offered (median).")] = (
        0.62
    )
    comfort_spread: Annotated[Rate, _doc("Log-normal spread of that comfort; no event shows it.")] = 0.45
    appeal_spread: Annotated[Rate, _doc("Log-normal spread of how often students choose a tutor.")] = 0.9
    idle_boost: Annotated[
        Rate, _doc("How much more often the market offers a tutor without students than one with enough.")
    ] = 6.0
    enough_hours: Annotated[Days, _doc("Hours a week of students that are enough for that.")] = 4.0
    frailty_shape: Annotated[Rate, _doc("Gamma shape of the hidden factor on the hazard of leaving.")] = 5.0
    fatigue_days: Annotated[Days, _doc("Time constant of fatigue: how fast it builds and recovers.")] = 16.0
    exit_hazard: Annotated[Rate, _doc("Daily hazard of starting to fade, rested, busy and content.")] = 0.0011
    fatigue_tolerated: Annotated[Rate, _doc("Fatigue that harms nobody (1: steadily at comfort).")] = 0.85
    fatigue_effect: Annotated[Effect, _doc("Log hazard per unit of fatigue above what is tolerated.")] = 2.6
    idle_effect: Annotated[Effect, _doc("Log hazard of earning nothing, gone at a quarter of comfort.")] = 1.6
    mood_effect: Annotated[Effect, _doc("Log hazard per unit of mood (ratings, disputes) lost.")] = 0.7
    fade_days: Annotated[Days, _doc("Mean days between deciding to leave and leaving.")] = 24.0
    announced_share: Annotated[Share, _doc("Share of the departures that are announced.")] = 0.15
    recover_share: Annotated[Share, _doc("Share of those fading who come round by themselves.")] = 0.12
    return_hazard: Annotated[Rate, _doc("Daily hazard of coming back after leaving.")] = 0.00015
    pause_hazard: Annotated[Rate, _doc("Daily hazard of a stated pause; fatigue doubles it per unit.")] = (
        0.0009
    )
    declare_share: Annotated[Share, _doc("Share of the tutors who declare their hours every week.")] = 0.93
    response_hours: Annotated[Rate, _doc("Median hours until a request is answered, rested.")] = 3.5
    decline: Annotated[Share, _doc("Probability of declining a request, rested.")] = 0.08
    unanswered: Annotated[Share, _doc("Probability of not answering at all, rested.")] = 0.03


class Students(_Section, frozen=True):
    """Who learns, how often, why they leave."""

    sessions_per_week: Annotated[Rate, _doc("Mean sessions a week in the first subject, in term.")] = 1.25
    rate_shape: Annotated[Rate, _doc("Gamma shape of that rate: lower is more unequal.")] = 2.0
    rate_floor: Annotated[Rate, _doc("Fewest sessions a week that anybody wants.")] = 0.5
    second_subject_share: Annotated[Share, _doc("Share of the students with a second subject.")] = 0.22
    second_subject_rate: Annotated[Rate, _doc("Sessions in the second subject per one in the first.")] = 0.6
    standing: Annotated[Share, _doc("Mean share of sessions that lead to a standing appointment.")] = 0.62
    frailty_shape: Annotated[Rate, _doc("Gamma shape of the hidden factor on the hazard of leaving.")] = 5.0
    exit_hazard: Annotated[Rate, _doc("Daily hazard of starting to fade, content and settled.")] = 0.0027
    mood_effect: Annotated[Effect, _doc("Log hazard per unit of mood lost.")] = 1.0
    newcomer_effect: Annotated[
        Effect, _doc("Hazard added at the start, as a multiple of the settled one.")
    ] = 1.3
    newcomer_days: Annotated[Days, _doc("Time constant with which that wears off.")] = 35.0
    summer_effect: Annotated[Effect, _doc("Log hazard per unit of demand that the season takes away.")] = 0.8
    fade_days: Annotated[Days, _doc("Mean days between deciding to leave and leaving.")] = 26.0
    fade_rate: Annotated[Rate, _doc("Sessions and learning wanted while fading, per one before.")] = 0.35
    announced_share: Annotated[Share, _doc("Share of the departures that are announced.")] = 0.10
    recover_share: Annotated[Share, _doc("Share of those fading who come round by themselves.")] = 0.08
    return_hazard: Annotated[Rate, _doc("Daily hazard of coming back after leaving.")] = 0.00015
    first_wrong_leave: Annotated[
        Share,
        _doc(
            "Probability of leaving at once when the first session went wrong (set so that 24 % of those who leave fail at the first session)."
        ),
    ] = 0.7
    pause_hazard: Annotated[Rate, _doc("Daily hazard of a stated pause.")] = 0.0010
    pause_days: Annotated[Days, _doc("Mean length of a pause.")] = 21.0
    pause_open_share: Annotated[Share, _doc("Share of the pauses whose end is not stated.")] = 0.2
    pause_return: Annotated[Share, _doc("Probability of coming back after a pause.")] = 0.8
    goal_sessions: Annotated[Rate, _doc("Mean sessions that a goal takes.")] = 45.0
    goal_leave: Annotated[Share, _doc("Probability of stopping when the goal is reached.")] = 0.6
    activities_per_week: Annotated[Rate, _doc("Mean learning activities a week between lessons.")] = 0.9
    activities_floor: Annotated[Rate, _doc("Fewest of these that anybody has, in term.")] = 0.4


class Sessions(_Section, frozen=True):
    """What becomes of a booking. Hazards are per day between booking and start, shares per session due."""

    student_cancel: Annotated[Rate, _doc("Daily hazard of cancelling by the student.")] = 0.011
    tutor_cancel: Annotated[Rate, _doc("Daily hazard of cancelling by the tutor, rested.")] = 0.006
    reschedule: Annotated[Rate, _doc("Daily hazard of moving a session.")] = 0.018
    reschedule_by_tutor: Annotated[
        Share, _doc("Share of the moves that are the tutor's (98 % of reschedules).")
    ] = 0.98
    late_student_cancel: Annotated[Share, _doc("Cancelled by the student on the day.")] = 0.025
    late_tutor_cancel: Annotated[Share, _doc("Cancelled by the tutor on the day, rested.")] = 0.009
    tutor_no_show: Annotated[Share, _doc("The tutor does not come, rested.")] = 0.008
    student_no_show: Annotated[Share, _doc("The student does not come.")] = 0.015
    unsuccessful: Annotated[Share, _doc("Held, but to no use (connection, level).")] = 0.012
    first_unsuccessful: Annotated[Share, _doc("The same, more, in the first session of a pair.")] = 0.09
    fading_factor: Annotated[Rate, _doc("Hazards of a side that is about to leave, times this.")] = 4.5
    fatigue_factor: Annotated[Rate, _doc("Growth of the tutor's hazards per unit of fatigue too much.")] = 1.5
    replace_after_no_show: Annotated[
        Share, _doc("The student gets another tutor (set so that 16 % of replacements follow a no-show).")
    ] = 0.62
    replace_after_cancel: Annotated[Share, _doc("The same after the tutor cancelled.")] = 0.08
    replace_poor_match: Annotated[Share, _doc("The same after a session that went wrong.")] = 0.16
    find_another: Annotated[Share, _doc("Students who look for another tutor when theirs has left.")] = 0.8
    wrong_below: Annotated[Effect, _doc("An experience (mean 0.3, spread 1) below this went wrong.")] = -0.7
    quality_weight: Annotated[Effect, _doc("Weight of the tutor's quality in an experience.")] = 0.75
    match_weight: Annotated[Effect, _doc("Weight of how well the two match, drawn once for each pair.")] = 0.5
    fatigue_weight: Annotated[Effect, _doc("What a unit of fatigue too much takes off an experience.")] = 0.5
    chance_weight: Annotated[Effect, _doc("Weight of chance in an experience.")] = 0.4
    rated_share: Annotated[Share, _doc("Share of completed sessions that get a rating.")] = 0.5
    mood_gain: Annotated[Effect, _doc("Weight of one session's experience in a student's mood.")] = 0.16
    mood_days: Annotated[Days, _doc("Time constant with which a mood forgets.")] = 60.0


class Contacts(_Section, frozen=True):
    """Payments, calls, tickets, messages, grades. Weekly rates hold for an active entity of average mood."""

    payment_failure: Annotated[Share, _doc("Mean share of payments that fail at the first try.")] = 0.035
    payment_retry: Annotated[Share, _doc("Share of failed payments tried again, with success, next day.")] = (
        0.7
    )
    refund_wrong: Annotated[Share, _doc("Refunds per session that went wrong.")] = 0.08
    dispute_wrong: Annotated[Share, _doc("Disputes per session that went wrong.")] = 0.02
    calls_per_week: Annotated[Rate, _doc("Inbound calls per student.")] = 0.035
    tickets_per_week: Annotated[Rate, _doc("Tickets per student; tutors open a third as many.")] = 0.02
    messages_per_week: Annotated[Rate, _doc("Messages answered per student and per tutor.")] = 0.5
    grades_per_week: Annotated[Rate, _doc("Grades reported per student.")] = 0.05
    mood_effect: Annotated[Effect, _doc("Log rate of calls and tickets per unit of mood lost.")] = 0.9
    fading_effect: Annotated[Effect, _doc("Log rate of calls and tickets while about to leave.")] = 2.0
    fading_delay: Annotated[Effect, _doc("Log factor on the time until a message is answered then.")] = 1.5
    health_feed_share: Annotated[Share, _doc("Share of the students another system scores every week.")] = 0.1


class Operators(_Section, frozen=True):
    """What operators do, and what it does."""

    tutor_actions_per_week: Annotated[Rate, _doc("Actions per active tutor.")] = 0.006
    student_actions_per_week: Annotated[Rate, _doc("Actions per active student.")] = 0.003
    noticed_factor: Annotated[Rate, _doc("The same for one who is about to leave, times this.")] = 8.0
    keep_share: Annotated[
        Share, _doc("Probability that an action turns round one who is about to leave.")
    ] = 0.4
    shield_factor: Annotated[Rate, _doc("Hazard of fading after an action, times this.")] = 0.5
    shield_days: Annotated[Days, _doc("How long that lasts.")] = 45.0


class Parameters(_Section, frozen=True):
    """All sections."""

    calendar: Calendar = Calendar()
    market: Market = Market()
    tutors: Tutors = Tutors()
    students: Students = Students()
    sessions: Sessions = Sessions()
    contacts: Contacts = Contacts()
    operators: Operators = Operators()


def load(path: Path | None = None) -> Parameters:
    """The defaults, overridden by the TOML file at `path`, whose tables are the sections.

    Raises:
        InputError: the file cannot be read, or holds an unknown name or a value out of bounds.
    """
    if path is None:
        return Parameters()
    return _checked(_read(path), path)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"Parameters {path}: {error}. Give a readable TOML file.") from None


def _checked(given: dict[str, Any], path: Path) -> Parameters:
    try:
        found = msgspec.convert(given, Parameters)
    except msgspec.ValidationError as error:
        raise InputError(
            f"Parameters {path}: {error}. Sections and names are those of `tutorpulse simulate --list-parameters`."
        ) from None
    _check_lengths(found, path)
    return found


def _check_lengths(found: Parameters, path: Path) -> None:
    market, calendar = found.market, found.calendar
    for name, values, wanted in (
        ("calendar.months", calendar.months, 12),
        ("calendar.weekdays", calendar.weekdays, 7),
        ("calendar.zone_shares", calendar.zone_shares, len(calendar.zones)),
        ("market.demand", market.demand, len(market.subjects)),
        ("market.supply", market.supply, len(market.subjects)),
        ("market.tier_shares", market.tier_shares, len(market.tiers)),
        ("market.tier_prices", market.tier_prices, len(market.tiers)),
    ):
        if len(values) != wanted:
            raise InputError(f"Parameters {path}: {name} has {len(values)} values. Give {wanted}.")


def as_toml(parameters: Parameters) -> str:
    """The parameters as a TOML file that `load` reads back, each with its sentence as a comment."""
    return "\n".join(
        _section_toml(f.name, getattr(parameters, f.name)) for f in msgspec.structs.fields(parameters)
    )


def _section_toml(name: str, section: _Section) -> str:
    lines = [f"[{name}]  # {(type(section).__doc__ or '').strip()}"]
    hints = get_type_hints(type(section), include_extras=True)
    for name_of_value, hint in hints.items():
        if name_of_value in section.__struct_fields__:
            sentence = next(m.description for m in reversed(get_args(hint)) if isinstance(m, Meta))
            value = msgspec.json.encode(getattr(section, name_of_value)).decode()
            lines += [f"# {sentence}", f"{name_of_value} = {value}"]
    return "\n".join(lines) + "\n"
