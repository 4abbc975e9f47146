"""The tables of the work list: what operators do, know and find out."""

_ENTITY = "entity_type TEXT NOT NULL, entity_id TEXT NOT NULL"

WORKLIST_TABLES = (
    "ALTER TABLE recommendations ADD COLUMN due_us INTEGER",
    "ALTER TABLE recommendations ADD COLUMN owner TEXT",
    "ALTER TABLE recommendations ADD COLUMN snoozed_us INTEGER",
    "ALTER TABLE recommendations ADD COLUMN held_us INTEGER",
    "ALTER TABLE recommendations ADD COLUMN outcome TEXT",
    f"""CREATE TABLE actions (number INTEGER PRIMARY KEY AUTOINCREMENT, {_ENTITY}, at_us INTEGER NOT NULL,
        done_by TEXT NOT NULL, action TEXT NOT NULL, about TEXT, note TEXT, detail TEXT)""",
    "CREATE INDEX actions_by_entity ON actions (entity_type, entity_id, number)",
    "CREATE INDEX actions_by_about ON actions (about, number)",
    f"""CREATE TABLE holdouts (rule TEXT NOT NULL, salt TEXT NOT NULL, {_ENTITY}, enrolled_us INTEGER NOT NULL,
        arm TEXT NOT NULL, share REAL NOT NULL, churn_risk_14d REAL, health_score REAL, session_velocity REAL,
        PRIMARY KEY (rule, salt, entity_type, entity_id)) WITHOUT ROWID""",
    "CREATE INDEX holdouts_by_entity ON holdouts (entity_type, entity_id)",
    "CREATE INDEX holdouts_by_time ON holdouts (entity_type, enrolled_us)",
    f"""CREATE TABLE overrides (override_id TEXT PRIMARY KEY, {_ENTITY}, segment TEXT NOT NULL, owner TEXT NOT NULL,
        reason TEXT NOT NULL, set_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, ended_us INTEGER, ended_by TEXT)
        WITHOUT ROWID""",
    "CREATE INDEX overrides_by_entity ON overrides (entity_type, entity_id, set_us)",
    f"""CREATE TABLE entity_states (state_id TEXT PRIMARY KEY, {_ENTITY}, state TEXT NOT NULL, set_by TEXT NOT NULL,
        note TEXT, since_us INTEGER NOT NULL, until_us INTEGER, ended_us INTEGER, ended_by TEXT) WITHOUT ROWID""",
    "CREATE INDEX entity_states_by_entity ON entity_states (entity_type, entity_id, since_us)",
    f"""CREATE TABLE feedback (feedback_id TEXT PRIMARY KEY, {_ENTITY}, about TEXT NOT NULL, verdict TEXT NOT NULL,
        reason TEXT, given_by TEXT NOT NULL, given_us INTEGER NOT NULL, segment TEXT, predicted REAL, as_of_us INTEGER,
        model_version TEXT) WITHOUT ROWID""",
    "CREATE INDEX feedback_by_entity ON feedback (entity_type, entity_id, given_us)",
    f"""CREATE TABLE reviews (review_id TEXT PRIMARY KEY, {_ENTITY}, asked_us INTEGER NOT NULL, asked_by TEXT NOT NULL,
        reason TEXT NOT NULL, answered_us INTEGER, answered_by TEXT, outcome TEXT, answer TEXT) WITHOUT ROWID""",
    "CREATE INDEX reviews_by_entity ON reviews (entity_type, entity_id, asked_us)",
    f"""CREATE TABLE stakes ({_ENTITY}, worth REAL NOT NULL, unit TEXT NOT NULL,
        PRIMARY KEY (entity_type, entity_id)) WITHOUT ROWID""",
    """CREATE TABLE effects (rule TEXT PRIMARY KEY, measured_us INTEGER NOT NULL, helped REAL, uplift TEXT,
        content TEXT NOT NULL) WITHOUT ROWID""",
)

WORKLIST_ENTITY_TABLES = (
    "actions",
    "holdouts",
    "overrides",
    "entity_states",
    "feedback",
    "reviews",
    "stakes",
)
"""Those that speak of an entity."""
