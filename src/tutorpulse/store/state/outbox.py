"""What has to be told, to whom, and in which messages: the outbox.

Notices are written with the alert's change, moves with the prediction's. `route` brings what is new of either into each receiver's
outbox, `bundle` makes messages of what may go; both in transactions of the state. A message is claimed for a while by whoever
sends it, so nothing is lost or sent twice but by a death between sending and noting it; then it is sent again under the same key.
"""

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from tutorpulse.store.state.connection import as_list, transaction

ALERTS, MOVES = "alert", "move"
ENDED = ("sent", "given_up", "dropped")
"""What becomes of a message in the end."""
_TABLES = {ALERTS: ("notices", "number"), MOVES: ("segment_moves", "move")}


class NoticeRow(msgspec.Struct, frozen=True):
    """One notice; `content` is JSON."""

    alert_id: str
    entity_type: str
    entity_id: str
    kind: str
    rule: str
    team: str
    severity: str
    at_us: int
    content: str


class Waiting(msgspec.Struct, frozen=True):
    """One thing that a receiver has yet to be told; of moves only number, time and entity are known, the rest is empty.

    `alert_state` is what the alert has become since.
    """

    source: str
    number: int
    at_us: int
    entity_type: str
    entity_id: str
    alert_id: str = ""
    rule: str = ""
    severity: str = ""
    alert_state: str = ""


class MessageRow(msgspec.Struct, frozen=True):
    """One message to one receiver; `form` is `single`, `digest` or `batch`, `state` `waiting`, `sent`, `given_up` or `dropped`."""

    message_key: str
    receiver: str
    form: str
    made_us: int
    state: str = "waiting"
    attempts: int = 0
    next_us: int = 0
    claimed_by: str | None = None
    claimed_until_us: int = 0
    ended_us: int | None = None
    error: str | None = None


class ReceiverCount(msgspec.Struct, frozen=True):
    """Of one receiver: how much waits to be put into messages, how many messages wait, were sent, were given up, and the last error
    of one that waits."""

    receiver: str
    pending: int = 0
    waiting: int = 0
    sent: int = 0
    given_up: int = 0
    error: str | None = None


class ReceiverFigures(msgspec.Struct, frozen=True):
    """Of one receiver that was ever told or is to be: notices in no message yet, messages by state, attempts that failed."""

    receiver: str
    pending: int
    messages: dict[str, int]
    failures: int


_NOTICE = ", ".join(NoticeRow.__struct_fields__)
_MESSAGE = ", ".join(MessageRow.__struct_fields__)
_PENDING = "message_key IS NULL AND withheld IS NULL"


