from tutorpulse.service.live.marks import Marks


def test_who_waits_longest_is_taken_first() -> None:
    marks = Marks()
    marks.add(["b", "a"], 5)
    marks.add(["c"], 6)
    assert marks.oldest_us() == 5
    assert marks.take(2) == {"b": 5, "a": 5}
    assert marks.take(2) == {"c": 6}
    assert marks.oldest_us() is None


def test_a_second_mark_keeps_the_first_ones_place_and_time() -> None:
    marks = Marks()
    marks.add(["a", "b"], 5)
    marks.put({"a": 9, "c": 2})
    assert marks.take(3) == {"a": 5, "b": 5, "c": 2}


def test_what_is_taken_is_no_longer_marked() -> None:
    marks = Marks()
    marks.add(["a", "b", "c"], 1)
    marks.discard(["b", "unknown"])
    assert len(marks) == 2
    assert list(marks.take(9)) == ["a", "c"]
    assert len(marks) == 0
