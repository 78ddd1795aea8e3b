"""The database: engine, transactions, sets, migrations. Knows no room; rooms declare their tables on `metadata`."""

from closeloop.db.alone import alone
from closeloop.db.engine import Database, is_away
from closeloop.db.sets import Conflict, Row, among, put
from closeloop.db.tables import BLOB, INT, REAL, TEXT, metadata, table

__all__ = [
    "BLOB",
    "INT",
    "REAL",
    "TEXT",
    "Conflict",
    "Database",
    "Row",
    "alone",
    "among",
    "is_away",
    "metadata",
    "put",
    "table",
]
