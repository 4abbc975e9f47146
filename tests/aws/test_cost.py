"""What a month costs, and beside what it stands."""

import pytest

from tutorpulse.aws.cost import DAYS, PREDECESSOR, PRICES, Load, month, total


def test_every_line_is_priced_and_the_sum_is_theirs() -> None:
    lines = month(Load(3_000.0))
    assert {line.price for line in lines} <= set(PRICES)
    assert total(lines) == pytest.approx(sum(line.amount * PRICES[line.price].usd for line in lines))


@pytest.mark.parametrize("events_per_month", [1.0, 108_000.0, 86_400_000.0])
def test_a_load_of_so_many_events_makes_so_many(events_per_month: float) -> None:
    load = Load.of_events(events_per_month)
    assert load.events_per_month == pytest.approx(events_per_month)
    assert load.sessions_per_day * load.events_per_session * DAYS == pytest.approx(events_per_month)


def test_more_sessions_never_cost_less() -> None:
    sums = [total(month(Load(sessions))) for sessions in (0.0, 3_000.0, 300_000.0, 3_000_000.0)]
    assert sums == sorted(sums)


def test_the_predecessors_estimates_name_their_load_and_page() -> None:
    assert len({(each.load, each.page) for each in PREDECESSOR}) == len(PREDECESSOR)
    assert all(
        each.events_per_month > 0 and each.usd > 0 and each.page.startswith("docs/") for each in PREDECESSOR
    )
