"""The tables of alerts and of their delivery."""

_ENTITY = "entity_type TEXT NOT NULL, entity_id TEXT NOT NULL"

ALERT_TABLES: tuple[str, ...] = (
    f"""CREATE TABLE alerts (alert_id TEXT PRIMARY KEY, {_ENTITY}, rule TEXT NOT NULL, team TEXT NOT NULL,
        title TEXT NOT NULL, severity TEXT NOT NULL, state TEXT NOT NULL, value REAL, why TEXT NOT NULL,
        actions TEXT NOT NULL, since_us INTEGER NOT NULL, opened_us INTEGER NOT NULL, changed_us INTEGER NOT NULL,
        peak TEXT NOT NULL, told_us INTEGER NOT NULL, escalations INTEGER NOT NULL, escalate_us INTEGER,
        acknowledged_us INTEGER, acknowledged_by TEXT, snoozed_until_us INTEGER, resolved_us INTEGER,
        resolved_by TEXT, resolution TEXT, verdict TEXT, verdict_us INTEGER, verdict_by TEXT, verdict_reason TEXT)
        WITHOUT ROWID""",
    """CREATE UNIQUE INDEX alerts_live ON alerts (entity_type, entity_id, rule) WHERE state <> 'resolved'""",
    "CREATE INDEX alerts_by_entity ON alerts (entity_type, entity_id, rule, resolved_us)",
    "CREATE INDEX alerts_by_time ON alerts (opened_us, alert_id)",
    """CREATE INDEX alerts_to_tick ON alerts (COALESCE(snoozed_until_us, escalate_us))
        WHERE snoozed_until_us IS NOT NULL OR escalate_us IS NOT NULL""",
    f"""CREATE TABLE alert_changes (number INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL, {_ENTITY},
        at_us INTEGER NOT NULL, change TEXT NOT NULL, severity TEXT NOT NULL, done_by TEXT, note TEXT)""",
    "CREATE INDEX alert_changes_by_alert ON alert_changes (alert_id, number)",
    "CREATE INDEX alert_changes_by_entity ON alert_changes (entity_type, entity_id)",
    f"""CREATE TABLE notices (number INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL, {_ENTITY},
        kind TEXT NOT NULL, rule TEXT NOT NULL, team TEXT NOT NULL, severity TEXT NOT NULL, at_us INTEGER NOT NULL,
        content TEXT NOT NULL)""",
    "CREATE INDEX notices_by_entity ON notices (entity_type, entity_id)",
    """CREATE TABLE silences (silence_id TEXT PRIMARY KEY, from_us INTEGER NOT NULL, until_us INTEGER NOT NULL,
        rule TEXT, entity_type TEXT, entity_id TEXT, reason TEXT NOT NULL, made_by TEXT NOT NULL, made_us INTEGER NOT NULL)
        WITHOUT ROWID""",
    """CREATE TABLE delivery_marks (receiver TEXT NOT NULL, source TEXT NOT NULL, number INTEGER NOT NULL,
        PRIMARY KEY (receiver, source)) WITHOUT ROWID""",
    """CREATE TABLE outbox (receiver TEXT NOT NULL, source TEXT NOT NULL, number INTEGER NOT NULL,
        at_us INTEGER NOT NULL, message_key TEXT, withheld TEXT, PRIMARY KEY (receiver, source, number)) WITHOUT ROWID""",
    "CREATE INDEX outbox_waiting ON outbox (receiver, number) WHERE message_key IS NULL AND withheld IS NULL",
    "CREATE INDEX outbox_by_message ON outbox (message_key) WHERE message_key IS NOT NULL",
    """CREATE TABLE messages (message_key TEXT PRIMARY KEY, receiver TEXT NOT NULL, form TEXT NOT NULL,
        made_us INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, next_us INTEGER NOT NULL,
        claimed_by TEXT, claimed_until_us INTEGER NOT NULL, ended_us INTEGER, error TEXT) WITHOUT ROWID""",
    "CREATE INDEX messages_waiting ON messages (receiver, made_us) WHERE state = 'waiting'",
    "CREATE INDEX messages_by_time ON messages (receiver, made_us)",
)
"""One step of the schema. `notices` is what alerts have to say and `segment_moves` who moved, each numbered and written
with what it tells of; `outbox` holds for each receiver what it has yet to be told, `messages` what is sent of that."""

ALERT_ENTITY_TABLES = ("alerts", "alert_changes", "notices", "silences")
"""The tables of these that speak of an entity. `outbox` holds numbers, and messages are written when they are sent."""
