"""A field may name a table that brings what was given to standard text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from closeloop.inbox.nouns import Message, Reported
from closeloop.process.load import load, load_files
from closeloop.record.report import report
from closeloop.words.errors import ProcessError

TITLE = "    title:     {trust: [{newest: [crm.Title, ma.title, form.title]}], write: [crm, ma]"
TITLES = b'given,standard\nCEO,Chief Executive Officer\nVP *,"Vice President, *"\nmktg,Marketing\n'
AT = datetime(2026, 9, 1, tzinfo=UTC)


def with_table(files, name="titles.csv", table=TITLES, more=""):
    text = files["b2b.yaml"].decode()
    assert TITLE in text
    cleaned = text.replace(TITLE, f"{TITLE}, clean: {name}{more}").encode()
    return {**files, "b2b.yaml": cleaned, **({} if table is None else {"titles.csv": table})}


def stated(process, title):
    message = Message("form:1", "form", "r", 0, "event", AT, AT, values=(Reported("person", "form.title", title),))
    return [(value.value, value.given, value.valid) for value in report(message, {"person": "joe"}, process)]


def test_what_the_table_knows_becomes_standard_text_and_what_came_in_is_kept(sound_files):
    process = load_files(with_table(sound_files), "b2b.yaml")
    assert stated(process, "V.P. Mktg") == [("Vice President, Marketing", "V.P. Mktg", True)]
    assert stated(process, "ceo ") == [("Chief Executive Officer", "ceo ", True)]


def test_what_the_table_does_not_know_stays_as_given(sound_files):
    process = load_files(with_table(sound_files), "b2b.yaml")
    assert stated(process, "Wizard of Light") == [("Wizard of Light", "Wizard of Light", True)]
    assert stated(process, "") == []


def test_without_a_table_nothing_is_cleaned(sound_files):
    assert stated(load_files(sound_files, "b2b.yaml"), "ceo") == [("ceo", "ceo", True)]


def test_the_table_is_read_beside_the_file_and_kept_with_the_version(sound_files, tmp_path):
    for name, content in with_table(sound_files).items():
        (tmp_path / name).write_bytes(content)
    process = load(tmp_path / "b2b.yaml")
    assert process.files["titles.csv"] == TITLES
    assert load_files(process.files, "b2b.yaml") == process
    assert stated(process, "CEO")[0][0] == "Chief Executive Officer"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"table": None}, "b2b.yaml:20: fields.person.title.clean: no file 'titles.csv' beside the process file"),
        ({"name": "../titles.csv"}, "fields.person.title.clean: '../titles.csv' does not have the form"),
        ({"more": ", as: email"}, "a table cleans text, not email; valid beside clean: as text, person_name, company"),
        ({"table": b"from,to\n"}, "titles.csv:1: the heading is from, to; it needs the columns given and standard"),
        ({"table": TITLES + b"c.e.o.,Boss\n"}, "titles.csv:5: 'c.e.o.' is given a second time"),
        ({"table": TITLES + b'"CTO,x\n'}, "titles.csv:5: not CSV: unexpected end of data"),
        ({"table": b"given,standard\n\xff,x\n"}, "titles.csv:2: not UTF-8"),
    ],
)
def test_a_table_that_cannot_work_is_refused_with_its_place(sound_files, changes, said):
    with pytest.raises(ProcessError) as caught:
        load_files(with_table(sound_files, **changes), "b2b.yaml")
    assert said in str(caught.value)
