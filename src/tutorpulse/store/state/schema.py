"""The tables of the state, and the steps from each version to the next."""

from typing import Literal, TypeAlias

from tutorpulse.store.state.alerts_schema import ALERT_ENTITY_TABLES, ALERT_TABLES
from tutorpulse.store.state.worklist_schema import WORKLIST_ENTITY_TABLES, WORKLIST_TABLES

Kind: TypeAlias = Literal["text", "real", "time", "flag"]
"""What a column holds: text or NULL; a number (NULL is NaN); microseconds (NULL is NaN); 0 or 1."""

SQL_TYPES: dict[Kind, str] = {"text": "TEXT", "real": "REAL", "time": "INTEGER", "flag": "INTEGER"}

PREDICTION_COLUMNS: dict[str, Kind] = {
    "as_of_us": "time",
    "status": "text",
    "segment": "text",
    "first_session_success": "real",
    "session_velocity": "real",
    "churn_risk_14d": "real",
    "churn_risk_30d": "real",
    "health_score": "real",
    "already_gone": "real",
    "inactive_14d": "real",
    "inactive_30d": "real",
    "confidence": "text",
    "from_cohort": "flag",
    "model_version": "text",
    "frozen": "flag",
    "stale": "flag",
    "session_velocity_low": "real",
    "session_velocity_high": "real",
}
"""What is kept of a prediction beside whose it is. `as_of_us` is NULL for an entity that was never scored; `frozen`
ones belong to entities that are no longer scored, `stale` ones were left standing when the model could not be reached."""

OUTCOME_COLUMNS = (
    "already_gone",
    "exit_14d",
    "exit_30d",
    "inactive_14d",
    "inactive_30d",
    "session_velocity",
    "first_session_success",
    "health",
)
"""What came true of a prediction of record, by the name of the label; NULL: not matured yet, or no label by the rules."""

_BOUNDS = ("session_velocity_low", "session_velocity_high")
_COLUMNS = ", ".join(
    f"{name} {SQL_TYPES[kind]}" for name, kind in PREDICTION_COLUMNS.items() if name not in _BOUNDS
)
_ENTITY = "entity_type TEXT NOT NULL, entity_id TEXT NOT NULL"

SHADOW_TABLES = (
    f"CREATE TABLE shadow_predictions ({_ENTITY}, {_COLUMNS}, PRIMARY KEY (entity_type, entity_id, as_of_us)) WITHOUT ROWID",
    "CREATE INDEX shadow_by_model ON shadow_predictions (entity_type, model_version, as_of_us)",
    f"""CREATE TABLE shadow_outcomes ({_ENTITY}, as_of_us INTEGER NOT NULL, {", ".join(f"{n} REAL" for n in OUTCOME_COLUMNS)},
        PRIMARY KEY (entity_type, entity_id, as_of_us)) WITHOUT ROWID""",
    """CREATE TABLE shadow_marks (entity_type TEXT NOT NULL, model_version TEXT NOT NULL, label TEXT NOT NULL,
        through_us INTEGER NOT NULL, PRIMARY KEY (entity_type, model_version, label)) WITHOUT ROWID""",
    """CREATE TABLE shadow_record (entity_type TEXT NOT NULL, model_version TEXT NOT NULL, month TEXT NOT NULL,
        output TEXT NOT NULL, judged_us INTEGER NOT NULL, closed INTEGER NOT NULL, figures TEXT NOT NULL,
        PRIMARY KEY (entity_type, model_version, month, output)) WITHOUT ROWID""",
)
"""What a model in shadow says, what came true of it, and its figures: as those of what serves, and apart from them."""

