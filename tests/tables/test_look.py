"""What a file is shows in its content: format, encoding, delimiter, header and quoting, each with its reason."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from closeloop.tables.look import look
from closeloop.tables.nouns import Blank, Refused, Row
from closeloop.tables.rows import rows
from closeloop.words.errors import BadInput

HEAD = "Vorname;Nachname;E-Mail\r\n"
MET = datetime(2026, 4, 3, 10, 0)  # noqa: DTZ001 - a sheet knows no zone
PEOPLE = HEAD + "Jörg;Müller;joerg@acme.example\r\nZoë;Groß;zoe@acme.example\r\n"


def write(tmp_path: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cells(path: Path, **said: str | int) -> list[list[object]]:
    return [list(part.cells.values()) for part in rows(look(path, **said)) if isinstance(part, Row)]


def chosen(path: Path, what: str, **said: str | int) -> tuple[str, bool]:
    choices = [choice for choice in look(path, **said).choices if choice.what == what]
    return " / ".join(choice.value for choice in choices), all(choice.sure for choice in choices)


@pytest.mark.parametrize(
    ("octets", "encoding", "sure"),
    [
        (PEOPLE.encode(), "utf-8", True),
        (PEOPLE.encode("utf-8-sig"), "utf-8", True),
        (PEOPLE.encode("utf-16"), "utf-16", True),
        (b"\xfe\xff" + PEOPLE.encode("utf-16-be"), "utf-16", True),
        (PEOPLE.encode("utf-16-le"), "utf-16-le", True),
        (PEOPLE.encode("utf-16-be"), "utf-16-be", True),
        (PEOPLE.encode("utf-32"), "utf-32", True),
        (PEOPLE.encode("cp1252"), "cp1252", False),
        (PEOPLE.encode("mac_roman"), "mac_roman", False),
    ],
)
def test_the_encoding_is_found_and_a_guess_says_so(tmp_path: Path, octets: bytes, encoding: str, sure: bool):
    path = write(tmp_path, octets)
    assert chosen(path, "encoding") == (encoding, sure)
    assert cells(path) == [["Jörg", "Müller", "joerg@acme.example"], ["Zoë", "Groß", "zoe@acme.example"]]


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("imię,miasto\nŁukasz,Łódź\nGrażyna,Kraków\nStanisław,Wrocław\nMałgorzata,Gdańsk\n", "cp1250"),
        ("jméno,město\nŘehoř,Plzeň\nTomáš,Děčín\nŽaneta,Třebíč\n", "cp1250"),
        ("ad,şehir\nGökhan,İstanbul\nAyşe,Eskişehir\nÇağla,Muğla\n", "cp1254"),
        ("nombre,ciudad\nBegoña,Málaga\nJosé,Logroño\nMaría,Cádiz\nIñigo,A Coruña\n", "cp1252"),
        ("navn,by\nSøren,København\nÅse,Århus\nJørgen,Ålborg\n", "cp1252"),
        ("имя,город\nИван,Москва\nМария,Санкт-Петербург\nСергей,Казань\n", "cp1251"),
        ("όνομα,πόλη\nΓιώργος,Αθήνα\nΜαρία,Θεσσαλονίκη\n", "cp1253"),
        ("氏名,会社\n佐藤 健,九州電機\n鈴木一郎,トヨタ自動車\n田中 花子,ソニー\n", "cp932"),
        ("姓名,公司\n王小明,上海电气\n李雷,华为技术有限公司\n", "gb18030"),
        ("이름,회사\n김철수,삼성전자\n이영희,현대자동차\n", "cp949"),
        ("id,name\n1,Jörg\n", "cp1252"),
        ("company,revenue\nAcme,12 €\n", "cp1252"),
    ],
)
def test_legacy_encodings_of_many_languages_are_read_right(tmp_path: Path, text: str, codec: str):
    path = write(tmp_path, text.encode(codec))
    found = [list(look(path).columns), *cells(path)]
    assert found == [line.split(",") for line in text.splitlines()]


def test_the_octet_that_is_not_in_the_encoding_that_was_said_is_named(tmp_path: Path):
    path = write(tmp_path, PEOPLE.encode("cp1252"))
    with pytest.raises(BadInput, match=r"not utf-8: octet 0xf6 at offset 26 .*it looks like cp1252"):
        look(path, encoding="utf-8")
    assert cells(path, encoding="latin-1")[0][0] == "Jörg"
    with pytest.raises(BadInput, match="there is no encoding 'utf-9'; valid are such as utf-8"):
        look(path, encoding="utf-9")


def test_a_few_octets_that_are_not_utf_8_cost_their_rows_and_not_every_umlaut(tmp_path: Path):
    lines = [f"{n},Jörg Müller {n}" for n in range(50)]
    octets = b"id,name\n" + "\n".join(lines).encode() + b"\n50,J\xf6rg\n51,Zo\xc3\xab\n"
    found = look(write(tmp_path, octets))
    parts = list(rows(found))
    assert found.unsure[0].what == "encoding"
    (refused,) = [part for part in parts if isinstance(part, Refused)]
    assert (refused.line, refused.text.encode("utf-8", "surrogateescape")) == (52, b"50,J\xf6rg\n")
    assert "octets that are no UTF-8 (0xf6)" in refused.reason
    assert isinstance(parts[-1], Row)
    assert parts[-1].cells["name"] == "Zoë"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~", "\x1f"])
def test_the_delimiter_is_found_and_can_be_said(tmp_path: Path, delimiter: str):
    text = "\n".join(delimiter.join(line) for line in (("id", "name", "note"), ("1", "Joe", "a b"), ("2", "Ann", "")))
    path = write(tmp_path, text)
    assert look(path).delimiter == delimiter
    assert cells(path) == [["1", "Joe", "a b"], ["2", "Ann", ""]]
    assert len(look(path, delimiter="x").columns) == 1


def test_two_delimiters_that_part_the_rows_alike_are_said_to_be_uncertain(tmp_path: Path):
    path = write(tmp_path, "a,b;c,d\n1,5;2,5\n1,7;2,7\n")
    assert chosen(path, "delimiter") == ("semicolon", False)
    assert len(look(path, delimiter=",").columns) == 3


def test_titles_and_padding_above_the_header_are_left_out_and_said(tmp_path: Path):
    text = "Report of leads,,\nmade on 1 May,,\n,,\nid,name,email\n1,Joe,joe@acme.example\n,,\n2,Ann,ann@acme.example\n"
    found = look(write(tmp_path, text))
    assert (found.header_line, found.columns) == (4, ("id", "name", "email"))
    assert "above it, left out: line 1, 2" in str(found.choices[-1])
    assert [(type(part), part.line) for part in rows(found)] == [(Row, 5), (Blank, 6), (Row, 7)]


def test_a_file_without_a_header_loses_no_row(tmp_path: Path):
    path = write(tmp_path, "1,Joe,joe@acme.example\n2,Ann,ann@acme.example\n")
    assert chosen(path, "header") == ("none", False)
    assert look(path).columns == ("column 1", "column 2", "column 3")
    assert len(cells(path)) == 2
    assert look(path, header=1).columns == ("1", "Joe", "joe@acme.example")
    assert len(cells(write(tmp_path, "foo\nfoo\nfoo\n"))) == 3


def test_the_header_is_where_a_person_says_or_where_the_expected_columns_are(tmp_path: Path):
    path = write(tmp_path, "alpha,beta\nred,green\nID,Shade\nx,y\n")
    assert look(path).columns == ("alpha", "beta")
    assert look(path, header=2).columns == ("red", "green")
    assert look(path, expect=("id", "shade")).columns == ("ID", "Shade")
    assert len(cells(path, header=0)) == 4


def test_doubled_and_missing_names_are_made_unique_and_said(tmp_path: Path):
    path = write(tmp_path, ",id,name,id,id (2),\n,1,Joe,2,3,\n,4,Ann,5,6\n")
    found = look(path)
    assert found.columns == ("column 1", "id", "name", "id (3)", "id (2)", "column 6")
    said = [str(choice) for choice in found.choices if choice.what == "columns"]
    assert "id (3) (the header has the name twice; not certain)" in said[0]
    assert "column 1, column 6 (without a name, and nothing in it in the rows looked at)" in said[1]
    # Only a column without a name may be missing.
    assert cells(path) == [["", "1", "Joe", "2", "3", ""], ["", "4", "Ann", "5", "6", ""]]


def test_rows_of_another_width_are_refused_unless_only_empty_cells_are_too_many(tmp_path: Path):
    path = write(tmp_path, "a,b,c\n1,2,3,,\n1,2\n1,2,3,4\n4,5,6\n")
    parts = list(rows(look(path)))
    assert [type(part) for part in parts] == [Row, Refused, Refused, Row]
    assert str(parts[1]) == "line 3: has 2 values and the header 3; a delimiter inside a value needs quotes"


def test_rows_that_are_quoted_as_a_whole_are_unpacked(tmp_path: Path):
    text = '"id,name,note"\n"1,Joe,""a, b"""\n"2,Ann,x"\n3,Bob,y\n'
    path = write(tmp_path, text)
    assert chosen(path, "quoting")[0] == "whole rows are quoted, and unpacked"
    assert cells(path) == [["1", "Joe", "a, b"], ["2", "Ann", "x"], ["3", "Bob", "y"]]
    half = write(tmp_path, 'id;name;city\n"1;Joe;Köln"\n"2;Ann;Ulm"\n')
    assert cells(half) == [["1", "Joe", "Köln"], ["2", "Ann", "Ulm"]]


