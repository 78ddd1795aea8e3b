"""A whole file taken in: what it became, what was refused, and what was there twice."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Protocol, TextIO

from closeloop.inbox.files import NOTHING_SAID, Chunk, Said, chunks, inspect, mapping_of
from closeloop.inbox.nouns import Message, Receipt
from closeloop.inbox.rows import each_row
from closeloop.process.nouns import Process
from closeloop.process.sources import SourceDecl
from closeloop.tables.nouns import Look, Refused, Row
from closeloop.words.errors import BadInput

CHUNKS = 8
"""Receipts handed over at once: one sync to disk for all of them."""
SHOWN = 5

TakeIn = Callable[[Sequence[Receipt]], None]


@dataclass(slots=True)
class Imported:
    """What came of a file.

    Attributes:
        file: what was read, and how.
        n_rows: without header and blank lines.
        n_refused: rows that cannot be used; they are set aside, and stand in the file of rejects.
        n_copies: rows that say exactly what an earlier one says; they are kept.
        flags: flag → rows that meet it.
        first: the first messages, for a person to look at.
        rejects: the file of rejects, if there are any.
    """

    file: Look
    n_rows: int = 0
    n_refused: int = 0
    n_copies: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    first: list[Message] = field(default_factory=list)
    rejects: Path | None = None


def import_file(
    path: Path,
    process: Process,
    source_name: str,
    take_in: TakeIn | None,
    now: datetime,
    *,
    rejects: Path | None = None,
    said: Said = NOTHING_SAID,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Take a file in as `source_name`, or only say what would come of it.

    Args:
        path: a CSV, JSON lines, spreadsheet or Parquet, by its content.
        process: whose mapping is used.
        source_name: a source with `kind: file`.
        take_in: keeps receipts for good; None for a dry run, which writes nothing at all.
        now: the time of the import.
        rejects: where refused rows go; by default FILE.rejected.csv beside the file.
        said: encoding, delimiter or sheet, by a person.
        on_progress: is told the octets done by each chunk.

    Raises:
        BadInput: the file as a whole cannot be used; nothing of it was taken in.
    """
    source, mapping = mapping_of(process, source_name)
    imported = Imported(inspect(path, mapping, said))
    seen: set[bytes] = set()
    with _rejects(rejects or path.with_name(f"{path.name}.rejected.csv"), imported, dry=take_in is None) as reject:
        kept: list[Receipt] = []
        for chunk in chunks(imported.file, source, now):
            _count(chunk, process, source, imported, reject)
            kept.append(_with_copies(chunk, imported, seen))
            if len(kept) == CHUNKS:
                _hand_over(kept, take_in)
            on_progress(len(chunk.receipt.body))
        _hand_over(kept, take_in)
    return imported


def _count(
    chunk: Chunk,
    process: Process,
    source: SourceDecl,
    imported: Imported,
    reject: Callable[[Refused], None],
) -> None:
    for read in each_row(chunk.receipt, process, source):
        imported.n_rows += 1
        if isinstance(read, Refused):
            imported.n_refused += 1
            reject(read)
        else:
            imported.flags.update(read.flags)
            if len(imported.first) < SHOWN:
                imported.first.append(read)


def _with_copies(chunk: Chunk, imported: Imported, seen: set[bytes]) -> Receipt:
    """The receipt, which says in a header which of its lines repeat an earlier one of the file."""
    copies = []
    for row in chunk.rows:
        if isinstance(row, Row):
            text = blake2b(row.text.rstrip("\r\n").encode(), digest_size=12).digest()
            if text in seen:
                copies.append(str(row.line))
            seen.add(text)
    imported.n_copies += len(copies)
    if not copies:
        return chunk.receipt
    return replace(chunk.receipt, headers={**chunk.receipt.headers, "copies": " ".join(copies)})


def _hand_over(kept: list[Receipt], take_in: TakeIn | None) -> None:
    if take_in is not None and kept:
        take_in(tuple(kept))
    kept.clear()


@contextmanager
def _rejects(path: Path, imported: Imported, *, dry: bool) -> Iterator[Callable[[Refused], None]]:
    """A function that writes a refused row. The file is there only if one is, and that of an earlier import goes."""
    if dry:
        yield lambda _: None
        return
    path.unlink(missing_ok=True)
    with ExitStack() as opened:

        def reject(refused: Refused) -> None:
            if imported.rejects is None:
                imported.rejects = path
                rows.append(csv.writer(opened.enter_context(_opened(path))))
                rows[0].writerow(("line", "column", "reason", "row"))
            rows[0].writerow((refused.line, refused.column, refused.reason, refused.text.rstrip("\r\n")))

        rows: list[_Writer] = []
        yield reject


def _opened(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
    except OSError as error:
        why = f"{path}: refused rows cannot be written there: {error.strerror}"
        raise BadInput(f"{why}; say another place with --rejects, what was taken in stays") from None


class _Writer(Protocol):
    def writerow(self, row: Sequence[object]) -> object: ...
