"""What alerts have to say, to the bus and to the topics of their severity.

A notice waits in the index from the moment that it is written until it is sent, so one that a crash left is sent by the next run:
each at least once.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tutorpulse.aws import keys, names
from tutorpulse.aws.table import Items
from tutorpulse.aws.values import Item

log = logging.getLogger("tutorpulse.alerts")

DETAIL_TYPE = "Tutorpulse alert"
SOURCE = "tutorpulse"
SUBJECT_MAX = 100
"""Characters that the subject of a topic's message can have."""


@dataclass(frozen=True)
class Notifier:
    """Sends notices. `topics` are the topics' ARNs by severity; a severity without one goes to the bus alone."""

    events: Any
    sns: Any
    topics: Mapping[str, str]
    bus: str = names.BUS

    def send(self, notice: Item) -> None:
        """Send one; raises the client's error where that fails."""
        detail = notice["content"]
        entry = {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": detail, "EventBusName": self.bus}
        answered = self.events.put_events(Entries=[entry])
        if answered.get("FailedEntryCount"):
            log.warning("The bus %s did not take notice %s", self.bus, notice["entity_id"])
        topic = self.topics.get(notice["severity"])
        if topic:
            self.sns.publish(TopicArn=topic, Subject=subject(notice), Message=text(notice))


def subject(notice: Item) -> str:
    """The subject of a mail: severity, title, whom it is about; within what a topic takes."""
    told = f"[{notice['severity']}] {notice['kind']}: {notice['rule']}, {notice['about_type']} {notice['about_id']}"
    return told.encode("ascii", "replace").decode()[:SUBJECT_MAX]


def text(notice: Item) -> str:
    """The text of a mail."""
    return str(notice["content"])


def notice_item(row: Mapping[str, Any]) -> Item:
    """A notice as an item that waits to be sent."""
    own = {name: value for name, value in row.items() if name not in ("entity_type", "entity_id", "number")}
    return {
        **own,
        "about_type": row["entity_type"],
        "about_id": row["entity_id"],
        "entity_id": f"notice#{row['alert_id']}#{row['at_us']}#{row['kind']}",
        "entity_type": keys.NOTICE,
        "timestamp": keys.stamp(row["at_us"]),
    }


def send_waiting(table: Items, notifier: Notifier) -> int:
    """Send every notice that waits. Returns how many."""
    sent = 0
    for seen in list(table.of_type(keys.NOTICE)):
        sent += send_one(table, notifier, table.get(seen["entity_id"], keys.NOTICE))
    return sent


def send_one(table: Items, notifier: Notifier, notice: Item | None) -> bool:
    """Send a notice unless it was sent already."""
    if notice is None or "timestamp" not in notice:
        return False
    notifier.send(notice)
    table.drop((notice["entity_id"], keys.NOTICE), ("timestamp",), ("at_us", notice["at_us"]))
    return True
