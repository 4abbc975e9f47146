"""The state of one home: opens the file, joins its tables, erases."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tutorpulse.store.state.actions import ActionTable
from tutorpulse.store.state.alerts import AlertTable
from tutorpulse.store.state.audit import AuditTable
from tutorpulse.store.state.connection import empty_log, move_pages, open_connection, transaction
from tutorpulse.store.state.copies import Copies
from tutorpulse.store.state.entity_states import EntityStateTable
from tutorpulse.store.state.feed import InsightFeed
from tutorpulse.store.state.feedback import FeedbackTable
from tutorpulse.store.state.holdouts import HoldoutTable
from tutorpulse.store.state.insights import InsightTable
from tutorpulse.store.state.keys import KeyTable
from tutorpulse.store.state.listing import Listing
from tutorpulse.store.state.models import ModelLog
from tutorpulse.store.state.moves import MoveTable
from tutorpulse.store.state.outbox import Outbox
from tutorpulse.store.state.overrides import OverrideTable
from tutorpulse.store.state.populations import PopulationTable
from tutorpulse.store.state.predictions import PredictionTables
from tutorpulse.store.state.recommendations import RecommendationTable
from tutorpulse.store.state.reviews import ReviewTable
from tutorpulse.store.state.runs import RunTable
from tutorpulse.store.state.schema import ENTITY_TABLES
from tutorpulse.store.state.silences import SilenceTable
from tutorpulse.store.state.subjects import SubjectTable
from tutorpulse.store.state.tasks import TaskTable
from tutorpulse.store.state.tokens import LinkTable, SignInTable
from tutorpulse.store.state.track import SHADOW, TrackTables
from tutorpulse.store.state.users import UserTable
from tutorpulse.store.state.views import ViewTable
from tutorpulse.store.state.worths import WorthTable


class State:
    """Small mutable state; sole owner of its connection. `durable`, `leaves_pages`: see `open_connection`.

    Raises:
        HomeVersionError: the file is of a newer version. HomeBusyError: another process holds it.
        HomeError: it is damaged or cannot be opened.
    """

    def __init__(self, path: Path, durable: bool = True, leaves_pages: bool = False) -> None:
        self._connection = open_connection(path, durable=durable, leaves_pages=leaves_pages)
        self.predictions = PredictionTables(self._connection)
        self.recommendations = RecommendationTable(self._connection)
        self.insights = InsightTable(self._connection)
        self.feed = InsightFeed(self._connection)
        self.copies = Copies(self._connection)
        self.listing = Listing(self._connection)
        self.moves = MoveTable(self._connection)
        self.subjects = SubjectTable(self._connection)
        self.runs = RunTable(self._connection)
        self.views = ViewTable(self._connection)
        self.track = TrackTables(self._connection)
        self.shadow = TrackTables(self._connection, SHADOW)
        self.models = ModelLog(self._connection)
        self.keys = KeyTable(self._connection)
        self.populations = PopulationTable(self._connection)
        self.users = UserTable(self._connection)
        self.signins = SignInTable(self._connection)
        self.links = LinkTable(self._connection)
        self.audit = AuditTable(self._connection)
        self.alerts = AlertTable(self._connection)
        self.outbox = Outbox(self._connection)
        self.silences = SilenceTable(self._connection)
        self.tasks = TaskTable(self._connection)
        self.actions = ActionTable(self._connection)
        self.holdouts = HoldoutTable(self._connection)
        self.overrides = OverrideTable(self._connection)
        self.entity_states = EntityStateTable(self._connection)
        self.feedback = FeedbackTable(self._connection)
        self.reviews = ReviewTable(self._connection)
        self.worths = WorthTable(self._connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is written inside is written all or not at all, and as durable at the end as the state."""
        with transaction(self._connection):
            yield

    def erase(self, entity_type: str, entity_id: str) -> int:
        """Remove every row about an entity, from the files too, and say how many there were.

        Where others read or move pages for seconds on end, its bytes stay in SQLite's log until that is moved again.
        """
        with self.transaction():
            rows = sum(
                self._connection.execute(
                    f"DELETE FROM {table} WHERE entity_type = ? AND entity_id = ?", (entity_type, entity_id)
                ).rowcount
                for table in ENTITY_TABLES
            )
            self.audit.forget(entity_type, entity_id)
        empty_log(self._connection)
        return rows

    def copy_to(self, path: Path) -> None:
        """Write a whole copy as of one moment to a new file, while others read and write."""
        with closing(sqlite3.connect(path)) as copy:
            self._connection.backup(copy)

    @property
    def rows_written(self) -> int:
        """How many rows were written by this connection since it was opened, triggers' included."""
        return self._connection.total_changes

    def move_pages(self) -> bool:
        """Move what was written from the write-ahead log into the file; see `connection.move_pages`."""
        return move_pages(self._connection)

    def problems(self) -> list[str]:
        """What SQLite finds wrong with the file; empty where nothing is."""
        found = self._connection.execute("PRAGMA integrity_check").fetchall()
        return [str(line) for (line,) in found if line != "ok"]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
