"""Any table of text that the csv module writes is read back the same, or what was doubtful is said."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from closeloop.tables.look import look
from closeloop.tables.nouns import Blank, Refused, Row
from closeloop.tables.rows import rows
from closeloop.words.errors import BadInput

LETTERS = st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cs",))
CELLS = st.text(LETTERS, max_size=12)
NAMES = st.text("abcdefghijklmnopqrstuvwxyzäöüé ", min_size=1, max_size=10).map(str.strip).filter(bool)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    header = draw(st.lists(NAMES.map(lambda name: " ".join(name.split())), min_size=2, max_size=5, unique=True))
    row = st.lists(CELLS, min_size=len(header), max_size=len(header))
    return [header, *draw(st.lists(row, max_size=8))]


def written(table: list[list[str]], delimiter: str, end: str, quoting: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO(newline="")
    if end == "\n":  # the csv module leaves a lone carriage return without quotes there, so nobody can tell it
        table[:] = [[cell.replace("\r", "") for cell in row] for row in table]
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(table)
    return text.getvalue()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("round") / "table.csv"


any_way = given(
    tables(), st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)  # fmt: skip
quickly = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quickly
@any_way
def test_what_is_said_is_obeyed_and_nothing_is_lost(
    path: Path, table: list[list[str]], delimiter: str, end: str, encoding: str, quoting: int
):
    path.write_bytes(written(table, delimiter, end, quoting).encode(encoding))
    found = look(path, encoding=encoding, delimiter=delimiter, header=1)
    parts = list(rows(found))
    if not found.layout or found.layout.wrapped or found.layout.spaced:
        assert any(choice.what == "quoting" for choice in found.choices)
        return
    assert list(found.columns) == table[0]
    assert not any(isinstance(part, Refused) for part in parts)
    assert [list(part.cells.values()) for part in parts if isinstance(part, Row)] == [
        row for row in table[1:] if any(row)
    ]
    assert sum(isinstance(part, Blank) for part in parts) == sum(not any(row) for row in table[1:])


@quickly
@any_way
def test_what_is_found_is_right_or_is_said_to_be_uncertain(
    path: Path, table: list[list[str]], delimiter: str, end: str, encoding: str, quoting: int
):
    path.write_bytes(written(table, delimiter, end, quoting).encode(encoding))
    try:
        found = look(path)
    except BadInput:
        return
    read = [list(part.cells.values()) for part in rows(found) if isinstance(part, Row)]
    same = [list(found.columns), *read] == [table[0], *[row for row in table[1:] if any(row)]]
    assert same or found.unsure


@quickly
@given(st.binary(max_size=300))
def test_any_octets_at_all_are_a_table_or_a_refusal(path: Path, octets: bytes):
    path.write_bytes(octets)
    with suppress(BadInput):
        assert all(part.line > 0 for part in rows(look(path)))


@quickly
@given(st.text(st.sampled_from('abc,;|\t"\n\r \\1'), max_size=60))
def test_any_text_of_delimiters_and_quotes_keeps_its_lines(path: Path, text: str):
    path.write_text(text, encoding="utf-8", newline="")
    try:
        found = look(path)
    except BadInput:
        return
    if found.kind == "csv":
        assert text.endswith("".join(part.text for part in rows(found)))
