"""The two buying models against customers drawn from them, and against numbers that were published."""

import numpy as np
import pytest

from tutorpulse.training.baselines.buying import BgNbd, Buyers, ParetoNbd

WEEKS = 39.0


def drawn(
    seed: int, parameters: tuple[float, float, float, float], pareto: bool, size: int
) -> tuple[Buyers, np.ndarray]:
    """Customers who began in the first 12 weeks, and their purchases in as many weeks again; one by one, from the models' story."""
    rng = np.random.default_rng(seed)
    r, alpha, third, fourth = parameters
    rows, later = [], []
    for _ in range(size):
        rate, age = rng.gamma(r, 1 / alpha), WEEKS - rng.uniform(0, 12)
        stops = rng.exponential(1 / rng.gamma(third, 1 / fourth)) if pareto else np.inf
        quits = 0.0 if pareto else rng.beta(third, fourth)
        at, bought = 0.0, []
        while (at := at + rng.exponential(1 / rate)) <= min(stops, age + WEEKS):
            bought.append(at)
            if rng.random() < quits:
                break
        seen = [t for t in bought if t <= age]
        rows.append((len(seen), seen[-1] if seen else 0.0, age))
        later.append(len(bought) - len(seen))
    return Buyers(*np.array(rows, float).T), np.array(later)


CASES = [(BgNbd, (0.25, 4.4, 0.8, 2.4), False), (ParetoNbd, (0.55, 10.6, 0.6, 11.7), True)]


@pytest.mark.parametrize(("kind", "parameters", "pareto"), CASES)
def test_what_is_expected_comes_true_on_average(
    kind: type[BgNbd] | type[ParetoNbd], parameters: tuple[float, float, float, float], pareto: bool
) -> None:
    buyers, later = drawn(1, parameters, pareto, 12_000)
    said = kind(parameters).expected(buyers, WEEKS)
    for some in (buyers.repeats == 0, buyers.repeats > 0, buyers.recency > 20):
        error = later[some].std() / np.sqrt(some.sum())
        assert said[some].mean() == pytest.approx(later[some].mean(), abs=4 * error)


@pytest.mark.parametrize(("kind", "parameters", "pareto"), CASES)
def test_a_fit_is_likelier_than_the_parameters_that_made_the_data_and_near_them(
    kind: type[BgNbd] | type[ParetoNbd], parameters: tuple[float, float, float, float], pareto: bool
) -> None:
    buyers, later = drawn(2, parameters, pareto, 3_000)
    fitted = kind.fit(buyers)
    assert fitted.log_likelihood(buyers).sum() >= kind(parameters).log_likelihood(buyers).sum()
    assert fitted.expected(buyers, WEEKS).sum() == pytest.approx(later.sum(), rel=0.15)


def test_the_likelihood_of_silence_adds_up_to_the_chance_of_no_purchase() -> None:
    """A customer without a repeat purchase: the integral over rates of both stories, by brute force."""
    r, alpha, s, beta = 0.55, 10.6, 0.6, 11.7
    rng = np.random.default_rng(3)
    rate, stop = rng.gamma(r, 1 / alpha, 400_000), rng.gamma(s, 1 / beta, 400_000)
    silent = (rate * np.exp(-(rate + stop) * 30) + stop) / (rate + stop)
    one = Buyers(np.zeros(1), np.zeros(1), np.full(1, 30.0))
    told = float(np.exp(ParetoNbd((r, alpha, s, beta)).log_likelihood(one))[0])
    assert told == pytest.approx(silent.mean(), abs=0.003)
    never = np.exp(BgNbd((0.25, 4.4, 0.8, 2.4)).log_likelihood(one))[0]
    assert never == pytest.approx((4.4 / 34.4) ** 0.25)
