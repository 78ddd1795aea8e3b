"""Refused commands as lines for a spreadsheet: the error, the record, the field, both values, the remedy, the owner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from closeloop.measure.as_csv import as_csv
from closeloop.measure.nouns import Cell
from closeloop.measure.reject_rows import RejectRow
from closeloop.measure.rejects import Rejects
from closeloop.measure.stored import as_plain, in_words

COLUMNS = (
    "cause", "what", "remedy", "system", "verb", "object", "record", "person", "called", "lead", "owner", "field",
    "tried", "held", "allowed", "rule", "reason", "answered_at", "key",
)  # fmt: skip
CAUSES = ("cause", "system", "what", "remedy", "n", "n_put_off", "since", "last_at", "reason")


def rows_as_csv(rows: Iterable[RejectRow]) -> str:
    """A line for each field that a reason is about, and one without a field where it names none."""
    return as_csv(COLUMNS, (line for row in rows for line in _lines(row)))


def causes_as_csv(causes: Iterable[Rejects]) -> str:
    """A line for each cause."""
    return as_csv(CAUSES, (
        (each.id, each.source, each.what, each.remedy, each.n, each.n_put_off, in_words(as_plain(each.since)),
         in_words(as_plain(each.last_at)), each.reason)
        for each in causes
    ))  # fmt: skip


def _lines(row: RejectRow) -> Iterator[Sequence[Cell]]:
    of_row = (
        f"{row.source}:{row.cause.key}", row.cause.what, row.cause.remedy, row.source, row.verb, row.object,
        row.record_id, row.person_id, row.called, row.lead_id, row.owner,
    )  # fmt: skip
    ends = (row.reason, in_words(as_plain(row.answered_at)), row.key)
    for field in row.named:
        tried, held = in_words(field.tried), in_words(field.held)
        yield *of_row, field.name, tried, held, field.allowed, field.rule, *ends
    if not row.named:
        yield *of_row, None, None, None, None, row.rule, *ends
