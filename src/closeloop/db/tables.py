"""Four column types that mean the same on SQLite (`STRICT`) and PostgreSQL, and the shared metadata.

Moments are int64 microseconds in UTC, truth is 0 or 1, structured values are JSON in TEXT.
"""

from __future__ import annotations

from sqlalchemy import REAL as SQLITE_REAL
from sqlalchemy import BigInteger, Double, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.sql.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""By code point on both databases, so that a rule compares the same everywhere."""
INT = BigInteger().with_variant(Integer(), "sqlite")
REAL: Double[float] = Double().with_variant(SQLITE_REAL(), "sqlite")
BLOB = LargeBinary()


def table(name: str, *columns: SchemaItem, rowid: bool = True) -> Table:
    """Declare a table of one room. `rowid=False` where the primary key is short and the row is small."""
    return Table(name, metadata, *columns, sqlite_strict=True, sqlite_with_rowid=rowid)
