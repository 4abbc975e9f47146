from tutorpulse.service.live.budget import Budget


def test_work_rests_until_it_is_its_share_of_the_time() -> None:
    now = [100.0]
    budget = Budget(25, lambda: now[0])
    assert budget.wait_s == 0
    now[0] += 2
    budget.spent(2)
    assert budget.wait_s == 6
    now[0] += 5
    assert budget.wait_s == 1
    now[0] += 5
    assert budget.wait_s == 0


def test_all_of_the_time_needs_no_rest() -> None:
    budget = Budget(100, lambda: 3.0)
    budget.spent(7)
    assert budget.wait_s == 0
