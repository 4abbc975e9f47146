"""What the alert rules see of the log and of the model."""

from contextlib import suppress

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, parse_time
from tutorpulse.decisions.alerts.rules import AlertRule
from tutorpulse.errors import ArtifactError
from tutorpulse.events.contract import TABLES
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.model import registry
from tutorpulse.model.artifact import read_manifest
from tutorpulse.service.alerting.rules import SYSTEM_FACTS, rules_of
from tutorpulse.service.alerting.watching import Watched, watch
from tutorpulse.service.root import Pulse
from tutorpulse.store.log import EventStore
from tutorpulse.store.state import State
from tutorpulse.store.state.models import SERVING

PARTS = ("log", "model")
"""What an alert about the system is about."""

_WHY = {
    "rejected_share_24h": "{} % of the {:,.0f} events of the last 24 hours broke the contract",
    "model_data_age_days": "The model was trained on data that end {} days before the newest event",
    "stale_share": "{} % of the predictions are left from before: the model cannot be used",
}


class _Drift(msgspec.Struct, frozen=True):
    """What is needed of a judgement of drift; what else is kept with it is left unread."""

    drifting: bool
    sentence: str


def watch_system(pulse: Pulse, problem: str | None = None) -> Watched:
    """What the rules see of the log and the model now; `problem` is why the model that should serve does not.

    It reads the log and the state, and writes nothing.
    """
    now_us = pulse.clock.now_us()
    drifts = _drifts(pulse.state)
    facts = {
        **_log_facts(pulse.store, now_us),
        **_model_facts(pulse),
        "model_unusable": float(problem is not None),
        "drifting_kinds": float(len(drifts)),
    }
    told = {"model_unusable": problem or "", "drifting_kinds": " ".join(drifts)}

    def number(name: str) -> NDArray[np.float64]:
        """A fact stands in the row of the part that it is about."""
        return np.array([facts.get(name, np.nan) if SYSTEM_FACTS[name] == part else np.nan for part in PARTS])

    seen = watch(rules_of(pulse.home.path), number, "system")
    whys = {
        (rule.key, row): told.get(rule.fact) or _why(rule, facts)
        for rule, levels in seen
        for row in np.flatnonzero(levels.level > 0).tolist()
    }
    return Watched("system", np.array(PARTS, dtype=object), now_us, now_us, pulse.settings, seen, whys)


def _log_facts(store: EventStore, now_us: int) -> dict[str, float]:
    within = f"received_us > {now_us - DAY_US:d} AND received_us <= {now_us:d}"
    parts = [
        *(f"SELECT COUNT(*) AS events, 0 AS rejected FROM {t} WHERE {within}" for t in TABLES),
        f"SELECT 0, COUNT(*) FROM rejects WHERE {within}",
    ]
    found = store.query(
        f"SELECT SUM(events) AS events, SUM(rejected) AS rejected FROM ({' UNION ALL '.join(parts)})"
    )
    accepted, rejected = float(found["events"][0]), float(found["rejected"][0])
    received = accepted + rejected
    return {"received_24h": received, "rejected_share_24h": rejected / received if received else np.nan}


def _model_facts(pulse: Pulse) -> dict[str, float]:
    shares = [pulse.state.predictions.stale_share(kind) for kind in ENTITY_TYPES]
    known = [share for share in shares if share is not None]
    facts = {"stale_share": max(known)} if known else {}
    version = registry.current_version(pulse.home.models_path)
    newest_us = pulse.store.newest_us()
    if version is not None and newest_us is not None:
        with suppress(ArtifactError):  # Of a damaged model the age is not known; /readyz says so.
            data_to_us = parse_time(read_manifest(pulse.home.models_path / version).data_to)
            seen_us = min(newest_us, pulse.clock.now_us())
            facts["model_data_age_days"] = max(0.0, (seen_us - data_to_us) / DAY_US)
    return facts


def _drifts(state: State) -> list[str]:
    """A sentence for each kind whose model drifts by the newest judgement; one of before the model in force came counts no more."""
    since_us = next((turn.at_us for turn in state.models.all() if turn.action in SERVING), 0)
    found = [
        msgspec.json.decode(content, type=_Drift)
        for _, judged_us, content in state.models.drift()
        if judged_us >= since_us
    ]
    return [drift.sentence for drift in found if drift.drifting]


def _why(rule: AlertRule, facts: dict[str, float]) -> str:
    value = facts[rule.fact]
    shown = f"{100 * value:.1f}" if rule.fact.endswith(("share", "share_24h")) else f"{value:.0f}"
    return _WHY.get(rule.fact, f"{rule.fact} {{}}").format(shown, facts.get("received_24h", 0.0))
