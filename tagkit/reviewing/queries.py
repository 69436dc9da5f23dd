"""The tables of a review's file, and the longer questions put to them."""

TABLES = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE product (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content TEXT NOT NULL)",
    "CREATE TABLE suggestion (position INTEGER PRIMARY KEY, tags TEXT NOT NULL)",
    "CREATE TABLE queue (rank INTEGER PRIMARY KEY, position INTEGER NOT NULL UNIQUE)",
    """CREATE TABLE decision (number INTEGER PRIMARY KEY AUTOINCREMENT, position INTEGER NOT NULL, kind TEXT NOT NULL,
        tag TEXT, new TEXT, reviewer TEXT NOT NULL, at TEXT NOT NULL, step INTEGER NOT NULL,
        undone INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX decision_of_product ON decision (position, reviewer, number)",
    "CREATE INDEX decision_of_reviewer ON decision (reviewer, undone, number)",
    "CREATE INDEX decision_of_step ON decision (step)",
    """CREATE TABLE state (position INTEGER, reviewer TEXT, state TEXT NOT NULL, PRIMARY KEY (position, reviewer))
        WITHOUT ROWID""",
    "CREATE TABLE claim (reviewer TEXT PRIMARY KEY, position INTEGER NOT NULL, at REAL NOT NULL)",
)
"""A row of `decision` never changes but for `undone`; `state` repeats the last state of each product and reviewer."""

NEXT = """
    SELECT position FROM queue WHERE rank > :after
    AND NOT EXISTS (SELECT 1 FROM state
        WHERE state.position = queue.position AND reviewer = :me AND state != 'open')
    AND :overlap > (SELECT COUNT(*) FROM state
        WHERE state.position = queue.position AND reviewer != :me AND state IN ('done', 'flag'))
        + (SELECT COUNT(*) FROM claim
        WHERE claim.position = queue.position AND reviewer != :me AND at > :since
        AND NOT EXISTS (SELECT 1 FROM state
            WHERE state.position = claim.position AND state.reviewer = claim.reviewer AND state IN ('done', 'flag')))
    ORDER BY rank LIMIT 1"""
"""The first product behind a rank that a reviewer did not finish, and that needs them beside the others."""

LEFT = """
    SELECT COUNT(*) FROM product
    WHERE NOT EXISTS (SELECT 1 FROM state
        WHERE state.position = product.position AND reviewer = :me AND state != 'open')
    AND :overlap > (SELECT COUNT(*) FROM state
        WHERE state.position = product.position AND reviewer != :me AND state IN ('done', 'flag'))"""

INSERT = "INSERT INTO decision (position, kind, tag, new, reviewer, at, step) VALUES (?, ?, ?, ?, ?, ?, ?)"
LAST_STEP = """
    SELECT position, kind, tag, new, reviewer, at, step FROM decision
    WHERE step = (SELECT step FROM decision WHERE reviewer = :me AND NOT undone ORDER BY number DESC LIMIT 1)
    AND reviewer = :me AND NOT undone ORDER BY number"""
UNDO = "UPDATE decision SET undone = 1 WHERE step = ? AND reviewer = ?"
LAST_STATE = """
    SELECT kind FROM decision WHERE position = ? AND reviewer = ? AND NOT undone
    AND kind IN ('open', 'done', 'skip', 'flag') ORDER BY number DESC LIMIT 1"""
OF_PRODUCT = """
    SELECT position, kind, tag, new, reviewer, at, step FROM decision
    WHERE position = ? AND reviewer = ? AND NOT undone ORDER BY number"""
ALL = """
    SELECT position, kind, tag, new, reviewer, at, step FROM decision
    WHERE NOT undone AND (:who IS NULL OR reviewer = :who) ORDER BY position, reviewer, number"""
COUNTS = """
    SELECT reviewer, state, COUNT(*) FROM state WHERE state != 'open' GROUP BY reviewer, state
    UNION ALL SELECT reviewer, 'decisions', COUNT(*) FROM decision
    WHERE NOT undone AND kind IN ('accept', 'reject', 'edit', 'add') GROUP BY reviewer"""
