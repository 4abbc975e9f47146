"""Figures for Prometheus of alerts and of their delivery, read from the state when somebody asks."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from tutorpulse.store.state import State
from tutorpulse.store.state.outbox import ENDED


def of_alerts(state: State) -> Iterator[Metric]:
    """Alerts opened ever, by rule; those that are live, by severity and state."""
    opened = CounterMetricFamily("tutorpulse_alerts_opened", "Alerts opened ever.", labels=["rule"])
    for rule, verdict in state.alerts.verdicts().items():
        opened.add_metric([rule], verdict.opened)
    live = GaugeMetricFamily(
        "tutorpulse_alerts", "Alerts that are not resolved.", labels=["severity", "state"]
    )
    for (severity, standing), count in state.alerts.counts().items():
        live.add_metric([severity, standing], count)
    yield from (opened, live)


def of_delivery(state: State) -> Iterator[Metric]:
    """What waits for each receiver, what became of its messages, and how often one was not taken."""
    notices = GaugeMetricFamily(
        "tutorpulse_notices_waiting", "Notices that are in no message yet.", labels=["receiver"]
    )
    waiting = GaugeMetricFamily(
        "tutorpulse_messages_waiting", "Messages to be sent, or sent again.", labels=["receiver"]
    )
    messages = CounterMetricFamily(
        "tutorpulse_messages", "Messages, by what became of them.", labels=["receiver", "outcome"]
    )
    failures = CounterMetricFamily(
        "tutorpulse_delivery_failures", "Attempts that a receiver did not take.", labels=["receiver"]
    )
    for figures in state.outbox.figures():
        notices.add_metric([figures.receiver], figures.pending)
        waiting.add_metric([figures.receiver], figures.messages.get("waiting", 0))
        for outcome in ENDED:
            messages.add_metric([figures.receiver, outcome], figures.messages.get(outcome, 0))
        failures.add_metric([figures.receiver], figures.failures)
    yield from (notices, waiting, messages, failures)