class Outbox:
    """Reads and writes notices, what waits for each receiver, and messages."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def tell(self, rows: Iterable[NoticeRow]) -> None:
        """Add notices, for the caller's transaction."""
        with transaction(self._connection):
            self._connection.executemany(
                f"INSERT INTO notices ({_NOTICE}) VALUES ({', '.join('?' * len(NoticeRow.__struct_fields__))})",
                map(msgspec.structs.astuple, rows),
            )

    def newest(self, source: str) -> int:
        """The number of the newest notice or move; 0 where there is none."""
        table, number = _TABLES[source]
        return int(self._connection.execute(f"SELECT COALESCE(MAX({number}), 0) FROM {table}").fetchone()[0])

    def register(self, receiver: str, sources: Iterable[str]) -> None:
        """A receiver that was not known is told what comes from now on; one that is known goes on where it is."""
        with transaction(self._connection):
            for source in sources:
                self._connection.execute(
                    "INSERT OR IGNORE INTO delivery_marks (receiver, source, number) VALUES (?, ?, ?)",
                    (receiver, source, self.newest(source)),
                )

    def mark(self, receiver: str, source: str) -> int:
        """How far the receiver was told of a source."""
        found = self._connection.execute(
            "SELECT number FROM delivery_marks WHERE receiver = ? AND source = ?", (receiver, source)
        ).fetchone()
        return int(found[0]) if found else 0

    def notices_after(self, number: int, limit: int) -> list[tuple[int, NoticeRow]]:
        """The first `limit` notices numbered above, each with its number."""
        found = self._connection.execute(
            f"SELECT number, {_NOTICE} FROM notices WHERE number > ? ORDER BY number LIMIT ?", (number, limit)
        )
        return [(line[0], NoticeRow(*line[1:])) for line in found]

    def anything_waits(self) -> bool:
        """Whether any receiver has something that is in no message yet."""
        found = self._connection.execute(f"SELECT 1 FROM outbox WHERE {_PENDING} LIMIT 1").fetchone()
        return found is not None

    def route(self, receiver: str, source: str, wanted: Iterable[tuple[int, int]], upto: int) -> None:
        """Put (number, time) of a source into the receiver's outbox, and note how far it was gone through."""
        with transaction(self._connection):
            self._connection.executemany(
                "INSERT OR IGNORE INTO outbox (receiver, source, number, at_us) VALUES (?, ?, ?, ?)",
                ((receiver, source, number, at_us) for number, at_us in wanted),
            )
            self._connection.execute(
                "UPDATE delivery_marks SET number = ? WHERE receiver = ? AND source = ?",
                (upto, receiver, source),
            )

    def waiting(self, receiver: str) -> list[Waiting]:
        """What is in no message yet, in order; what was erased since is left out."""
        found = self._connection.execute(
            f"""SELECT outbox.source, outbox.number, outbox.at_us, notices.entity_type, notices.entity_id,
                notices.alert_id, notices.rule, notices.severity, alerts.state
            FROM outbox JOIN notices ON notices.number = outbox.number JOIN alerts USING (alert_id)
            WHERE outbox.source = '{ALERTS}' AND receiver = :receiver AND {_PENDING}
            UNION ALL SELECT outbox.source, outbox.number, outbox.at_us, moves.entity_type, moves.entity_id, '', '', '', ''
            FROM outbox JOIN segment_moves AS moves ON moves.move = outbox.number
            WHERE outbox.source = '{MOVES}' AND receiver = :receiver AND {_PENDING} ORDER BY 3, 1, 2""",
            {"receiver": receiver},
        )
        return [Waiting(*line) for line in found]

    def withhold(self, receiver: str, items: Iterable[Waiting], why: str) -> None:
        """Note that these are not told, and why."""
        with transaction(self._connection):
            self._connection.executemany(
                f"UPDATE outbox SET withheld = ? WHERE receiver = ? AND source = ? AND number = ? AND {_PENDING}",
                ((why, receiver, item.source, item.number) for item in items),
            )

    def bundle(self, message: MessageRow, items: Iterable[Waiting]) -> None:
        """Make a message of these."""
        with transaction(self._connection):
            self._connection.execute(
                f"INSERT INTO messages ({_MESSAGE}) VALUES ({', '.join('?' * len(MessageRow.__struct_fields__))})",
                msgspec.structs.astuple(message),
            )
            self._connection.executemany(
                "UPDATE outbox SET message_key = ? WHERE receiver = ? AND source = ? AND number = ?"
                f" AND {_PENDING}",
                ((message.message_key, message.receiver, item.source, item.number) for item in items),
            )

    def made_since(self, receiver: str, since_us: int) -> list[tuple[int, str]]:
        """(time, form) of the messages made for a receiver after a time, oldest first."""
        return self._connection.execute(
            "SELECT made_us, form FROM messages WHERE receiver = ? AND made_us > ? ORDER BY made_us",
            (receiver, since_us),
        ).fetchall()

    def claim(self, receiver: str, by: str, now_us: int, until_us: int) -> MessageRow | None:
        """The oldest message of a receiver that is due; None where there is none, or one of them is being sent: one at a time."""
        if not self._due(receiver, now_us):
            return None
        with transaction(self._connection):
            found = self._connection.execute(
                f"SELECT {_MESSAGE}, (SELECT MAX(claimed_until_us) FROM messages WHERE receiver = :receiver AND state = 'waiting')"
                " FROM messages WHERE receiver = :receiver AND state = 'waiting' AND next_us <= :now"
                " ORDER BY made_us, message_key LIMIT 1",
                {"receiver": receiver, "now": now_us},
            ).fetchone()
            if found is None or found[-1] > now_us:
                return None
            first = MessageRow(*found[:-1])
            self._connection.execute(
                "UPDATE messages SET claimed_by = ?, claimed_until_us = ?, attempts = attempts + 1 WHERE message_key = ?",
                (by, until_us, first.message_key),
            )
        return msgspec.structs.replace(
            first, attempts=first.attempts + 1, claimed_by=by, claimed_until_us=until_us
        )

    def _due(self, receiver: str, now_us: int) -> bool:
        found = self._connection.execute(
            "SELECT 1 FROM messages WHERE receiver = ? AND state = 'waiting' AND next_us <= ? LIMIT 1",
            (receiver, now_us),
        ).fetchone()
        return found is not None

    def release(self, by: str) -> None:
        """Claims of somebody who is dead hold no longer."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE messages SET claimed_until_us = 0 WHERE state = 'waiting' AND claimed_by = ?", (by,)
            )

    def end(self, message_key: str, state: str, now_us: int, error: str | None = None) -> None:
        """Note that a message was sent, given up or dropped."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE messages SET state = ?, ended_us = ?, error = ?, claimed_until_us = 0 WHERE message_key = ?",
                (state, now_us, error, message_key),
            )

    def put_off(self, message_key: str, next_us: int, error: str) -> None:
        """Note that sending failed, and when to try again."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE messages SET next_us = ?, error = ?, claimed_until_us = 0 WHERE message_key = ?",
                (next_us, error, message_key),
            )

    def notices_of(self, message_key: str) -> list[str]:
        """The contents of the notices of a message, in order."""
        found = self._connection.execute(
            f"""SELECT notices.content FROM outbox JOIN notices ON notices.number = outbox.number
            WHERE message_key = ? AND source = '{ALERTS}' ORDER BY notices.number""",
            (message_key,),
        )
        return [content for (content,) in found]

    def moves_of(self, message_key: str) -> list[tuple[int, str, str, int, str | None, str | None]]:
        """(number, kind, id, time, segment left, segment entered) of the moves of a message, in order."""
        return self._connection.execute(
            f"""SELECT move, entity_type, entity_id, moved_us, left_segment, entered_segment
            FROM outbox JOIN segment_moves ON segment_moves.move = outbox.number
            WHERE message_key = ? AND source = '{MOVES}' ORDER BY move""",
            (message_key,),
        ).fetchall()

    def drop(self, receivers: Iterable[str], now_us: int) -> int:
        """Forget what waits for receivers that are none any more, and say how many messages were dropped."""
        gone = as_list(receivers)
        among = "receiver IN (SELECT value FROM json_each(?))"
        with transaction(self._connection):
            self._connection.execute(f"DELETE FROM outbox WHERE {among} AND {_PENDING}", (gone,))
            self._connection.execute(f"DELETE FROM delivery_marks WHERE {among}", (gone,))
            dropped = self._connection.execute(
                "UPDATE messages SET state = 'dropped', ended_us = ?, error = 'no such receiver any more'"
                f" WHERE state = 'waiting' AND {among}",
                (now_us, gone),
            )
        return dropped.rowcount

    def counts(self, receivers: Sequence[str]) -> list[ReceiverCount]:
        """How it stands with each receiver."""
        return [self._count(receiver) for receiver in receivers]

    def figures(self) -> list[ReceiverFigures]:
        """How it stands with every receiver that is registered or has messages, by name; an attempt under way has not failed."""
        pending = dict(
            self._connection.execute(
                f"SELECT receiver, COUNT(*) FROM outbox WHERE {_PENDING} GROUP BY receiver"
            ).fetchall()
        )
        found: dict[str, tuple[dict[str, int], int]] = {
            name: ({}, 0)
            for (name,) in self._connection.execute("SELECT DISTINCT receiver FROM delivery_marks")
        }
        for name, state, count, failed in self._connection.execute(
            "SELECT receiver, state, COUNT(*), SUM(attempts - (attempts > 0 AND"
            " (state IN ('sent', 'dropped') OR claimed_until_us > 0)))"
            " FROM messages GROUP BY receiver, state"
        ):
            states, failures = found.get(name, ({}, 0))
            found[name] = states | {state: count}, failures + int(failed)
        return [ReceiverFigures(name, pending.get(name, 0), *found[name]) for name in sorted(found)]

    def _count(self, receiver: str) -> ReceiverCount:
        pending = self._connection.execute(
            f"SELECT COUNT(*) FROM outbox WHERE receiver = ? AND {_PENDING}", (receiver,)
        ).fetchone()[0]
        states = dict(
            self._connection.execute(
                "SELECT state, COUNT(*) FROM messages WHERE receiver = ? GROUP BY state", (receiver,)
            ).fetchall()
        )
        error = self._connection.execute(
            "SELECT error FROM messages WHERE receiver = ? AND state = 'waiting' AND error IS NOT NULL"
            " ORDER BY made_us LIMIT 1",
            (receiver,),
        ).fetchone()
        waiting, sent, given_up = (states.get(name, 0) for name in ("waiting", "sent", "given_up"))
        return ReceiverCount(receiver, pending, waiting, sent, given_up, error[0] if error else None)

    def moves_after(self, number: int, limit: int) -> list[tuple[int, int]]:
        """(number, time) of the first `limit` moves numbered above."""
        return self._connection.execute(
            "SELECT move, moved_us FROM segment_moves WHERE move > ? ORDER BY move LIMIT ?", (number, limit)
        ).fetchall()
