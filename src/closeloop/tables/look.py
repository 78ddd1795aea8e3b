"""What a file is: format, encoding, delimiter and header, each by the content and with its reason."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from importlib import import_module
from itertools import islice
from pathlib import Path

from closeloop.tables.dialect import dialect_of
from closeloop.tables.encoding import Measured, blocks_decoded, encoding_of, measure
from closeloop.tables.header import header_of
from closeloop.tables.kind import kind_of, refuse_markup
from closeloop.tables.nouns import Choice, Layout, Look, Part, Row
from closeloop.tables.sheets import sheet_of, sheet_rows
from closeloop.tables.text import json_rows
from closeloop.words.errors import BadInput
from closeloop.words.text import fold

_SAMPLE = 1 << 18
_HEAD_ROWS = 500


def look(
    path: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header: int | None = None,
    expect: Collection[str] = (),
) -> Look:
    """Find out what a file is; it is read once from end to end for its digest and encoding.

    Args:
        path: of the file; its name says nothing but which of two readings of a broken first line is meant.
        encoding: instead of what would be found; so do `delimiter`, one character, and `sheet`, a name.
        header: line of the header (row of a sheet); 0 when there is none.
        expect: columns that it should have, as a help to find delimiter and header.

    Raises:
        BadInput: not there, empty, no table, or not in the encoding that was said.
    """
    measured = measure(path)
    if not measured.n_bytes:
        raise BadInput(f"{path}: is empty: it has no header and no rows; check how it was exported")
    kind = kind_of(path, measured.head)
    _refuse_what_cannot_apply(path, kind, encoding, delimiter, sheet)
    if kind == "text":
        return _text(path, measured, encoding, delimiter, header, _knows(expect))
    found = Look(path, kind, measured.digest, measured.n_bytes, (), (Choice("format", kind, "by its first octets"),))
    if kind == "parquet":
        parquet = import_module("closeloop.tables.parquet")  # only now: it takes long, and most files are text
        return replace(found, columns=parquet.parquet_columns(path))
    return _sheet(found, sheet, header, _knows(expect))


def same_heading(name: str) -> str:
    """The form in which two names of a column are one: without case, blanks, underscores, dashes and dots."""
    return re.sub(r"[\s_.\-]+", "", fold(name))


def _text(
    path: Path,
    measured: Measured,
    encoding: str | None,
    delimiter: str | None,
    header: int | None,
    knows: Callable[[Collection[str]], int],
) -> Look:
    codec, tolerant, choice = encoding_of(path, measured, encoding)
    sample = _sample(path, codec, tolerant=tolerant)
    if not sample.strip("\ufeff\r\n\t "):
        raise BadInput(f"{path}: has no header and no rows, only blanks; check how it was exported")
    refuse_markup(path, sample)
    if _is_json(path, sample):
        columns = _json_columns(sample)
        form = Choice("format", "jsonl", "each line is a JSON object")
        return Look(path, "jsonl", measured.digest, measured.n_bytes, columns, (form, choice), codec, tolerant)
    dialect = dialect_of(sample, delimiter, knows)
    head = header_of(dialect.records, header, knows)
    layout = Layout(dialect.delimiter, head.columns, head.required, dialect.wrapped, dialect.spaced)
    line = dialect.records[head.index][0] if head.index is not None else 0
    if line in dialect.broken or len(dialect.broken) == len(dialect.records):
        where = f"{path}:{line or 1}"
        raise BadInput(f"{where}: the header cannot be read: a quote is not closed; close it, or double it inside")
    choices = (Choice("format", "csv", "lines of text"), choice, *dialect.choices, *head.choices)
    return Look(
        path, "csv", measured.digest, measured.n_bytes, head.columns, choices, codec, tolerant, layout,
        header_line=line, first_line=line + 1,
    )  # fmt: skip


def _sheet(found: Look, said: str | None, header: int | None, knows: Callable[[Collection[str]], int]) -> Look:
    name, names, choice = sheet_of(found.path, said)
    first = [row for row in islice(sheet_rows(found.path, name), _HEAD_ROWS) if any(row[1])]
    if not first:
        raise BadInput(f"{found.path}: the first {_HEAD_ROWS} rows of sheet {name!r} are empty; it has no header")
    head = header_of(first, header, knows)
    line = first[head.index][0] if head.index is not None else 0
    return replace(
        found, columns=head.columns, sheet=name, sheets=names, choices=(*found.choices, choice, *head.choices),
        header_line=line, first_line=line + 1,
    )  # fmt: skip


def _sample(path: Path, codec: str, *, tolerant: bool) -> str:
    """The beginning, in whole lines where it is longer."""
    if tolerant:
        with path.open(encoding=codec, errors="surrogateescape", newline="") as file:
            text = file.read(_SAMPLE)
    else:
        text = next(iter(blocks_decoded(path, codec)))[:_SAMPLE]
    if len(text) == _SAMPLE:
        cut = max(text.rfind("\n"), text.rfind("\r")) + 1
        text = text[: cut or _SAMPLE]
    return text


def _is_json(path: Path, sample: str) -> bool:
    start = sample.lstrip("\ufeff\r\n\t ")
    if not start.startswith(("{", "[")):
        return False
    if any(isinstance(part, Row) for part in _first_json(sample)):
        return True
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return True
    if re.match(r'[\[{]\s*[{"]', start) and re.search(r'"\s*:', start):
        raise BadInput(f"{path}: is one JSON document; valid is one object a line (JSON lines)")
    return False


def _json_columns(sample: str) -> tuple[str, ...]:
    columns: dict[str, None] = {}
    for part in _first_json(sample):
        if isinstance(part, Row):
            columns.update(dict.fromkeys(part.cells))
    return tuple(columns)


def _first_json(sample: str) -> Iterator[Part]:
    return islice(json_rows(io.StringIO(sample.lstrip("\ufeff"), newline="")), _HEAD_ROWS)


def _knows(expect: Collection[str]) -> Callable[[Collection[str]], int]:
    wanted = {same_heading(name) for name in expect}
    return lambda cells: len(wanted & {same_heading(cell) for cell in cells}) if wanted else 0


def _refuse_what_cannot_apply(
    path: Path, kind: str, encoding: str | None, delimiter: str | None, sheet: str | None
) -> None:
    if kind == "text" and sheet is not None:
        raise BadInput(f"{path}: is text and has no sheets; leave out --sheet")
    if delimiter is not None and len(delimiter) != 1:
        raise BadInput(f"{path}: the delimiter {delimiter!r} is not one character; valid are such as , ; | or a tab")
