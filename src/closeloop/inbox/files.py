"""A CSV or JSON lines file as receipts: checked as a whole first, then cut into chunks of rows."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec

from closeloop.inbox.nouns import Receipt
from closeloop.inbox.table_text import Format, Part, rows_of
from closeloop.process.nouns import FileMapping, Process, SourceDecl
from closeloop.words import ids
from closeloop.words.errors import BadInput

ROWS = 500
"""Rows of one receipt: what is read, decided and, if it fails, split again at once."""


class Chunk(NamedTuple):
    """Some rows of a file, and the receipt that keeps them verbatim."""

    receipt: Receipt
    rows: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file that can be read as text from end to end.

    Attributes:
        digest: SHA-256 of its octets.
        columns: of a CSV, in order; None for JSON lines.
        n_bytes: its size.
    """

    path: Path
    form: Format
    encoding: str
    digest: str
    columns: list[str] | None
    n_bytes: int


def inspect(path: Path, mapping: FileMapping) -> Inspected:
    """Read the whole file once: its digest, and whether its text and header can be used.

    Raises:
        BadInput: not there, empty, not in the declared encoding (with the offset of the octet), or its header lacks a
            column that the mapping names, or has one twice.
    """
    digest, decoder, n_bytes = sha256(), codecs.getincrementaldecoder(mapping.encoding)(), 0
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                _decode(decoder, block, n_bytes, path, mapping)
                digest.update(block)
                n_bytes += len(block)
            _decode(decoder, b"", n_bytes, path, mapping)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
    form: Format = "jsonl" if path.suffix.lower() in (".jsonl", ".ndjson") else "csv"
    # A byte order mark is no part of the text.
    encoding = "utf-8-sig" if codecs.lookup(mapping.encoding).name == "utf-8" else mapping.encoding
    columns = _columns(path, encoding, mapping) if form == "csv" else None
    return Inspected(path, form, encoding, digest.hexdigest(), columns, n_bytes)


def chunks(file: Inspected, source: SourceDecl, mapping: FileMapping, now: datetime) -> Iterator[Chunk]:
    """The rows of the file, verbatim, as receipts for the bulk queue in line order.

    Args:
        file: from `inspect`.
        source: whose file it is.
        mapping: of the source.
        now: the time of the import.
    """
    headers = {"file": file.path.name, "digest": file.digest, "format": file.form}
    if file.columns is not None:
        headers["columns"] = msgspec.json.encode(file.columns).decode()
    for n, rows in enumerate(_in_chunks(_rows(file, mapping))):
        # Ids sort by time, so chunks written in one millisecond are told apart by counting on.
        receipt_id = ids.new(now + timedelta(milliseconds=n))
        body = "".join(row.text for row in rows).encode("utf-8", "surrogatepass")
        told = {**headers, "first_line": str(rows[0].line)}
        yield Chunk(Receipt(receipt_id, source.name, "import", "bulk", now, told, body), rows)


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


def _decode(decoder: codecs.IncrementalDecoder, block: bytes, before: int, path: Path, mapping: FileMapping) -> None:
    held = len(decoder.getstate()[0])
    try:
        decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path}: not {mapping.encoding}: octet {error.object[error.start]:#04x} at offset "
            f"{before - held + error.start} ({error.reason}); save it so, or declare its `encoding` for the source"
        ) from None


def _columns(path: Path, encoding: str, mapping: FileMapping) -> list[str]:
    with path.open(encoding=encoding, newline="") as file:
        try:
            columns = next(csv.reader(file, delimiter=mapping.delimiter, strict=True), [])
        except csv.Error as error:
            raise BadInput(f"{path}:1: the header cannot be read: {error}") from None
    if not columns:
        raise BadInput(f"{path}:1: has no header; the first line must name the columns")
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise BadInput(f"{path}:1: the header names {', '.join(map(repr, twice))} twice; each column needs a name")
    missing = sorted(set(_named_columns(mapping)) - set(columns))
    if missing:
        raise BadInput(
            f"{path}:1: has no column {', '.join(map(repr, missing))}, which the process file names; "
            f"it has {', '.join(map(repr, columns))}: check `delimiter` ({mapping.delimiter!r}) and the names"
        )
    return columns


def _named_columns(mapping: FileMapping) -> Iterator[str]:
    single = (mapping.time, mapping.visitor, mapping.touch_column)
    flagged = chain.from_iterable(rule.names for rule in mapping.flags.values())
    yield from chain(mapping.key, filter(None, single), mapping.values.values(), mapping.props.values(), flagged)


def _rows(file: Inspected, mapping: FileMapping) -> Iterator[Part]:
    with file.path.open(encoding=file.encoding, newline="") as text:
        lines: Iterator[str] = iter(text)
        first_line = 1
        if file.columns is not None:
            first_line += _pass_header(lines, mapping)
        yield from rows_of(lines, file.form, columns=file.columns, delimiter=mapping.delimiter, first_line=first_line)


def _pass_header(lines: Iterator[str], mapping: FileMapping) -> int:
    reader = csv.reader(lines, delimiter=mapping.delimiter, strict=True)
    next(reader)
    return reader.line_num


def _in_chunks(rows: Iterator[Part]) -> Iterator[list[Part]]:
    chunk: list[Part] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
