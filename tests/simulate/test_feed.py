from itertools import islice

import msgspec

from tutorpulse.clock import DAY_US, HOUR_US, FixedClock, format_time
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.simulate import emit, parameters, population
from tutorpulse.simulate.feed import dated, live_lines

NOW_US = 20_000 * DAY_US


def booked(starts_us: int, ts_us: int) -> str:
    payload = {"session_id": "s", "student_id": "u", "tutor_id": "t", "starts_at": format_time(starts_us)}
    event = {"event_id": "old", "event_type": "session_booked", "timestamp": format_time(ts_us)}
    return msgspec.json.encode({**event, "payload": payload}).decode()


def test_an_event_moves_with_the_times_in_it() -> None:
    then_us = NOW_US - 30 * DAY_US
    moved = msgspec.json.decode(dated(booked(then_us + HOUR_US, then_us), "new", NOW_US))
    assert (moved["event_id"], moved["timestamp"]) == ("new", format_time(NOW_US))
    assert moved["payload"]["starts_at"] == format_time(NOW_US + HOUR_US)
    assert moved["payload"]["session_id"] == "s"


def test_the_feed_goes_on_where_the_world_stands_and_breaks_no_rule() -> None:
    world = population.new_world(parameters.load(None), 20, 200, 20_000 - 30, 30, 7)
    past = [line for lines, _ in emit.line_chunks(world, 30) for line in lines]
    feed = list(islice(live_lines(world, FixedClock(NOW_US), lambda: False), 300))
    batch = decode_lines("\n".join([*past, *(f.decode() for f in feed)]).encode(), Arrival(NOW_US, "test"))
    assert not batch.rejects
    ids = [event_id for rows in batch.rows for event_id in rows.event_id.tolist()]
    assert len(set(ids)) == len(past) + len(feed)
    assert {msgspec.json.decode(line)["timestamp"] for line in feed} == {format_time(NOW_US)}


def test_the_feed_ends_when_it_is_stopped() -> None:
    world = population.new_world(parameters.load(None), 20, 200, 20_000, 30, 7)
    answers = iter([False, False, True])
    assert len(list(live_lines(world, FixedClock(NOW_US), lambda: next(answers)))) == 2
