"""The tables, as the list of steps that made them; a step is never changed once released."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE controller (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            id TEXT NOT NULL
        ) STRICT""",
        # The highest epoch this controller ever drew for a group: noted before it is sent.
        """CREATE TABLE epoch (
            group_name TEXT PRIMARY KEY,
            epoch INTEGER NOT NULL
        ) STRICT""",
        """CREATE TABLE run (
            id TEXT PRIMARY KEY,
            group_name TEXT NOT NULL,
            playbook TEXT NOT NULL,
            state TEXT NOT NULL,
            started_at TEXT NOT NULL,
            ended_at TEXT,
            charter TEXT NOT NULL,
            message TEXT NOT NULL DEFAULT ''
        ) STRICT""",
        "CREATE INDEX run_by_group ON run (group_name, started_at)",
        """CREATE TABLE step (
            run TEXT NOT NULL REFERENCES run (id),
            id TEXT NOT NULL,
            title TEXT NOT NULL,
            server TEXT,
            intended_at TEXT NOT NULL,
            finished_at TEXT,
            status TEXT,
            outcome TEXT,
            PRIMARY KEY (run, id)
        ) STRICT""",
        """CREATE TABLE event (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            group_name TEXT NOT NULL,
            kind TEXT NOT NULL,
            severity TEXT NOT NULL,
            server TEXT,
            source TEXT NOT NULL,
            run TEXT,
            text TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX event_by_group ON event (group_name, number)",
    ),
    (
        # The vote, the goal and the history of a group; times are of the clock at `monotonic`.
        """CREATE TABLE group_state (
            group_name TEXT PRIMARY KEY,
            monotonic REAL NOT NULL,
            at TEXT NOT NULL,
            document TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE pairing (
            group_name TEXT PRIMARY KEY,
            document TEXT NOT NULL
        ) STRICT""",
    ),
    (
        # What was foretold, so that a run can say what has changed since.
        """CREATE TABLE plan (
            digest TEXT PRIMARY KEY,
            group_name TEXT NOT NULL,
            at TEXT NOT NULL,
            steps TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX plan_by_group ON plan (group_name, at)",
    ),
    (
        # How the copies of replicated data were last seen, and when they were last in sync.
        """CREATE TABLE copies (
            group_name TEXT NOT NULL,
            resource TEXT NOT NULL,
            condition TEXT NOT NULL,
            since TEXT NOT NULL,
            in_sync_at TEXT,
            in_sync_epoch INTEGER,
            PRIMARY KEY (group_name, resource)
        ) STRICT""",
    ),
)
