"""A chunk of an imported file: each row becomes a message by the mapping in the process file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from closeloop.inbox.dates import Order, moment_in_order
from closeloop.inbox.fields import Named, fields_of, reported, strong_keys
from closeloop.inbox.flags import flags_of
from closeloop.inbox.keys import message_id
from closeloop.inbox.nouns import Act, Key, Message, Receipt, Reported, SetAside
from closeloop.inbox.skew import SKEWED
from closeloop.ports import Value
from closeloop.process.nouns import Process
from closeloop.process.sources import FileMapping, SourceDecl
from closeloop.tables.nouns import Blank, Cells, Layout, Part, Refused, Row
from closeloop.tables.text import csv_rows, json_rows
from closeloop.words.errors import BadInput

DUPLICATE = "duplicate"
"""The flag of a row that says exactly what an earlier row of its file says; the import knows, and tells by a header."""

_MICROSECOND = timedelta(microseconds=1)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:T|\Z)")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?")


def read_rows(receipt: Receipt, process: Process, source: SourceDecl) -> list[Message | SetAside]:
    """Every row of the chunk, in order; `position` is the line in the file.

    Raises:
        BadInput: the process has no mapping for files of this source.
    """
    return [
        _set_aside(read, receipt) if isinstance(read, Refused) else read for read in each_row(receipt, process, source)
    ]


def each_row(receipt: Receipt, process: Process, source: SourceDecl) -> Iterator[Message | Refused]:
    """The same, with what was refused as it stands in the file."""
    mapping = source.file
    if mapping is None:
        raise BadInput(f"{process.signed} says nothing of files from {source.name!r}: it needs `kind: file`")
    fields = fields_of(process).of(source.name)
    copies = frozenset(receipt.headers.get("copies", "").split())
    for row in parts(receipt, mapping):
        if not isinstance(row, Blank):
            read = row if isinstance(row, Refused) else _message(row, receipt, source.name, mapping, fields)
            if isinstance(read, Message) and str(read.position) in copies:
                read = replace(read, flags=(*read.flags, DUPLICATE))
            yield read


def parts(receipt: Receipt, mapping: FileMapping | None) -> Iterator[Part]:
    """The rows as the import saw them: how the text falls into cells stands in the receipt's headers."""
    headers = receipt.headers
    lines = io.StringIO(receipt.body.decode("utf-8", "surrogateescape"), newline="")
    first_line = int(headers["first_line"])
    if headers.get("format") == "jsonl":
        return json_rows(lines, first_line=first_line)
    columns = msgspec.json.decode(headers.get("columns", "[]"), type=tuple[str, ...])
    layout = Layout(
        headers.get("delimiter", (mapping and mapping.delimiter) or ","), columns,
        int(headers.get("required", len(columns))), wrapped="wrapped" in headers, spaced="spaced" in headers,
    )  # fmt: skip
    return csv_rows(lines, layout, first_line=first_line)


class _Column(BadInput):
    """A value in this column cannot be used."""

    def __init__(self, column: str, why: str) -> None:
        self.column = column
        super().__init__(why)


def _message(
    row: Row, receipt: Receipt, source: str, mapping: FileMapping, fields: Sequence[Named]
) -> Message | Refused:
    try:
        values = list(_values(row.cells, receipt, mapping, fields))
        key = _key(row, receipt, mapping)
        occurred_at, late = _occurred_at(row, receipt, mapping)
        visitor = _said(row.cells, mapping.visitor) if mapping.visitor else None
        keys = strong_keys(values)
        if not keys and mapping.person_per_row:
            keys = (Key(f"{source}.row", key),)
        flags = (*flags_of(row.cells, mapping, receipt.received_at), *late)
        return Message(
            message_id(source, key), source, receipt.id, row.line, "row", occurred_at, receipt.received_at,
            keys=keys, visitor=f"{source}/{visitor}" if visitor else None,
            values=_reported(values, row.cells, source, mapping), act=_act(row.cells, mapping), flags=flags,
        )  # fmt: skip
    except _Column as error:
        return Refused(row.line, row.text, error.column, str(error))
    except BadInput as error:
        return Refused(row.line, row.text, "", str(error))


