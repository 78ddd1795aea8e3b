"""Where two sources disagree, the page names both, the winner and its rule, and who still holds the other value."""

from __future__ import annotations

import json

import pytest

from closeloop.measure import conflicts as of_conflicts
from closeloop.measure.conflicts import START, Conflict, conflicts
from support.road import b2b
from support.side_window import ANA, BEN, JOE, Seed, at


def shadow(seed: Seed, source: str, object_name: str, id_: str, **fields: object) -> None:
    seed.other(
        "shadows", source=source, object=object_name, record_id=id_, fields=json.dumps({"_state": "active", **fields})
    )


@pytest.fixture
def seed(window):
    """What is told of people besides; written before it is looked at."""
    return Seed()


def seen(window, seed: Seed, field: str = "") -> dict[tuple[str, str], Conflict]:
    with window.database.write() as connection:
        seed.write(connection)
    with window.database.read() as connection:
        return {(each.root_id, each.field): each for each in conflicts(connection, b2b(), field).found}


def test_each_side_is_named_with_its_moment_and_the_rule_that_decided(window, seed):
    found = seen(window, seed)
    assert set(found) == {(JOE, "name"), (JOE, "email")}
    name = found[JOE, "name"]
    assert [(claim.path, claim.value, claim.wins) for claim in name.claims] == [
        ("crm.Name", "Joe Miller", True),
        ("form.name", "Joseph Miller", False),
    ]
    assert (name.called, name.why) == ("Joe Miller", "b2b@7 fields.person.name: crm.Name before form.name")
    assert set(seen(window, Seed(), "email")) == {(JOE, "email")}


@pytest.mark.parametrize(("newest", "n"), [("Ben Okafor", 0), ("Benjamin", 1)], ids=["older", "control: newest"])
def test_what_a_path_said_before_is_no_conflict(window, seed, newest, n):
    older = "Benjamin" if newest == "Ben Okafor" else "Ben Okafor"
    seed.value(BEN, "name", older, "crm.Name", at(11, month=7))
    seed.value(BEN, "name", newest, "crm.Name", at(12, month=7))
    assert len(seen(window, seed, "name")) == 1 + n


def test_what_is_not_valid_is_no_conflict(window, seed):
    seed.value(BEN, "email", "nonsense", "crm.Email", at(11, month=7))
    seed.rows["field_values"][-1]["valid"] = 0
    assert (BEN, "email") not in seen(window, seed)


def test_who_holds_the_other_value_is_told_and_whether_it_will_be_written(window, seed):
    for person, kind, id_ in ((JOE, "ma.Lead", "77"), (JOE, "ma.Lead", "78"), (ANA, "crm.Contact", "003")):
        seed.key(person, kind, id_, at(5, month=8))
    shadow(seed, "ma", "Lead", "77", name="Joseph Miller")
    shadow(seed, "ma", "Lead", "78", name="Josef", _state="deleted")
    shadow(seed, "crm", "Lead", "00Q000000000001AAA", Name="joe miller ")
    seed.value(ANA, "name", "Anna Silva", "crm.Name", at(1))
    shadow(seed, "crm", "Contact", "003", Name="Anna Silva")
    found = seen(window, seed, "name")
    (joseph,) = found[JOE, "name"].holders
    assert (joseph.source, joseph.id, joseph.value, joseph.why) == ("ma", "77", "Joseph Miller", "is to be written")
    (anna,) = found[ANA, "name"].holders
    assert (anna.id, anna.why) == ("003", "held back: in the custody of marketing")


def test_a_field_that_was_cleared_is_told_with_who_still_holds_a_value(window, seed):
    why = "crm.Title cleared it on 2026-08-03 before ma.title"
    seed.value(BEN, "title", "CTO", "ma.title", at(1))
    seed.value(BEN, "title", "", "crm.Title", at(3), wins=why)
    seed.key(BEN, "ma.Lead", "77", at(5, month=8))
    shadow(seed, "ma", "Lead", "77", title="CTO")
    found = seen(window, seed, "title")[BEN, "title"]
    assert found.why == f"b2b@7 fields.person.title: {why}"
    assert [(claim.path, claim.value, claim.wins) for claim in found.claims] == [
        ("crm.Title", "(empty)", True),
        ("ma.title", "CTO", False),
    ]
    assert [(holder.id, holder.value, holder.why) for holder in found.holders] == [("77", "CTO", "is to be written")]


def test_page_by_page_everything_is_seen_once_however_little_is_looked_at_for_one(window, seed, monkeypatch):
    whole = list(seen(window, seed))
    for looked_at, most in ((15_000, 1), (1, 20), (3, 20)):
        monkeypatch.setattr(of_conflicts, "LOOKED_AT", looked_at)
        before, keys, n = START, [], 0
        with window.database.read() as connection:
            while before is not None:
                page = conflicts(connection, b2b(), before=before, most=most)
                keys += [(each.root_id, each.field) for each in page.found]
                before, n = page.after, n + 1
        assert keys == whole
        assert n > 1
