"""Every value has one normal form, whichever door it came through."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.errors import BadInput
from closeloop.words.normal import NORMAL_FORMS, Normal, comparable

FORMS = sorted(NORMAL_FORMS)
TEXTS = st.text(st.characters(), max_size=30) | st.sampled_from(
    [
        "Joe+x@Acme.example",
        "+49 30 123456",
        "Norway",
        "5 EUR",
        "2026-09-01",
        "2026-09-01T09:00:00+02:00",
        "1e3",
        "0.0",
        "yes",
    ]
)
GIVEN = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS


def test_knows_the_forms_of_the_process_file():
    assert set(NORMAL_FORMS) == {
        "text", "email", "phone", "person_name", "company", "country", "integer", "number", "boolean", "money",
        "moment", "date",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("as_name", "given", "value"),
    [
        ("text", " two\nlines \x00", "two\nlines"),
        ("text", 5.0, "5"),
        ("text", True, "true"),
        ("email", " Joe+Fair@Acme.Example", "joe@acme.example"),
        ("phone", "030 123456", "+4930123456"),
        ("phone", 30123456, "+4930123456"),
        ("person_name", " joe  Mac\nDonald ", "joe Mac Donald"),
        ("company", " Acme   Corp. ", "Acme Corp."),
        ("country", "Norge", "NO"),
        ("integer", "1200", 1200),
        ("integer", 1200.0, 1200),
        ("integer", "1200.0", 1200),
        ("integer", -(2**63), -(2**63)),
        ("number", "1200.5", 1200.5),
        ("number", 3, 3.0),
        ("boolean", "Yes", True),
        ("boolean", 0, False),
        ("boolean", False, False),
        ("money", "EUR 48000.5", "48000.50 EUR"),
        ("moment", "2026-09-01T11:00:00+02:00", "2026-09-01T09:00:00.000000Z"),
        ("date", "2026-09-01", "2026-09-01"),
    ],
)
def test_brings_what_is_given_into_its_form(as_name, given, value):
    normal = NORMAL_FORMS[as_name](given, "Germany")
    assert normal == Normal(value, True)
    assert type(normal.value) is type(value)


@pytest.mark.parametrize(
    ("as_name", "given", "kept"),
    [
        ("email", " joe at acme ", "joe at acme"),
        ("email", "jo\x00e@acme.example", "joe@acme.example"),
        ("email", 5, "5"),
        ("phone", "030 123456", "030 123456"),
        ("phone", True, "true"),
        ("country", "Atlantis", "Atlantis"),
        ("country", False, "false"),
        ("integer", "1,200", "1,200"),
        ("integer", "1200.5", "1200.5"),
        ("integer", 2**63, str(2**63)),
        ("integer", True, "true"),
        ("integer", math.nan, "nan"),
        ("integer", "\x00", None),
        ("number", "1e999", "1e999"),
        ("number", math.inf, "inf"),
        ("boolean", "perhaps", "perhaps"),
        ("boolean", 2, "2"),
        ("money", "5000", "5000"),
        ("money", 5000, "5000"),
        ("moment", "2026-09-01T09:00:00", "2026-09-01T09:00:00"),
        ("moment", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("moment", 1_788_000_000, "1788000000"),
        ("date", "01/09/2026", "01/09/2026"),
        ("date", "2026-09-01T09:00:00Z", "2026-09-01T09:00:00Z"),
    ],
)
def test_keeps_what_has_not_the_form_as_text_and_says_why(as_name, given, kept):
    normal = NORMAL_FORMS[as_name](given, None)
    assert (normal.value, normal.valid) == (kept, False)
    assert normal.why


@pytest.mark.parametrize("as_name", FORMS)
@pytest.mark.parametrize("blank", [None, "", "  ", "\n\t\u00a0"])
def test_blank_says_nothing_and_is_valid(as_name, blank):
    assert NORMAL_FORMS[as_name](blank, None) == Normal(None, True)
    assert comparable(as_name, blank) == ""


@pytest.mark.parametrize(
    ("as_name", "ours", "theirs"),
    [
        ("text", "Plant  manager", " plant manager "),
        ("email", "joe@acme.example", "JOE+crm@ACME.example "),
        ("phone", "+4930123456", "+49 (30) 123-456"),
        ("phone", "12-34", "1234"),
        ("person_name", "Joe Smith", "JOE  SMITH"),
        ("company", "Acme Corp.", "ACME"),
        ("country", "NO", "Norway"),
        ("integer", 5, "5.0"),
        ("number", 5, "5.00"),
        ("boolean", True, "1"),
        ("money", "5000 EUR", "5000.00 EUR"),
        ("moment", "2026-09-01T09:00:00Z", "2026-09-01T11:00:00.000+02:00"),
    ],
)
def test_a_vendors_trimming_and_casing_is_no_change(as_name, ours, theirs):
    assert comparable(as_name, ours) == comparable(as_name, theirs)


@pytest.mark.parametrize(
    ("as_name", "ours", "theirs"),
    [("text", "CTO", "CFO"), ("phone", "+4930123456", "+4930123457"), ("number", 5, 5.5), ("boolean", True, False)],
)
def test_a_change_is_a_change(as_name, ours, theirs):
    assert comparable(as_name, ours) != comparable(as_name, theirs)


def test_an_unknown_form_is_refused_with_those_that_there_are():
    with pytest.raises(BadInput, match="'mail' is not a normal form; valid are text, email"):
        comparable("mail", "x")


@pytest.mark.parametrize("as_name", FORMS)
@pytest.mark.parametrize("letter", ["1", "a", "ü", "a.", "1,", "\u0f71\u0301", "@"])
def test_a_megabyte_of_anything_is_read_in_no_time(as_name, letter):
    began = time.process_time()
    NORMAL_FORMS[as_name](letter * 500_000 + "!", "DE")
    assert time.process_time() - began < 3


@pytest.mark.parametrize("as_name", FORMS)
@given(given=GIVEN, country=st.sampled_from([None, "DE", "Norway", "nowhere"]))
def test_forms_stay_when_applied_twice_and_can_be_stored(as_name, given, country):
    form = NORMAL_FORMS[as_name]
    normal = form(given, country)
    if isinstance(normal.value, str):
        assert "\x00" not in normal.value
        normal.value.encode()
    if normal.valid:
        assert form(normal.value, None) == normal
    compared = comparable(as_name, normal.value)
    assert comparable(as_name, compared) == compared
