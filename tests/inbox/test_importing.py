"""Files are taken in row by row: what cannot be used is refused with its place, the rest is unharmed."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from closeloop.inbox.files import Said
from closeloop.inbox.importing import Imported, import_file
from closeloop.inbox.nouns import Key, Message, Receipt, SetAside
from closeloop.inbox.read import read
from closeloop.process.load import load
from closeloop.process.nouns import FieldRule, Process
from closeloop.process.nouns import Path as FieldPath
from closeloop.process.sources import FileMapping, SourceDecl
from closeloop.words.errors import BadInput

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
B2B = load(ROOT / "processes/b2b.yaml")
MAPPING = FileMapping(
    delimiter=",", encoding="utf-8", key=("id",), time="met", time_order="dmy", zone="Europe/Berlin",
    values={"email": "mail", "born": "born"}, visitor=None, person_per_row=False, touch=None, touch_column="what",
    touch_names={"talk": "event.attended"}, props={"hall": "hall"}, flags={},
)  # fmt: skip
HEAD = "id,mail,met,what,hall,born\n"


def process(mapping: FileMapping = MAPPING) -> Process:
    def field(name: str, form: str) -> FieldRule:
        path = FieldPath("fair", None, name)
        return FieldRule("person", name, ((path,),), False, (), form, "strong" if form == "email" else None, False)

    fields = {"person": {"email": field("email", "email"), "born": field("born", "date")}}
    return replace(B2B, sources={"fair": SourceDecl("fair", "file", file=mapping)}, fields=fields)


def taken(path: Path, now: datetime = NOW, mapping: FileMapping = MAPPING) -> tuple[Imported, list[Message | SetAside]]:
    receipts: list[Receipt] = []
    imported = import_file(path, process(mapping), "fair", receipts.extend, now)
    return imported, [message for receipt in receipts for message in read(receipt, process(mapping))]


def accepted(receipts: list[Receipt], by: Process) -> list[Message]:
    every = (message for receipt in receipts for message in read(receipt, by))
    return [message for message in every if isinstance(message, Message)]


def write(tmp_path: Path, text: str | bytes, name: str = "fair.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_row_says_who_when_and_what(tmp_path: Path):
    _, (message,) = taken(write(tmp_path, HEAD + "7,Joe@Acme.example,03/04/2026 10:00,talk,12,01/02/1980\n"))
    assert isinstance(message, Message)
    assert (message.id, message.position) == ("fair:7", 2)
    assert message.keys == (Key("email", "joe@acme.example"),)
    assert message.occurred_at == datetime(2026, 4, 3, 8, tzinfo=UTC)
    assert {value.path: value.value for value in message.values} == {
        "fair.email": "Joe@Acme.example", "fair.born": "1980-02-01",
    }  # fmt: skip
    assert message.act is not None
    assert (message.act.kind, message.act.props) == ("event.attended", {"hall": 12})


def test_bad_rows_are_refused_with_line_column_and_reason_and_the_rest_is_unharmed(tmp_path: Path):
    rows = [
        "1,a@acme.example,03/04/2026,talk,1,",
        "2,b@acme.example,03/04/2026,talk",
        "",
        '3,"c@acme.example,03/04/2026,talk,1,',
        "4,d@acme.example,04/13/2026,talk,1,",
        '5,"e@acme.example","03/04/2026",talk,"hall\n5",',
        ",f@acme.example,03/04/2026,talk,1,",
        "7,g\x00@acme.example,03/04/2026,talk,1,",
        "8,h@acme.example,,talk,1,",
        "9,i@acme.example,03/04/2026,dance,1,1980",
        "10,j@acme.example,03/04/2026,dance,1,",
    ]
    imported, messages = taken(write(tmp_path, HEAD + "\n".join(rows)))
    assert [message.id for message in messages if isinstance(message, Message)] == ["fair:1", "fair:5", "fair:10"]
    assert (imported.n_rows, imported.n_refused) == (10, 7)
    assert imported.rejects == tmp_path / "fair.csv.rejected.csv"
    with imported.rejects.open(newline="") as file:
        rejects = [(row["line"], row["column"], row["reason"]) for row in csv.DictReader(file)]
    assert [(line, column) for line, column, _ in rejects] == [
        ("3", ""), ("5", ""), ("6", "met"), ("9", "id"), ("10", "mail"), ("11", "met"), ("12", "born"),
    ]  # fmt: skip
    reasons = " / ".join(reason for _, _, reason in rejects)
    for expected in (
        "has 4 values and the header 6", "every quote is closed", "declare `time_order: mdy`", "part of the key",
        "NUL character", "every row needs its time", "'1980' is no date",
    ):  # fmt: skip
        assert expected in reasons
    assert [str(message.position) for message in messages if isinstance(message, SetAside)] == [
        line for line, _, _ in rejects
    ]
    assert "line 6, column met: " in next(m.reason for m in messages if isinstance(m, SetAside) and m.position == 6)


def test_a_quote_never_closed_costs_one_row_of_a_long_file(tmp_path: Path):
    rows = [f"{n},n{n}@acme.example,03/04/2026,talk,{n}," for n in range(1200)]
    rows[499] = '499,"n499@acme.example,03/04/2026,talk,499,'
    imported, messages = taken(write(tmp_path, HEAD + "\n".join(rows)))
    assert (imported.n_rows, imported.n_refused) == (1200, 1)
    assert [message.position for message in messages] == list(range(2, 1202))


def test_the_same_file_twice_says_the_same_messages(tmp_path: Path):
    mapping = replace(MAPPING, key=(), time=None)
    path = write(tmp_path, HEAD + "1,a@acme.example,,talk,1,\n" * 3 + "ragged\n")
    imported, first = taken(path, mapping=mapping)
    _, again = taken(path, NOW + timedelta(days=1), mapping)
    assert [message.id for message in first] == [message.id for message in again]
    assert len({message.id for message in first}) == 4
    assert imported.n_copies == 2


def test_rows_without_a_time_happened_at_the_import_in_line_order(tmp_path: Path):
    path = write(tmp_path, HEAD + "".join(f"{n},a@acme.example,,talk,1,\n" for n in range(3)))
    _, messages = taken(path, mapping=replace(MAPPING, time=None))
    moments = [message.occurred_at for message in messages if isinstance(message, Message)]
    assert moments == sorted(set(moments))
    assert moments[0] - NOW < timedelta(seconds=1)


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path):
    path = write(tmp_path, HEAD + "1,a@acme.example,03/04/2026,talk,1,\nragged\n")
    imported = import_file(path, process(), "fair", None, NOW)
    assert (imported.n_rows, imported.n_refused, len(imported.first)) == (2, 1, 1)
    assert list(tmp_path.iterdir()) == [path]


def test_json_lines_are_rows_too(tmp_path: Path):
    good = {"id": 1, "mail": "a@acme.example", "met": "03/04/2026", "what": "talk", "hall": 2}
    lines = [json.dumps(good), "[1]", '{"id": ', json.dumps({**good, "id": 2, "mail": {"a": 1}})]
    imported, messages = taken(write(tmp_path, "\n".join(lines), "fair.jsonl"))
    assert isinstance(messages[0], Message)
    assert messages[0].id == "fair:1"
    reasons = [message.reason for message in messages if isinstance(message, SetAside)]
    assert imported.n_refused == len(reasons) == 3
    assert "line 2: is no JSON object" in reasons[0]
    assert "line 4, column mail: is an object or a list" in reasons[2]


def test_a_line_of_json_that_is_nested_too_deeply_is_refused_alone(tmp_path: Path):
    good = json.dumps({"id": 1, "mail": "a@acme.example", "met": "03/04/2026", "what": "talk", "hall": 2})
    imported, messages = taken(write(tmp_path, '{"id":' * 5000 + "\n" + good, "fair.jsonl"))
    assert imported.n_refused == 1
    assert next(message.reason for message in messages if isinstance(message, SetAside)).startswith(
        "line 1: is nested too deeply"
    )


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path):
    _, (message,) = taken(write(tmp_path, b"\xef\xbb\xbf" + HEAD.encode() + b"1,a@acme.example,03/04/2026,talk,1,\n"))
    assert message.id == "fair:1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD.encode() + b"1,J\xf6rg,03/04/2026,talk,1,\n", r"not utf-8: octet 0xf6 at offset 30"),
        (b"", "has no header"),
        (b"id,mail,met,what,hall\n", "has no column 'born', which the process file names"),
        (b"id;mail;met;what;hall;born\n", r"check `delimiter` \(','\)"),
        (b"id,mail,met,what,hall,born,id\n", "the header names 'id' twice"),
        (b'id,"mail\n', "the header cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_at_all_is_refused_before_anything_is_taken_in(
    tmp_path: Path, text: bytes, expected: str
):
    receipts: list[Receipt] = []
    with pytest.raises(BadInput, match=expected):
        import_file(write(tmp_path, text), process(), "fair", receipts.extend, NOW)
    assert receipts == []


DETECTED = replace(MAPPING, delimiter=None, encoding=None)
ROWS = ("1,joerg@acme.example,03/04/2026,talk,12,", "2,zoe@acme.example,04/04/2026,dance,Süd,")


def test_encoding_and_delimiter_are_found_when_the_process_does_not_say_them(tmp_path: Path):
    text = HEAD + "\n".join(ROWS)
    for octets in (text.encode("utf-16"), text.replace(",", ";").encode("cp1252"), text.replace(",", "\t").encode()):
        imported, messages = taken(write(tmp_path, octets), mapping=DETECTED)
        assert [message.id for message in messages] == ["fair:1", "fair:2"]
        assert [message.act.props["hall"] for message in messages if isinstance(message, Message) and message.act] == [
            12, "Süd",
        ]  # fmt: skip
        assert {choice.what for choice in imported.file.choices} >= {"format", "encoding", "delimiter", "header"}


def test_what_a_person_says_of_a_file_is_before_what_the_process_says(tmp_path: Path):
    path = write(tmp_path, (HEAD + ROWS[1]).replace(",", ";").encode("cp1252"))
    said = Said(encoding="cp1252", delimiter=";")
    assert import_file(path, process(), "fair", None, NOW, said=said).n_rows == 1
    with pytest.raises(BadInput, match="not utf-8: octet 0xfc at offset"):
        import_file(path, process(), "fair", None, NOW)


def sheet(tmp_path: Path, met: object, name: str = "fair.xlsx") -> Path:
    book = openpyxl.Workbook()
    for row in (["Fair of 2026"], HEAD.strip().split(","), [7, "Joe@Acme.example", met, "talk", 12, "01/02/1980"], [],
                ["x", "two@acme.example", "04/13/2026", "talk", 1, None]):  # fmt: skip
        book.active.append(row)
    path = tmp_path / name
    book.save(path)
    return path


def test_a_spreadsheet_is_taken_in_by_its_rows_and_its_own_days_need_no_order(tmp_path: Path):
    met = datetime(2026, 4, 3, 10, 0)  # noqa: DTZ001 - a sheet knows no zone
    imported, (message, refused) = taken(sheet(tmp_path, met, "fair.csv"))
    assert isinstance(message, Message)
    assert (message.id, message.position) == ("fair:7", 3)
    assert message.occurred_at == datetime(2026, 4, 3, 8, tzinfo=UTC)
    assert {value.path: value.value for value in message.values} == {
        "fair.email": "Joe@Acme.example", "fair.born": "1980-02-01",
    }  # fmt: skip
    # A text in the same column is read in the declared order, as ever.
    assert isinstance(refused, SetAside)
    assert refused.reason.startswith("line 5, column met: '04/13/2026' is no date in the order 'dmy'")
    assert (imported.n_rows, imported.n_refused, imported.file.kind) == (2, 1, "xlsx")


def test_parquet_is_taken_in_as_json_lines_that_say_the_file_s_digest(tmp_path: Path):
    columns = {"id": [1, 2], "mail": ["a@acme.example", None], "met": [NOW - timedelta(days=1)] * 2}
    path = tmp_path / "fair.parquet"
    pq.write_table(pa.table({**columns, "what": ["talk"] * 2, "hall": [3, None], "born": [date(1980, 2, 1)] * 2}), path)
    receipts: list[Receipt] = []
    import_file(path, process(), "fair", receipts.extend, NOW)
    (receipt,) = receipts
    assert receipt.headers["digest"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert json.loads(receipt.body.splitlines()[0])["met"] == "2026-08-31T09:00:00+00:00"
    first, second = accepted(receipts, process())
    assert (first.keys, first.occurred_at, second.keys) == (
        (Key("email", "a@acme.example"),), NOW - timedelta(days=1), (),
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_receipt_is_read_alike_whatever_the_process_says_later(tmp_path: Path, kind: str):
    text = (HEAD + "\n".join(ROWS)).replace(",", ";")
    path = sheet(tmp_path, "03/04/2026") if kind == "xlsx" else write(tmp_path, text)
    receipts: list[Receipt] = []
    import_file(path, process(DETECTED), "fair", receipts.extend, NOW)
    later = process(replace(MAPPING, delimiter="|", encoding="utf-16"))
    assert list(map(str, accepted(receipts, later))) == list(map(str, accepted(receipts, process(DETECTED))))
    assert accepted(receipts, later)


def test_a_receipt_from_before_layouts_were_kept_is_read_by_the_process(tmp_path: Path):
    receipts: list[Receipt] = []
    import_file(write(tmp_path, HEAD + "\n".join(ROWS)), process(), "fair", receipts.extend, NOW)
    old = [
        replace(
            one, headers={name: one.headers[name] for name in ("file", "digest", "format", "columns", "first_line")}
        )
        for one in receipts
    ]
    assert [message.id for message in accepted(old, process())] == ["fair:1", "fair:2"]


def test_whole_rows_in_quotes_and_an_empty_column_at_the_end_are_read_and_kept_verbatim(tmp_path: Path):
    lines = [f'"{line}"' for line in (HEAD.strip(), *ROWS)]
    receipts: list[Receipt] = []
    import_file(write(tmp_path, "\n".join(lines)), process(DETECTED), "fair", receipts.extend, NOW)
    assert receipts[0].body.decode() == "\n".join(lines[1:])
    assert [message.id for message in accepted(receipts, process())] == ["fair:1", "fair:2"]
    text = "\n".join([f",{HEAD.strip()},", f",{ROWS[0]},", f",{ROWS[1]}"])
    _, messages = taken(write(tmp_path, text), mapping=DETECTED)
    assert [message.id for message in messages] == ["fair:1", "fair:2"]


def test_octets_that_are_in_no_encoding_stay_as_they_were_and_cost_one_row(tmp_path: Path):
    octets = HEAD.encode() + "".join(f"{n},ö{n}@acme.example,03/04/2026,ü,1,\n" for n in range(20)).encode()
    broken = b"20,J\xf6rg,03/04/2026,talk,1,\n"
    receipts: list[Receipt] = []
    imported = import_file(write(tmp_path, octets + broken), process(DETECTED), "fair", receipts.extend, NOW)
    assert (imported.n_rows, imported.n_refused) == (21, 1)
    assert receipts[0].body.endswith(broken)
    assert imported.rejects is not None
    assert b"J\xf6rg" in imported.rejects.read_bytes()


def test_a_header_that_differs_in_case_blanks_and_underscores_is_accepted_and_said(tmp_path: Path):
    imported, (message,) = taken(write(tmp_path, "ID,Mail ,_met,W-hat,Hall,Born\n" + ROWS[0]))
    assert message.id == "fair:1"
    said = [choice.value for choice in imported.file.choices if choice.what == "columns"]
    assert said[0] == "'ID' is 'id' of the process"
    assert len(said) == 6


def test_a_header_with_two_columns_that_could_be_meant_is_refused(tmp_path: Path):
    with pytest.raises(BadInput, match=r"has no column 'mail', which the process .* the header has 'id', 'Mail'"):
        taken(write(tmp_path, "id,Mail,MAIL,met,what,hall,born\n"))
    _, messages = taken(write(tmp_path, "id,mail,met,what,hall,born,x,x\n" + ROWS[0] + "1,2\n"))
    assert len(messages) == 1


def test_the_header_is_found_below_titles_by_the_columns_that_the_process_names(tmp_path: Path):
    _, (message,) = taken(write(tmp_path, "Fair, of, many, words, and, more\n\n" + HEAD + ROWS[0]), mapping=DETECTED)
    assert message.position == 4


def test_a_source_that_takes_no_files_names_those_that_do(tmp_path: Path):
    with pytest.raises(BadInput, match="b2b@7 takes no files as 'crm'; it takes them as: fair"):
        import_file(write(tmp_path, HEAD), process(), "crm", None, NOW)


def test_the_bank_s_calls_come_in_whole(shared: Path):
    """Figures: the reference of the data set (Moro, Cortez, Rita 2014)."""
    bank = load(ROOT / "examples/bank/process.yaml")
    path = shared / "data/bank_marketing/bank-additional-full.csv"
    receipts: list[Receipt] = []
    imported = import_file(path, bank, "calls", receipts.extend, NOW, rejects=Path("/never/written"))
    messages = accepted(receipts, bank)
    assert (imported.n_rows, imported.n_refused, imported.n_copies) == (41_188, 0, 12)
    assert imported.flags == {"contradictory_pdays": 4_110}
    assert len({message.id for message in messages}) == len({message.keys for message in messages}) == 41_188
    acts = [message.act for message in messages if message.act is not None]
    assert sum(act.props["outcome"] == "yes" for act in acts) == 4_640
    firsts = [act for act in acts if act.props["attempt"] == 1]
    assert round(100 * sum(act.props["outcome"] == "yes" for act in firsts) / len(firsts), 2) == 13.04


def test_page_views_invent_no_person(shared: Path):
    web = load(ROOT / "examples/web/process.yaml")
    path = shared / "data/snowplow_fractribution/source/snowplow_fractribution_events.csv"
    receipts: list[Receipt] = []
    import_file(path, web, "tracker", receipts.extend, NOW, rejects=Path("/never/written"))
    messages = accepted(receipts, web)
    assert len(messages) == 98
    assert len({message.visitor for message in messages}) == 67
    assert not any(message.identified for message in messages)