def test_control_a_column_of_quoted_texts_with_commas_stays_one_column(tmp_path: Path):
    assert cells(write(tmp_path, 'name\n"Doe, John"\n"Roe, Jane"\n')) == [["Doe, John"], ["Roe, Jane"]]


def test_line_ends_of_every_kind_and_within_quotes_keep_the_lines_right(tmp_path: Path):
    for end in ("\n", "\r\n", "\r"):
        text = end.join(["id,note", '1,"two', 'lines"', "2,x", "", "3,y", ""])
        parts = list(rows(look(write(tmp_path, text))))
        assert [(type(part), part.line) for part in parts] == [(Row, 2), (Row, 4), (Blank, 5), (Row, 6)]
        assert f"id,note{end}" + "".join(part.text for part in parts) == text


def test_blanks_before_quotes_belong_to_no_cell(tmp_path: Path):
    path = write(tmp_path, 'id, name, n\n1, "Doe, John", 2\n2, "Roe, Jane", 3\n')
    assert cells(path) == [["1", "Doe, John", "2"], ["2", "Roe, Jane", "3"]]


def spreadsheet(tmp_path: Path, name: str) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Leads"
    for row in (
        ["Leads of the fair"], [], [None, "id", "name", "met", "phone", "ok"],
        [None, 1, "Joe", MET, 491701234567, True], [],
        [None, 2.5, "two\nlines", date(2026, 4, 4), None, False],
    ):  # fmt: skip
        sheet.append(row)
    book.create_sheet("Notes").append(["x"])
    book.create_sheet("Empty")
    path = tmp_path / name
    book.save(path)
    return path


