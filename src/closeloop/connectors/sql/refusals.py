"""What a database says when it refuses, in plain words: worth another try, or not before somebody changes something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from closeloop.words.errors import Barred, EndError, Permanent, Transient

_FOR_GOOD = {  # a part of what drivers say → what to do; these come as errors of operation, yet no retry mends them
    "password authentication failed": "give the right user and password in `url`",
    "access denied": "give the right user and password in `url`, or grant that user its rights",
    "no such table": "name a table that is there in the declaration, under `from`",
    "no such column": "name a column that is there in the declaration",
    "unable to open database file": "give the path of a file in a folder that is there",
    "readonly database": "let the hub's user write to the file",
    "file is not a database": "give the path of a SQLite file",
    "permission denied": "grant the user of `url` this right on the table",
    "must be owner": "grant the user of `url` this right on the table",
}
_SHUT_OUT = ("password authentication failed",)


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Errors of the database leave as `Transient` or `Permanent`."""
    try:
        yield
    except SQLAlchemyError as error:
        raise as_end(error) from error


def as_end(error: SQLAlchemyError) -> EndError:
    """The error as one of ours."""
    text = said(error)
    lowered = text.lower()
    for part, remedy in _FOR_GOOD.items():
        if part in lowered:
            kind = Barred if part in _SHUT_OUT else Permanent
            return kind(f"the database refuses: {text}; {remedy}")
    if "database" in lowered and "does not exist" in lowered and "column" not in lowered and "relation" not in lowered:
        return Permanent(f"the database refuses: {text}; give the name of one that is there in `url`")
    if is_passing(error):
        return Transient(f"the database cannot be asked now: {text}")
    return Permanent(f"the database refuses: {text}")


def is_passing(error: SQLAlchemyError) -> bool:
    """Whether the same may go well a little later: connection lost, locked, overrun."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout)


def said(error: SQLAlchemyError) -> str:
    """The first line of what the driver said, without the statement and its values."""
    told = str(error.orig) if isinstance(error, DBAPIError) and error.orig is not None else str(error)
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    detail = next((line for line in lines[1:] if line.startswith("DETAIL:")), "")
    return " ".join(part for part in (lines[0] if lines else type(error).__name__, detail) if part)
