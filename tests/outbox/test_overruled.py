"""What we wrote and the vendor then tells otherwise was set back; it is counted within a span, field by field."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.inbox.fields import fields_of
from closeloop.outbox.echo import news_of, set_back, shadow_of, written
from closeloop.outbox.overruled import counted_anew, n_overruled, with_set_back
from closeloop.ports import Command, Record, Ref, Value, Verb
from support.outgoing import AT, b2b

FIELDS = fields_of(b2b()).of("crm")
DAY = timedelta(days=1)


def lead(**fields: Value) -> Record:
    return Record("Lead", "L1", "person", AT, {"Title": "CTO", "Phone": None} | fields)


def wrote(verb: Verb = Verb.UPDATE, **fields: Value) -> dict[str, Value]:
    """A record that was read, then written to."""
    ref = None if verb is Verb.CREATE else Ref("Lead", "L1")
    return written(shadow_of(lead()), Command("k", verb, "Lead", ref, fields=fields))


def told(shadow: dict[str, Value], **fields: Value) -> frozenset[str]:
    record = lead(**fields)
    return set_back(record, news_of(record, shadow, FIELDS), shadow, FIELDS)


@pytest.mark.parametrize("value", ["CFO", None], ids=["another", "blank"])
def test_another_value_than_ours_was_set_back(value):
    assert told(wrote(Title="CEO"), Title=value) == {"Title"}


def test_also_after_ours_was_read_there():
    shadow = wrote(Title="CEO")
    assert told({**shadow, **shadow_of(lead(Title="CEO"))}, Title="CFO") == {"Title"}


@pytest.mark.parametrize(
    ("shadow", "fields"),
    [
        (wrote(Title="CEO"), {"Title": "CEO"}),
        (wrote(Phone="+49301234567"), {"Phone": "0049 30 1234567"}),
        ({**wrote(Phone="+49301234567"), **shadow_of(lead(Phone="+49301234567"))}, {"Phone": "+49 (30) 1234567"}),
        (wrote(Phone="+49301234567"), {"Phone": "+49301234567", "Title": "CFO"}),
        (shadow_of(lead()), {"Title": "CFO"}),
        (wrote(Verb.CREATE, Title="CEO"), {"Title": "CFO"}),
    ],
    ids=["ours", "spelled", "spelled later", "another field", "never written", "of a record that we made"],
)
def test_nothing_else_was(shadow, fields):
    assert told(shadow, **fields) == frozenset()


def test_it_counts_once_for_each_write_and_only_within_the_span():
    shadow = wrote(Title="CEO")
    for n in range(3):
        shadow |= with_set_back(shadow, told(shadow, Title=f"CFO {n}"), AT + n * DAY / 2, DAY)
        shadow |= shadow_of(lead(Title=f"CFO {n}"))
        assert told(shadow, Title="COO") == frozenset(), "theirs, not ours"
        shadow = written(shadow, Command("k", Verb.UPDATE, "Lead", Ref("Lead", "L1"), fields={"Title": "CEO"}))
    assert n_overruled(shadow, AT) == {"Title": 2}
    assert n_overruled(shadow, AT + DAY) == {"Title": 0}


def test_counted_anew_it_was_never_set_back_and_other_fields_were():
    shadow = with_set_back(wrote(Title="CEO", Phone="1"), {"Title", "Phone"}, AT, DAY)
    assert n_overruled(counted_anew(shadow, {"Title"}), AT - DAY) == {"Phone": 1}
