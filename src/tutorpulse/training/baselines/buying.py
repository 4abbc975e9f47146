"""Two published models of customers who buy until they stop, which is never seen: BG/NBD and Pareto/NBD.

BG/NBD: Fader, Hardie, Lee, "Counting Your Customers the Easy Way", Marketing Science 24 (2005). Pareto/NBD: Schmittlein, Morrison, Colombo 1987, in
the form of Fader and Hardie, "A Note on Deriving the Pareto/NBD Model" (2005). Libraries that fit them are given up (lifetimes, btyd) or bring a
whole sampler along (pymc-marketing), so the likelihoods stand here.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import scipy

from tutorpulse.model.outputs import Floats


@dataclass(frozen=True)
class Buyers:
    """n customers: repeat purchase days, weeks from the first to the last of them, weeks from the first to the cut."""

    repeats: Floats
    recency: Floats
    age: Floats


class BuyingModel(ABC):
    """A model of four positive parameters, fitted by maximum likelihood."""

    names: tuple[str, str, str, str]

    def __init__(self, parameters: tuple[float, float, float, float]) -> None:
        self.parameters = parameters

    @classmethod
    def fit(cls, buyers: Buyers) -> "BuyingModel":
        """The parameters under which what was bought is likeliest, from all at 1."""

        def loss(logs: Floats) -> float:
            r, alpha, s, beta = np.exp(logs).tolist()
            return -float(cls((r, alpha, s, beta)).log_likelihood(buyers).mean())

        found = scipy.optimize.minimize(
            loss, np.zeros(4), method="Nelder-Mead", options={"maxiter": 4000, "fatol": 1e-9}
        )
        r, alpha, s, beta = np.exp(found.x).tolist()
        return cls((r, alpha, s, beta))

    @abstractmethod
    def log_likelihood(self, buyers: Buyers) -> Floats:
        """Of each of n customers."""

    @abstractmethod
    def expected(self, buyers: Buyers, weeks: float) -> Floats:
        """Expected purchase days of each customer in the weeks after the cut."""


class BgNbd(BuyingModel):
    """After each purchase a customer stops with a probability of their own."""

    names = ("r", "alpha", "a", "b")

    def log_likelihood(self, buyers: Buyers) -> Floats:
        """Equation (6) of the paper, in logs."""
        r, alpha, a, b = self.parameters
        x = buyers.repeats
        log_gamma = scipy.special.gammaln
        shared = log_gamma(r + x) - log_gamma(r) + r * np.log(alpha)
        shared += log_gamma(a + b) + log_gamma(b + x) - log_gamma(b) - log_gamma(a + b + x)
        alive = -(r + x) * np.log(alpha + buyers.age)
        gone = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + buyers.recency)
        return np.asarray(shared + np.where(x > 0, np.logaddexp(alive, gone), alive), np.float64)

    def expected(self, buyers: Buyers, weeks: float) -> Floats:
        """Equation (10) of the paper."""
        r, alpha, a, b = self.parameters
        x, since = buyers.repeats, alpha + buyers.age
        z = weeks / (since + weeks)
        series = scipy.special.hyp2f1(r + x, b + x, a + b + x - 1, z)
        ahead = (a + b + x - 1) / (a - 1) * (1 - (since / (since + weeks)) ** (r + x) * series)
        odds = a / (b + np.maximum(x, 1) - 1) * (since / (alpha + buyers.recency)) ** (r + x)
        return np.asarray(ahead / (1 + np.where(x > 0, odds, 0.0)), np.float64)


class ParetoNbd(BuyingModel):
    """A customer stops at a rate of their own, whether they buy or not."""

    names = ("r", "alpha", "s", "beta")

    def log_likelihood(self, buyers: Buyers) -> Floats:
        """Equation (18) of the note, in logs."""
        r, alpha, s, beta = self.parameters
        x = buyers.repeats
        log_gamma = scipy.special.gammaln
        shared = log_gamma(r + x) - log_gamma(r) + r * np.log(alpha) + s * np.log(beta)
        alive = -(r + x) * np.log(alpha + buyers.age) - s * np.log(beta + buyers.age)
        return np.asarray(
            shared + np.logaddexp(alive, np.log(s / (r + s + x)) + self._log_gone(buyers)), np.float64
        )

    def expected(self, buyers: Buyers, weeks: float) -> Floats:
        """Equations (31) and (41) of the note: alive, and then."""
        r, alpha, s, beta = self.parameters
        x, age = buyers.repeats, buyers.age
        odds = (
            np.log(s / (r + s + x))
            + (r + x) * np.log(alpha + age)
            + s * np.log(beta + age)
            + self._log_gone(buyers)
        )
        alive = 1 / (1 + np.exp(odds))
        stays = 1 - ((beta + age) / (beta + age + weeks)) ** (s - 1)
        return np.asarray(alive * (r + x) * (beta + age) / ((alpha + age) * (s - 1)) * stays, np.float64)

    def _log_gone(self, buyers: Buyers) -> Floats:
        """log A0 of the note: the customer stopped between the last purchase and the cut."""
        r, alpha, s, beta = self.parameters
        total = r + s + buyers.repeats
        wide, narrow = max(alpha, beta), min(alpha, beta)
        second = s + 1 if alpha >= beta else r + buyers.repeats

        def part(weeks: Floats) -> Floats:
            series = scipy.special.hyp2f1(total, second, total + 1, (wide - narrow) / (wide + weeks))
            return np.asarray(np.log(series) - total * np.log(wide + weeks), np.float64)

        first, last = part(buyers.recency), part(buyers.age)
        # The difference of both; 0 where the last purchase was at the cut.
        with np.errstate(divide="ignore"):
            return np.asarray(first + np.log1p(-np.exp(np.minimum(last - first, 0))), np.float64)
