"""What operators do for tutors and students, and its known effect."""

import numpy as np

from tutorpulse.simulate.day import Day
from tutorpulse.simulate.journal import Log
from tutorpulse.simulate.names import ACTIONS, KINDS, entity_id
from tutorpulse.simulate.people import fading, present
from tutorpulse.simulate.state import ACTIVE, FADING, Ints, Students, Tutors

_ACTION = {"tutor": ACTIONS.index("wellness_check_in"), "student": ACTIONS.index("call")}


def act(day: Day, log: Log) -> None:
    """Some people get an action: a chance to be turned round, and a lower hazard for a while."""
    world, p = day.world, day.world.parameters.operators
    for kind, people, per_week in (
        ("tutor", world.tutors, p.tutor_actions_per_week),
        ("student", world.students, p.student_actions_per_week),
    ):
        here = np.flatnonzero(present(people, day.number))
        rate = per_week / 7 * p.noticed_factor ** fading(people, here)
        take_effect(day, people, chosen := here[day.happens(1 - np.exp(-rate))])
        _report(day, log, kind, chosen)


def take_effect(day: Day, people: Tutors | Students, index: Ints) -> None:
    """What an action does for those at `index`, each once: some who are fading are turned round, all are shielded for a while."""
    p = day.world.parameters.operators
    people.shielded_until[index] = day.number + round(p.shield_days)
    turned = index[day.some(len(index), p.keep_share) & (people.stage[index] == FADING)]
    people.stage[turned] = ACTIVE


def _report(day: Day, log: Log, kind: str, index: Ints) -> None:
    ids = np.array([entity_id(kind, number) for number in index.tolist()], dtype=object)
    log.add(
        "action_taken",
        day.times(len(index), 8, 16),
        entity_type=np.full(len(index), KINDS.index(kind)),
        entity_id=ids,
        recommendation=np.full(len(index), _ACTION[kind]),
    )