STEPS: tuple[tuple[str, ...], ...] = (
    (
        f"CREATE TABLE predictions ({_ENTITY}, {_COLUMNS}, PRIMARY KEY (entity_type, entity_id)) WITHOUT ROWID",
        f"CREATE TABLE predictions_of_record ({_ENTITY}, {_COLUMNS}, PRIMARY KEY (entity_type, entity_id, as_of_us)) WITHOUT ROWID",
        f"""CREATE TABLE recommendations (recommendation_id TEXT PRIMARY KEY, {_ENTITY}, rule TEXT NOT NULL,
            value REAL NOT NULL, action TEXT NOT NULL, opened_us INTEGER NOT NULL, facts TEXT NOT NULL,
            ended_us INTEGER, state TEXT NOT NULL DEFAULT 'open', decided_us INTEGER, decided_by TEXT, note TEXT)
            WITHOUT ROWID""",
        "CREATE INDEX recommendations_by_entity ON recommendations (entity_type, entity_id, opened_us)",
        """CREATE UNIQUE INDEX recommendations_running ON recommendations (entity_type, entity_id, rule)
            WHERE ended_us IS NULL""",
        f"""CREATE TABLE insights (alert_id TEXT PRIMARY KEY, {_ENTITY}, timestamp_us INTEGER NOT NULL,
            prediction_type TEXT NOT NULL, risk_score REAL NOT NULL, explanation TEXT NOT NULL,
            recommendations TEXT NOT NULL, model_used TEXT NOT NULL, confidence TEXT NOT NULL) WITHOUT ROWID""",
        "CREATE INDEX insights_by_entity ON insights (entity_type, entity_id, timestamp_us)",
        "CREATE INDEX insights_by_time ON insights (timestamp_us)",
        f"""CREATE TABLE insight_levels ({_ENTITY}, prediction_type TEXT NOT NULL, risk_score REAL NOT NULL,
            over INTEGER NOT NULL, PRIMARY KEY (prediction_type, entity_type, entity_id)) WITHOUT ROWID""",
        """CREATE TABLE runs (as_of_us INTEGER PRIMARY KEY, model_version TEXT NOT NULL, summary TEXT NOT NULL,
            status_counts TEXT NOT NULL, notes TEXT NOT NULL)""",
    ),
    (
        """CREATE TABLE populations (entity_type TEXT PRIMARY KEY, as_of_us INTEGER NOT NULL, content TEXT NOT NULL)
            WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE keys (key_id TEXT PRIMARY KEY, name TEXT NOT NULL, scopes TEXT NOT NULL, digest BLOB NOT NULL,
            created_us INTEGER NOT NULL, expires_us INTEGER, revoked_us INTEGER, last_used_us INTEGER) WITHOUT ROWID""",
    ),
    (
        f"""CREATE TABLE segment_moves (move INTEGER PRIMARY KEY AUTOINCREMENT, {_ENTITY}, moved_us INTEGER NOT NULL,
            left_segment TEXT, entered_segment TEXT, status TEXT NOT NULL)""",
        "CREATE INDEX segment_moves_by_time ON segment_moves (moved_us)",
        "CREATE INDEX segment_moves_by_entity ON segment_moves (entity_type, entity_id)",
        f"""CREATE TABLE entity_subjects ({_ENTITY}, subject TEXT NOT NULL,
            PRIMARY KEY (entity_type, subject, entity_id)) WITHOUT ROWID""",
        "CREATE TABLE insight_log (number INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL UNIQUE)",
        "INSERT INTO insight_log (alert_id) SELECT alert_id FROM insights ORDER BY timestamp_us, alert_id",
        """CREATE TRIGGER insight_written BEFORE INSERT ON insights BEGIN
            DELETE FROM insight_log WHERE alert_id = NEW.alert_id;
            INSERT INTO insight_log (alert_id) VALUES (NEW.alert_id);
        END""",
        """CREATE TRIGGER insight_erased AFTER DELETE ON insights BEGIN
            DELETE FROM insight_log WHERE alert_id = OLD.alert_id;
        END""",
    ),
    (
        """CREATE TABLE users (user_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, role TEXT NOT NULL,
            password_hash TEXT, issuer TEXT, subject TEXT, created_us INTEGER NOT NULL, disabled_us INTEGER, seen_us INTEGER)
            WITHOUT ROWID""",
        "CREATE UNIQUE INDEX users_by_subject ON users (issuer, subject) WHERE subject IS NOT NULL",
        """CREATE TABLE signins (digest BLOB PRIMARY KEY, signin_id TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL,
            created_us INTEGER NOT NULL, seen_us INTEGER NOT NULL, expires_us INTEGER NOT NULL) WITHOUT ROWID""",
        """CREATE TABLE user_links (digest BLOB PRIMARY KEY, user_id TEXT NOT NULL, purpose TEXT NOT NULL,
            expires_us INTEGER NOT NULL) WITHOUT ROWID""",
        """CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, actor_kind TEXT NOT NULL,
            actor TEXT NOT NULL, actor_id TEXT NOT NULL, action TEXT NOT NULL, target_kind TEXT NOT NULL,
            target_id TEXT NOT NULL, outcome TEXT NOT NULL)""",
        "CREATE INDEX audit_by_target ON audit (target_kind, target_id)",
    ),
    (
        "CREATE INDEX record_by_model ON predictions_of_record (entity_type, model_version, as_of_us)",
        f"""CREATE TABLE outcomes ({_ENTITY}, as_of_us INTEGER NOT NULL, {", ".join(f"{n} REAL" for n in OUTCOME_COLUMNS)},
            PRIMARY KEY (entity_type, entity_id, as_of_us)) WITHOUT ROWID""",
        """CREATE TABLE outcome_marks (entity_type TEXT NOT NULL, model_version TEXT NOT NULL, label TEXT NOT NULL,
            through_us INTEGER NOT NULL, PRIMARY KEY (entity_type, model_version, label)) WITHOUT ROWID""",
        """CREATE TABLE model_terms (entity_type TEXT NOT NULL, model_version TEXT NOT NULL, exit_gap_days INTEGER,
            churn_label TEXT NOT NULL, PRIMARY KEY (entity_type, model_version)) WITHOUT ROWID""",
        """CREATE TABLE track_record (entity_type TEXT NOT NULL, model_version TEXT NOT NULL, month TEXT NOT NULL,
            output TEXT NOT NULL, judged_us INTEGER NOT NULL, closed INTEGER NOT NULL, figures TEXT NOT NULL,
            PRIMARY KEY (entity_type, model_version, month, output)) WITHOUT ROWID""",
    ),
    ALERT_TABLES,
    WORKLIST_TABLES,
    (
        """CREATE TABLE saved_views (view_id TEXT PRIMARY KEY, page TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL,
            saved_by TEXT NOT NULL, saved_us INTEGER NOT NULL, UNIQUE (page, name)) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE model_log (number INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, action TEXT NOT NULL,
            version TEXT, previous TEXT, actor TEXT NOT NULL, reason TEXT NOT NULL)""",
        "CREATE TABLE drift (entity_type TEXT PRIMARY KEY, judged_us INTEGER NOT NULL, content TEXT NOT NULL) WITHOUT ROWID",
    ),
    SHADOW_TABLES,
    tuple(
        f"ALTER TABLE {table} ADD COLUMN {bound} REAL"
        for table in ("predictions", "predictions_of_record", "shadow_predictions")
        for bound in _BOUNDS
    ),
)
"""Step k brings a file of version k to k + 1; a released step is never changed.

`insight_log` numbers insights in the order of writing and gives no number twice: whoever follows them keeps one number."""

ENTITY_TABLES = (
    "predictions",
    "predictions_of_record",
    "outcomes",
    "shadow_predictions",
    "shadow_outcomes",
    "recommendations",
    "insights",
    "insight_levels",
    "segment_moves",
    "entity_subjects",
    *ALERT_ENTITY_TABLES,
    *WORKLIST_ENTITY_TABLES,
)
"""The tables that speak of an entity; erasing one reaches them all."""
