"""A vendor's record leads to whose it is, to every other id of theirs, and to all that was ever said and sent."""

from __future__ import annotations

import json

from closeloop.measure.records import record_story
from support.side_window import JOE, Seed, at

LEAD = "00Q000000000001AAA"


def told(window) -> None:
    """Joe's lead became a contact, and marketing's record of Joseph was deleted."""
    seed = Seed()
    seed.key(JOE, "crm.Contact", "003A", at(5, month=8))
    seed.key(JOE, "ma.Lead", "77", at(6, month=8))
    seed.key(JOE, "crm.user", "005", at(6, month=8))
    for source, name, id_, fields in (
        ("crm", "Lead", LEAD, {"Name": "Joe Miller", "_state": "Contact:003A,Account:001A", "_at": 1}),
        ("ma", "Lead", "77", {"_state": "deleted"}),
        ("crm", "Contact", "nobody's", {"Name": "Zoe", "_state": "inactive"}),
    ):
        seed.other("shadows", source=source, object=name, record_id=id_, fields=json.dumps(fields))
    seed.command("other", "crm", "update", at(6, month=8), person_id=JOE, ref_object="Contact", ref_id="003A")
    with window.database.write() as connection:
        seed.write(connection)


def test_it_tells_whose_it_is_what_it_holds_and_what_it_became(window):
    told(window)
    with window.database.read() as connection:
        record = record_story(connection, "crm", "Lead", LEAD)
    assert record is not None
    assert (record.root_id, record.kind, record.called) == (JOE, "person", "Joe Miller")
    assert record.holds == {"Name": "Joe Miller"}
    assert (record.state, record.became) == ("merged", (("Contact", "003A"), ("Account", "001A")))
    assert [(one.source, one.object, one.id, one.state) for one in record.known] == [
        ("crm", "Lead", LEAD, "merged"),
        ("crm", "Contact", "003A", "unread"),
        ("ma", "Lead", "77", "deleted"),
    ]
    assert [command.key for command in record.commands] == ["create lead Joe"]
    names = next(field for field in record.fields if field.field == "name")
    assert [(one.value, one.wins) for one in names.candidates] == [("Joe Miller", True), ("Joseph Miller", False)]


def test_one_that_nobody_owns_tells_what_it_holds_and_one_that_nobody_told_of_is_not_there(window):
    told(window)
    with window.database.read() as connection:
        record = record_story(connection, "crm", "Contact", "nobody's")
        assert record_story(connection, "crm", "Contact", "none") is None
    assert record is not None
    assert (record.root_id, record.holds, record.state, record.known) == ("", {"Name": "Zoe"}, "inactive", ())