@pytest.mark.parametrize("name", ["leads.xlsx", "leads.csv", "leads"])
def test_a_spreadsheet_is_one_whatever_its_name(tmp_path: Path, name: str):
    path = spreadsheet(tmp_path, name)
    found = look(path)
    assert (found.kind, found.sheet, found.sheets) == ("xlsx", "Leads", ("Leads", "Notes", "Empty"))
    assert found.unsure[0].what == "sheet"
    assert (found.header_line, found.columns) == (3, ("column 1", "id", "name", "met", "phone", "ok"))
    parts = list(rows(found))
    assert [(type(part), part.line) for part in parts] == [(Row, 4), (Blank, 5), (Row, 6)]
    first, _, last = parts
    assert isinstance(first, Row)
    assert isinstance(last, Row)
    assert list(first.cells.values()) == ["", "1", "Joe", "2026-04-03T10:00:00", "491701234567", "true"]
    assert list(last.cells.values()) == ["", "2.5", "two\nlines", "2026-04-04", "", "false"]
    assert json.loads(last.text) == last.cells


def test_an_open_document_is_read_like_any_sheet(tmp_path: Path):
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    texts = ['office:value-type="string"><text:p>id', 'office:value-type="string"><text:p>name']
    values = ['office:value-type="float" office:value="7"><text:p>7', 'office:value-type="string"><text:p>Zoë']
    lines = "".join(
        "<table:table-row>" + "".join(f"<table:table-cell {one}</text:p></table:table-cell>" for one in row)
        + "</table:table-row>"
        for row in (texts, values)
    )  # fmt: skip
    table = f'<table:table table:name="Leads">{lines}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    path = tmp_path / "leads.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", f"<office:document-content {spaces}>{body}</office:document-content>".encode())
    assert (look(path).kind, look(path).columns) == ("ods", ("id", "name"))
    assert cells(path) == [["7", "Zoë"]]


