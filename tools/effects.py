"""Does the interval of an action's effect cover the truth? Trials in simulated marketplaces, whose truth is known.

    python -m tools.effects --seeds 3001-3100

One line of JSON a seed as it is done, then the summary. Results stand in docs/results.md.
"""

import argparse
from collections.abc import Sequence

import msgspec
import numpy as np

from tutorpulse.service.proof.simulated import Plan, Told, told_of
from tutorpulse.simulate.trials import OUTCOMES


def main() -> None:
    """Run the seeds that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="3001-3100", help="the first and the last, such as 3001-3100")
    parser.add_argument("--kind", choices=("tutor", "student"), default="student")
    parser.add_argument("--tutors", type=int, default=200)
    parser.add_argument("--students", type=int, default=1200)
    asked = parser.parse_args()
    first, last = map(int, asked.seeds.split("-"))
    plan = Plan(asked.kind, asked.tutors, asked.students)
    done = []
    for seed in range(first, last + 1):
        done.append(told_of(seed, plan))
        print(msgspec.json.encode({"seed": seed} | done[-1]).decode(), flush=True)
    for name in OUTCOMES:
        print(summary(name, [told[name] for told in done]))


def summary(name: str, told: Sequence[Told]) -> str:
    """How often both intervals cover the truth, how wide they are, and how far estimates lie from it on average."""
    covered, always = (sum(getattr(t, which) for t in told) for which in ("covered", "always_covered"))
    width = np.mean([t.high - t.low for t in told])
    wider = np.mean([t.always_high - t.always_low for t in told])
    bias, truth = np.mean([t.effect - t.truth for t in told]), np.mean([t.truth for t in told])
    known = np.mean([t.known for t in told])
    return (
        f"{name}: {covered} of {len(told)} covered, mean width {width:.4f}; at any look {always} covered, {wider:.4f}; "
        f"mean truth {truth:+.4f}, mean error {bias:+.4f}, {known:.0f} outcomes a seed, told in {sum(t.told for t in told)}"
    )


if __name__ == "__main__":
    main()
