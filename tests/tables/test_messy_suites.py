"""Two public suites of CSV torture: each file loads as its answer says, or as its makers mean it, or says why not."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from closeloop.tables.look import look
from closeloop.tables.nouns import Blank, Refused, Row
from closeloop.tables.rows import rows

SPECTRUM = (
    "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "location_coordinates", "newlines",
    "newlines_crlf", "quotes_and_newlines", "simple", "simple_crlf", "utf8",
)  # fmt: skip
# File → encoding, delimiter, line of the header, the first columns, rows, blank ones, refused ones.
HORROR = {
    "begrotingsanalyse-2011.csv": ("utf-8-sig", ",", 5, ("column 1", "column 2", "A"), 38, 0, 0),
    "characters.csv": ("big5", ",", 1, ("id", "景點編號"), 382, 0, 0),
    "complex.csv": ("utf-8-sig", ",", 1, ("date", "another date", "temperature", "place"), 3, 0, 0),
    "example.tsv": ("utf-8-sig", "\t", 1, ("hour", "expr1_0_imp"), 140, 0, 0),
    "excel_pasting.csv": ("utf-8-sig", ",", 4, ("Year", "2000", "2001"), 16, 1, 0),
    "long.csv": ("utf-8-sig", ",", 0, ("column 1",), 4000, 0, 0),
    "mixedGLB.csv": ("utf-8-sig", ",", 4, ("Year", "Jan", "Feb"), 133, 0, 0),
    "null.csv": ("utf-8-sig", ",", 0, ("column 1", "column 2"), 10, 0, 0),
    "simple.csv": ("utf-8-sig", ",", 1, ("date", "temperature", "place"), 6, 0, 0),
    "skip_initials.csv": ("utf-8-sig", ",", 1, ("field1", "field2"), 2, 0, 0),
    "small.csv": ("utf-8-sig", ",", 1, ("a",), 0, 0, 0),
    "spanish_chars.csv": ("cp1252", ",", 1, ("GF_ID", "FN_ID"), 115, 1, 0),
    "sparse_with_column_errors.csv": (
        "cp1252",
        ",",
        1,
        ("LP", "Bezeichnung", "Kapitel/Titel", "column 4"),
        2200,
        37,
        0,
    ),
    "utf-16le_encoded.csv": ("utf-16", ",", 1, ("Organisation_code", "Organisation_name"), 327, 0, 0),
    "utf8bom.csv": ("utf-8-sig", ",", 1, ("kitten", "win"), 0, 0, 0),
    "weird_head_padding.csv": ("utf-8-sig", ";", 12, ("column 1", "1985", "1993"), 60, 6, 16),
}


@pytest.mark.parametrize("name", SPECTRUM)
def test_csv_spectrum_equals_its_json(shared: Path, tmp_path: Path, name: str):
    suite = shared / "data/messy_csv/csv-spectrum"
    path = tmp_path / f"{name}.csv"
    octets = (suite / f"csvs/{name}.csv").read_bytes()
    # The copy at hand has lost the carriage returns that these are named for, and that their answers have.
    path.write_bytes(octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if "crlf" in name else octets)
    parts = list(rows(look(path)))
    assert all(isinstance(part, Row) for part in parts)
    found = [dict(part.cells) for part in parts if isinstance(part, Row)]
    answer = json.loads((suite / f"json/{name}.json").read_text(encoding="utf-8"))
    if name == "location_coordinates":
        # The suite's answer is one object instead of a list, with another number than the suite's own CSV has.
        answer = [answer | {"Contact Phone Number": "2095257564"}]
    assert found == answer


@pytest.mark.parametrize("name", HORROR)
def test_the_horrors_load_with_every_line_accounted_for(shared: Path, name: str):
    path = shared / "data/messy_csv/messytables_horror" / name
    encoding, delimiter, header, columns, n_rows, n_blank, n_refused = HORROR[name]
    found = look(path)
    assert (found.encoding, found.delimiter, found.header_line) == (encoding, delimiter, header)
    assert found.columns[: len(columns)] == columns
    parts = list(rows(found))
    kinds = Counter(type(part) for part in parts)
    assert (kinds[Row], kinds[Blank], kinds[Refused]) == (n_rows, n_blank, n_refused)
    with path.open(encoding=encoding, newline="") as file:
        text = file.read()
    assert text.endswith("".join(part.text for part in parts))


def test_the_horrors_are_all_known(shared: Path):
    files = {path.name for path in (shared / "data/messy_csv/messytables_horror").iterdir()} - {"README.md"}
    assert files == set(HORROR)


def test_the_footer_of_a_table_is_refused_line_by_line(shared: Path):
    path = shared / "data/messy_csv/messytables_horror/weird_head_padding.csv"
    refused = [part for part in rows(look(path)) if isinstance(part, Refused)]
    assert refused[0].line == 74
    assert {part.reason for part in refused} == {
        f"has {n} values and the header 10; a delimiter inside a value needs quotes" for n in (1, 2)
    }


def test_the_names_of_two_languages_are_read_as_they_were_written(shared: Path):
    folder = shared / "data/messy_csv/messytables_horror"
    spanish = next(part for part in rows(look(folder / "spanish_chars.csv")) if isinstance(part, Row))
    assert "gestión  gubernamental" in spanish.said("Descripción")
    german = next(part for part in rows(look(folder / "sparse_with_column_errors.csv")) if isinstance(part, Row))
    assert german.said("Bezeichnung").startswith("Trägerorganisationen; Umstrukturierung")
