"""Given text is brought to standard text by a table, and a table that cannot work names its mistakes."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.cleaning import CleaningTable, read_cleaning_table
from closeloop.words.errors import ProcessError

TABLE = """given,standard
CEO,Chief Executive Officer
VP *,"Vice President, *"
Vice President of *,"Vice President, *"
Sr *,Senior *
mktg,Marketing
* apprentice,Apprentice
"""


def table(text: str = TABLE) -> CleaningTable:
    return read_cleaning_table(text, "titles.csv")


@pytest.mark.parametrize(
    ("given_text", "standard"),
    [
        ("ceo", "Chief Executive Officer"),
        (" C.E.O. ", "Chief Executive Officer"),
        ("Vice-President of DevOps", "Vice President, DevOps"),
        ("VP, Mktg", "Vice President, Marketing"),
        ("Sr. VP Mktg.", "Senior Vice President, Marketing"),
        ("Baker's Apprentice", "Apprentice"),
    ],
)
def test_known_text_becomes_standard_text(given_text, standard):
    assert table().clean(given_text) == standard


@pytest.mark.parametrize("text", ["Wizard of  Light", "VP", "ceo of the year", "", "***"])
def test_what_the_table_does_not_know_stays_as_given(text):
    assert table().clean(text) == text


def test_a_line_for_the_whole_text_goes_before_one_with_a_star():
    both = table("given,standard\n* Lead,Lead *\nTeam Lead,Supervisor\n")
    assert both.clean("team lead") == "Supervisor"
    assert both.clean("Marketing Lead") == "Lead Marketing"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "the heading is nothing; it needs the columns given and standard"),
        ("from,to\na,b\n", 1, "the heading is from, to"),
        ("given,standard\nCEO,\n", 2, "nothing under standard"),
        ("given,standard\n,Chief\n", 2, "nothing under given"),
        ("given,standard\nCEO\n", 2, "nothing under standard"),
        ("given,standard\nVP *,Vice President, *\n", 2, "put a text with a comma in quotes"),
        ("given,standard\nCEO,Chief\nc.e.o.,Boss\n", 3, "is given a second time"),
        ("given,standard\nVP *,a\nvp  *,b\n", 3, "is given a second time"),
        ("given,standard\n* VP *,Vice\n", 2, "more than one *"),
        ("given,standard\nVP,Vice *\n", 2, "none that it could stand for"),
        ("given,standard\nVP*,Vice *\n", 2, "stands for whole words"),
        ("given,standard\n*,Mr *\n", 2, "without end"),
        ("given,standard\n--,Nothing\n", 2, "no letter or digit"),
    ],
)
def test_a_mistake_in_the_table_is_named_with_its_line(text, line, what):
    with pytest.raises(ProcessError) as error:
        table(text)
    assert (error.value.faults[0].file, error.value.faults[0].line) == ("titles.csv", line)
    assert what in error.value.faults[0].what


def test_all_mistakes_are_named_at_once():
    with pytest.raises(ProcessError) as error:
        table("given,standard\nCEO,\n\nVP,Vice *\n")
    assert [fault.line for fault in error.value.faults] == [2, 4]


def test_a_byte_order_mark_and_further_columns_do_no_harm():
    with_more = table("\ufeffgiven,standard,level\nceo,Chief,top\n")
    found = with_more.find("CEO")
    assert found is not None
    assert dict(found.line.more) == {"level": "top"}


@given(st.text() | st.lists(st.sampled_from(["VP", "Sr", "mktg", "ceo", "of", "*", "é"])).map(" ".join))
def test_cleaning_ends_for_any_text(text):
    assert isinstance(table().clean(text), str)


@given(st.text())
def test_any_file_is_a_table_or_refused(text):
    for candidate in (text, "given,standard\n" + text):
        with suppress(ProcessError):
            table(candidate).clean(text)
