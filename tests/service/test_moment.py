from tutorpulse.clock import DAY_US
from tutorpulse.service.moment import refresh_moment

NOW = 20_000 * DAY_US


def test_while_events_keep_coming_the_clock_is_the_moment() -> None:
    assert refresh_moment(NOW - DAY_US, NOW, None) == (NOW, None)


def test_a_log_that_ended_is_looked_at_as_it_was_and_says_so() -> None:
    as_of_us, note = refresh_moment(NOW - DAY_US - 1, NOW, None)
    assert as_of_us == NOW - DAY_US - 1
    assert note is not None
    assert "newest event is 1 days old" in note


def test_predictions_never_go_back_before_the_last_refresh() -> None:
    assert refresh_moment(NOW - 3 * DAY_US, NOW, NOW - DAY_US)[0] == NOW - DAY_US
    assert refresh_moment(NOW, NOW, NOW + 5)[0] == NOW + 5


def test_an_event_a_little_ahead_of_the_clock_does_not_move_it() -> None:
    assert refresh_moment(NOW + DAY_US // 2, NOW, None)[0] == NOW