def _values(
    cells: Cells, receipt: Receipt, mapping: FileMapping, fields: Sequence[Named]
) -> Iterator[tuple[Named, Value]]:
    for named in fields:
        column = mapping.values.get(".".join(filter(None, (named.object, named.name))))
        if column is not None and column in cells:
            yield named, _dated(column, _scalar(cells, column), named.form, receipt, mapping)


def _reported(
    values: Sequence[tuple[Named, Value]], cells: Cells, source: str, mapping: FileMapping
) -> tuple[Reported, ...]:
    """What fields are made of, and what belongs to none but is heard all the same, as an outcome is."""
    said = {named.path for named, _ in values}
    paths = {f"{source}.{name}": column for name, column in mapping.values.items() if column in cells}
    heard = (Reported("person", path, _scalar(cells, column)) for path, column in paths.items() if path not in said)
    return (*reported(values), *heard)


def _dated(column: str, value: Value, form: str, receipt: Receipt, mapping: FileMapping) -> Value:
    if form not in ("date", "moment") or not isinstance(value, str) or not value.strip():
        return value
    zone = "UTC" if form == "date" else mapping.zone
    at = _in_column(column, lambda: moment_in_order(value, _order(value, receipt, mapping), zone))
    return at.date().isoformat() if form == "date" else at.isoformat()


def _key(row: Row, receipt: Receipt, mapping: FileMapping) -> str:
    if not mapping.key:
        return f"{receipt.headers['digest'][:32]}:{row.line}"
    parts = [_said(row.cells, column) for column in mapping.key]
    for column, part in zip(mapping.key, parts, strict=True):
        if part is None:
            raise _Column(column, "is blank, and it is part of the key of the row")
    return "|".join(str(part).replace("|", "\\|") for part in parts)


def _occurred_at(row: Row, receipt: Receipt, mapping: FileMapping) -> tuple[datetime, tuple[str, ...]]:
    if mapping.time is None:
        # In line order: what a file without times can still say.
        return receipt.received_at + row.line * _MICROSECOND, ()
    said = _said(row.cells, mapping.time)
    if said is None:
        raise _Column(mapping.time, "is blank; every row needs its time, or the source no `time`")
    at = _in_column(mapping.time, lambda: moment_in_order(said, _order(said, receipt, mapping), mapping.zone))
    return (at, ()) if at <= receipt.received_at else (receipt.received_at, (SKEWED,))


def _order(said: str, receipt: Receipt, mapping: FileMapping) -> Order:
    # A sheet's own days are written in ISO 8601; a text beside them is read as the process says.
    return "iso" if "typed" in receipt.headers and _ISO_DAY.match(said.strip()) else mapping.time_order


def _act(cells: Cells, mapping: FileMapping) -> Act | None:
    named = _said(cells, mapping.touch_column) if mapping.touch_column else None
    kind = (mapping.touch_names.get(named) or mapping.touch or f"track:{named}") if named else mapping.touch
    if kind is None:
        return None
    props = {name: value for name, column in mapping.props.items() if (value := _prop(cells, column)) is not None}
    return Act(kind, props)


def _prop(cells: Cells, column: str) -> Value:
    """A number where the text is one as a number is written, so that it adds up and compares; 0171 stays text."""
    value = _scalar(cells, column)
    if isinstance(value, str):
        value = value.strip()
        if _NUMBER.fullmatch(value):
            return float(value) if "." in value else int(value)
    return None if value == "" else value


def _said(cells: Cells, column: str) -> str | None:
    value = _scalar(cells, column)
    return None if value is None else str(value).strip() or None


def _scalar(cells: Cells, column: str) -> Value:
    value = cells.get(column)
    if value is None or isinstance(value, str | int | float):
        if isinstance(value, str) and "\x00" in value:
            raise _Column(column, "has a NUL character, which no text may have")
        return value
    raise _Column(column, "is an object or a list; valid is text, a number, true, false or null")


def _in_column(column: str, read: Callable[[], datetime]) -> datetime:
    try:
        return read()
    except (BadInput, OverflowError) as error:
        raise _Column(column, str(error)) from None


def _set_aside(refused: Refused, receipt: Receipt) -> SetAside:
    key = message_id(receipt.source, f"{receipt.headers['digest'][:32]}:{refused.line}:refused")
    return SetAside(key, receipt.source, receipt.id, refused.line, receipt.received_at, str(refused))
