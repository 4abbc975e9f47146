"""What happens in a day, gathered by type."""

import numpy as np

from tutorpulse.simulate.journal import Journal


def test_what_one_of_several_does_not_say_is_missing() -> None:
    journal = Journal()
    said = {
        "discounted": np.array([False, True]),
        "session_id": np.array([3, 4]),
        "price": np.array([1.5, 2.0]),
    }
    journal.add("session_completed", np.array([1, 2]), no_show=np.array([False, False]), **said)
    journal.add("session_completed", np.array([3]), no_show=np.array([True]))
    (events,) = journal.close(until_us=10)
    assert events.columns["discounted"].tolist() == [0, 1, -1]
    assert events.columns["session_id"].tolist() == [3, 4, -1]
    assert np.array_equal(events.columns["price"], [1.5, 2.0, np.nan], equal_nan=True)
    assert events.columns["no_show"].tolist() == [False, False, True]