def test_the_sheet_can_be_said(tmp_path: Path):
    path = spreadsheet(tmp_path, "leads.xlsx")
    assert look(path, sheet="Notes").columns == ("x",)
    with pytest.raises(BadInput, match="has no sheet 'Leeds'; it has 'Leads', 'Notes', 'Empty'"):
        look(path, sheet="Leeds")
    with pytest.raises(BadInput, match="is text and has no sheets"):
        look(write(tmp_path, PEOPLE), sheet="Leads")


def test_parquet_is_read_in_batches_with_its_types(tmp_path: Path):
    path = tmp_path / "people.csv"
    columns = {
        "id": [1, 2], "name": ["Joe", None], "met": [MET, None], "born": [date(1980, 2, 1), None],
        "share": [0.5, float("nan")], "sum": [Decimal("1.50"), None], "tags": [["a"], None],
    }  # fmt: skip
    pq.write_table(pa.table(columns), path)
    found = look(path)
    assert (found.kind, found.columns) == ("parquet", tuple(columns))
    first, second = rows(found)
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert first.cells == {
        "id": 1, "name": "Joe", "met": "2026-04-03T10:00:00", "born": "1980-02-01", "share": 0.5, "sum": "1.50",
        "tags": ["a"],
    }  # fmt: skip
    assert second.cells == dict.fromkeys(columns) | {"id": 2}
    assert (second.line, second.said("name")) == (2, "")


def test_json_lines_are_known_by_their_first_rows(tmp_path: Path):
    path = write(tmp_path, '{"id": 1, "name": "Joe"}\n\n{"id": 2, "city": "Ulm"}\n[1]\n', "people.csv")
    found = look(path)
    assert (found.kind, found.columns) == ("jsonl", ("id", "name", "city"))
    assert [type(part) for part in rows(found)] == [Row, Blank, Row, Refused]


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (b"", "a.csv", "is empty: it has no header and no rows"),
        (b"\n \n\n", "a.csv", "has no header and no rows, only blanks"),
        (b"<html><body><table><tr><td>id</td></tr></table>", "a.xls", "is an HTML page, whatever its name says"),
        ("<html><table>".encode("utf-16"), "a.xls", "is an HTML page"),
        (b'<?xml version="1.0"?><Workbook/>', "a.xls", "is XML; open it where it was made"),
        (b"%PDF-1.7", "a.csv", "is a PDF; open it where it was made and save it as XLSX or CSV"),
        (gzip.compress(b"id,name\n", mtime=0), "a.csv", "packed with gzip; unpack it first"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls", "is no spreadsheet that can be opened"),
        (b"PK\x03\x04 and no more", "a.xlsx", "is a spreadsheet or archive that cannot be opened"),
        (b"PAR1 and no more", "a.parquet", "is a Parquet file that cannot be opened"),
        (bytes(range(256)) * 10, "a.csv", None),
        (b"\x1f", "a.csv", None),
        (bytes(500), "a.csv", "is no text and no table of a known format"),
        (b'[{"id": 1}, {"id": 2}]', "a.json", "is one JSON document; valid is one object a line"),
        (b'id,"name\n', "a.csv", "the header cannot be read: a quote is not closed"),
    ],
)
def test_what_is_no_table_is_refused_by_its_name(tmp_path: Path, content: bytes, name: str, expected: str | None):
    path = write(tmp_path, content, name)
    if expected is None:  # every octet there is: some encoding reads it, and nothing breaks
        assert list(rows(look(path))) is not None
        return
    with pytest.raises(BadInput, match=expected):
        look(path)


def test_an_archive_that_holds_no_workbook_is_refused(tmp_path: Path):
    path = tmp_path / "people.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("people.csv", PEOPLE)
    with pytest.raises(BadInput, match="is a ZIP archive; unpack it"):
        look(path)
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        look(tmp_path / "nowhere.csv")
    with pytest.raises(BadInput, match="cannot be read: Is a directory"):
        look(tmp_path)


def test_rows_are_streamed_in_memory_that_does_not_grow_with_the_file(tmp_path: Path):
    def peak(n_rows: int) -> int:
        found = look(write(tmp_path, "id,name,note\n" + "".join(f"{n},Joe,{'x' * 50}\n" for n in range(n_rows))))
        tracemalloc.start()
        try:
            assert sum(1 for _ in rows(found)) == n_rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(20_000) < 1.5 * peak(2_000)
