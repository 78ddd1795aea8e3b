"""A file as receipts: looked at as a whole first, its columns found in the mapping, then cut into chunks of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec

from closeloop.inbox.nouns import Receipt
from closeloop.process.nouns import Process
from closeloop.process.sources import FileMapping, SourceDecl
from closeloop.tables.look import look, same_heading
from closeloop.tables.nouns import Choice, Look, Part
from closeloop.tables.rows import rows
from closeloop.words import ids
from closeloop.words.errors import BadInput

ROWS = 500
"""Rows of one receipt: what is read, decided and, if it fails, split again at once."""


class Chunk(NamedTuple):
    """Some rows of a file, and the receipt that keeps them verbatim."""

    receipt: Receipt
    rows: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a file, instead of what the process says or the file shows."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


NOTHING_SAID = Said()


def inspect(path: Path, mapping: FileMapping, said: Said = NOTHING_SAID) -> Look:
    """Read the whole file once: what it is, its digest, and its columns under the names of the mapping.

    A name that differs from the mapping's in case, blanks, underscores, dashes or dots only is taken for it, and that
    is among the choices.

    Raises:
        BadInput: no table, not in the declared encoding, or its header lacks a column that the mapping names, or has
            one twice.
    """
    wanted = tuple(dict.fromkeys(_named_columns(mapping)))
    found = look(
        path, encoding=said.encoding or mapping.encoding, delimiter=said.delimiter or mapping.delimiter,
        sheet=said.sheet, expect=wanted,
    )  # fmt: skip
    if found.kind == "jsonl":
        return found  # a key that no row has says nothing, as in any JSON
    columns, notes = _under_names_of(mapping, wanted, found)
    layout = replace(found.layout, columns=columns) if found.layout else None
    return replace(found, columns=columns, layout=layout, choices=(*found.choices, *notes))


def chunks(file: Look, source: SourceDecl, now: datetime) -> Iterator[Chunk]:
    """The rows of the file as receipts for the bulk queue in line order.

    The text of CSV and JSON lines stands in them verbatim, that of a sheet or Parquet as JSON lines.

    Args:
        file: from `inspect`.
        source: whose file it is.
        now: the time of the import.
    """
    headers = _headers(file)
    for n, some in enumerate(_in_chunks(rows(file))):
        # Ids sort by time, so chunks written in one millisecond are told apart by counting on.
        receipt_id = ids.new(now + timedelta(milliseconds=n))
        # Octets that are in no encoding stay the octets that they were.
        body = "".join(row.text for row in some).encode("utf-8", "surrogateescape")
        told = {**headers, "first_line": str(some[0].line)}
        yield Chunk(Receipt(receipt_id, source.name, "import", "bulk", now, told, body), some)


def mapping_of(process: Process, source_name: str) -> tuple[SourceDecl, FileMapping]:
    """The source of that name, with its mapping.

    Raises:
        BadInput: no such source, or files may not come from it; names those that take files.
    """
    source = process.sources.get(source_name)
    if source is None or source.file is None:
        takes = ", ".join(name for name, one in process.sources.items() if one.file is not None)
        raise BadInput(
            f"{process.signed} takes no files as {source_name!r}; "
            f"it takes them as: {takes or 'nothing; declare a source with `kind: file` and its columns'}"
        )
    return source, source.file


def _headers(file: Look) -> dict[str, str]:
    """All that reading the rows again needs, whatever the process says by then."""
    headers = {"file": file.path.name, "digest": file.digest, "format": "csv" if file.layout else "jsonl"}
    if file.layout is None:
        # A sheet and Parquet know a day from a text, so theirs are written in one order.
        return headers if file.encoding else {**headers, "typed": file.kind}
    headers["columns"] = msgspec.json.encode(file.layout.columns).decode()
    headers["delimiter"], headers["required"] = file.layout.delimiter, str(file.layout.required)
    quoting = {"wrapped": file.layout.wrapped, "spaced": file.layout.spaced}
    return {**headers, **{name: "true" for name, on in quoting.items() if on}}


def _under_names_of(mapping: FileMapping, wanted: Sequence[str], found: Look) -> tuple[tuple[str, ...], list[Choice]]:
    there, notes = list(found.columns), []
    doubled = sorted(
        name for name in wanted if name in there and f"{name} (2)" in there and f"{name} (2)" not in wanted
    )
    if doubled:
        where = f"{found.path}:{found.header_line}"
        raise BadInput(
            f"{where}: the header names {', '.join(map(repr, doubled))} twice; which is meant, nobody knows: rename one"
        )
    missing = []
    for name in wanted:
        if name in there:
            continue
        alike = [column for column in there if same_heading(column) == same_heading(name) and column not in wanted]
        if len(alike) == 1:
            there[there.index(alike[0])] = name
            notes.append(Choice("columns", f"{alike[0]!r} is {name!r} of the process", "but for case, blanks or signs"))
        else:
            missing.append(name)
    if missing:
        raise BadInput(_lacks(mapping, sorted(missing), found))
    return tuple(there), notes


def _lacks(mapping: FileMapping, missing: Sequence[str], found: Look) -> str:
    where = f"{found.path}:{found.header_line or 1}" if found.kind != "parquet" else str(found.path)
    delimiter = mapping.delimiter or found.delimiter
    check = f"check `delimiter` ({delimiter!r}) and the names" if delimiter else "check the names"
    sheet = f" of sheet {found.sheet!r}" if found.sheet else ""
    return (
        f"{where}: has no column {', '.join(map(repr, missing))}, which the process file names; the header{sheet} "
        f"has {', '.join(map(repr, found.columns))}: {check}, or let --propose show what its columns mean"
    )


def _named_columns(mapping: FileMapping) -> Iterator[str]:
    single = (mapping.time, mapping.visitor, mapping.touch_column)
    flagged = chain.from_iterable(rule.names for rule in mapping.flags.values())
    yield from chain(mapping.key, filter(None, single), mapping.values.values(), mapping.props.values(), flagged)


def _in_chunks(parts: Iterator[Part]) -> Iterator[list[Part]]:
    chunk: list[Part] = []
    for part in parts:
        chunk.append(part)
        if len(chunk) == ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
