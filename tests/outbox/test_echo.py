"""What we wrote and what was told before is no news when it comes back; what somebody changed is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.inbox.fields import fields_of
from closeloop.inbox.nouns import Reported
from closeloop.outbox.echo import (
    is_over,
    is_overtaken,
    merged,
    news_of,
    not_ours,
    only_news,
    restored,
    shadow_of,
    was_read,
    written,
)
from closeloop.outbox.sync import sync
from closeloop.ports import Command, Record, Ref, Value, Verb
from closeloop.record.nouns import FieldValue
from closeloop.record.settle import winners_of
from support.messages import crm
from support.outgoing import AT, b2b, known, winners

B2B = b2b()
FIELDS = fields_of(B2B).of("crm")
HELD = {"Email": "joe@acme.example", "Name": "Joe Miller", "Phone": "+49301234567", "Title": None, "Status": "Open"}


def lead(fields: dict[str, Value] | None = None, **changes) -> Record:
    return Record("Lead", "L1", "person", AT, HELD | (fields or {}), **changes)


READ = shadow_of(lead())


def update(**fields: Value) -> Command:
    return Command("k", Verb.UPDATE, "Lead", Ref("Lead", "L1"), fields=fields)


def test_everything_is_news_of_a_record_never_seen():
    assert set(HELD) < news_of(lead(), None, FIELDS)
    assert not was_read(None)


def test_the_same_record_again_is_no_news():
    assert news_of(lead(), READ, FIELDS) == frozenset()
    assert was_read(READ)


def test_what_a_seller_changed_is_news_and_nothing_else_is():
    assert news_of(lead({"Status": "Qualified"}), READ, FIELDS) == {"Status"}


@pytest.mark.parametrize(
    "kept",
    ["+49 30 1234567", "+49 (30) 123-4567", " +49301234567 "],
    ids=["blanks", "brackets", "untrimmed"],
)
def test_our_own_phone_number_in_the_vendors_spelling_is_no_news(kept):
    before = shadow_of(lead({"Phone": "+4940999999"}))
    after = written(before, update(Phone="+49301234567"))
    assert news_of(lead({"Phone": kept}), after, FIELDS) == frozenset()


def test_our_own_name_in_the_vendors_capitals_is_no_news():
    assert news_of(lead({"Name": "JOE MILLER"}), written(READ, update(Name="Joe Miller")), FIELDS) == frozenset()


def test_control_a_sellers_own_spelling_of_what_we_did_not_write_is_news():
    assert news_of(lead({"Name": "JOE MILLER"}), READ, FIELDS) == {"Name"}


def test_once_read_back_a_sellers_new_spelling_is_news_again():
    ours = written(READ, update(Name="Joe Miller"))
    read_back = {**ours, **shadow_of(lead())}
    assert news_of(lead({"Name": "JOE MILLER"}), read_back, FIELDS) == {"Name"}


def test_a_change_made_over_our_own_write_is_news():
    ours = written(READ, update(Name="Joe Miller", Phone="+49301234567"))
    assert news_of(lead({"Phone": "+49 30 7654321"}), ours, FIELDS) == {"Phone"}


def test_what_we_wrote_before_the_last_reading_is_remembered_over_several_writes():
    ours = written(written(READ, update(Name="Joe Miller")), update(Phone="+49301234567"))
    assert news_of(lead({"Name": "joe miller", "Phone": "0049 30 1234567"}), ours, FIELDS) == frozenset()


def test_an_owner_that_we_set_is_no_news_and_one_that_they_set_is():
    ours = written(READ, Command("k", Verb.UPDATE, "Lead", Ref("Lead", "L1"), refs={"owner": Ref("User", "U1")}))
    assert news_of(lead(refs={"owner": Ref("User", "U1")}), ours, FIELDS) == frozenset()
    assert news_of(lead(refs={"owner": Ref("User", "U2")}), ours, FIELDS) == {"_owner"}


def test_a_record_that_we_made_counts_as_read_only_when_the_vendor_told_of_it():
    made = written(None, Command("k", Verb.CREATE, "Lead", our_key="joe", fields={"Email": "joe@acme.example"}))
    assert not was_read(made)
    assert "Email" not in news_of(lead(), made, FIELDS)
    assert "Status" in news_of(lead(), made, FIELDS)


@pytest.mark.parametrize(
    "became",
    [{"became": (Ref("Contact", "C1"),)}, {"active": False}, {"deleted": True}],
    ids=["converted", "deactivated", "deleted"],
)
def test_that_a_record_was_converted_deactivated_or_deleted_is_news(became):
    assert news_of(lead(**became), READ, FIELDS) == {"_state"}


def test_an_older_state_of_a_record_is_told_from_the_newest_one():
    newest = shadow_of(replace(lead(), changed_at=AT + timedelta(minutes=5)))
    assert is_overtaken(lead(), newest)
    assert not is_overtaken(lead(), READ)
    assert not is_overtaken(lead(), written(None, update(Phone="+49301234567")))
    assert not is_overtaken(lead(), None)


def test_blank_and_absent_say_the_same():
    assert news_of(lead({"Title": ""}), READ, FIELDS) == frozenset()


def test_a_touch_is_told_once():
    call = crm("Task", "T1", touch="call.logged", fields={"Description": "left word"}, person=Ref("Lead", "L1"))
    assert call.record is not None
    first = news_of(call.record, None, FIELDS)
    assert only_news(call, first, None).act == call.act
    longer = crm("Task", "T1", touch="call.logged", fields={"Description": "rang again"}, person=Ref("Lead", "L1"))
    assert longer.record is not None
    before = shadow_of(call.record)
    news = news_of(longer.record, before, FIELDS)
    assert news == {"Description"}
    assert only_news(longer, news, before).act is None


def test_a_task_that_became_a_call_is_told():
    task = crm("Task", "T1", person=Ref("Lead", "L1"))
    call = crm("Task", "T1", touch="call.logged", person=Ref("Lead", "L1"))
    assert task.record is not None
    assert only_news(call, frozenset({"_touch"}), shadow_of(task.record)).act == call.act


def test_of_a_message_only_the_values_that_are_news_go_on():
    message = crm("Lead", "L1", email="joe@acme.example", fields=dict(HELD))
    values = (Reported("person", "crm.Email", "joe@acme.example"), Reported("person", "crm.Lead.Status", "Qualified"))
    message = type(message)(
        message.id, "crm", "r", 0, "record", AT, AT, keys=message.keys, values=values, record=message.record
    )
    left = only_news(message, frozenset({"Status"}), READ)
    assert left.values == values[1:]
    assert left.keys == message.keys


@given(st.dictionaries(st.sampled_from(sorted(HELD)), st.none() | st.text(max_size=5) | st.booleans() | st.integers()))
def test_whatever_was_read_is_no_news_when_read_again(fields):
    assert news_of(lead(fields), shadow_of(lead(fields)), FIELDS) == frozenset()


class Vendor:
    """A CRM and a marketing system that each spell a value in their own way and report every change of a record."""

    def __init__(self, object_name: str, source: str, spell: Callable[[str], str], fields: dict[str, Value]) -> None:
        self.object, self.source, self.spell, self.fields = object_name, source, spell, fields
        self.n_writes = 0

    def write(self, fields) -> None:
        self.n_writes += 1
        self.fields |= {name: self.spell(value) if isinstance(value, str) else value for name, value in fields.items()}

    def record(self) -> Record:
        return Record(self.object, "1", "person", AT, dict(self.fields))


def run(vendors: list[Vendor], cycles: int, *, forgetful: bool) -> list[int]:
    """Writes of each cycle: read both sides, settle the winners, write what differs. `forgetful` compares nothing."""
    shadows: dict[tuple[str, str, str], dict[str, Value]] = {}
    values: dict[str, FieldValue] = {}
    n_writes = []
    for cycle in range(cycles):
        before = sum(vendor.n_writes for vendor in vendors)
        for vendor in vendors:
            key, record = (vendor.source, vendor.object, "1"), vendor.record()
            news = news_of(record, None if forgetful else shadows.get(key), fields_of(B2B).of(vendor.source))
            for name in news & record.fields.keys():
                path = f"{vendor.source}.{name}"
                field = next(rule.name for rule in B2B.fields["person"].values() if path in map(str, rule.paths))
                said = record.fields[name]
                if said is not None:
                    at = AT + timedelta(minutes=cycle)
                    values[path] = FieldValue("joe", field, path, at, said, said, True, f"m{cycle}")
            shadows[key] = {**shadows.get(key, {}), **shadow_of(record)}
        believed = winners_of("person", list(values.values()), B2B)
        held = {} if forgetful else dict(shadows)
        if forgetful:
            held = {key: {} for key in shadows}
        for planned in sync(known(held, person=believed, account={}), "sales", B2B, f"m{cycle}"):
            ref = planned.command.ref
            assert ref is not None
            next(vendor for vendor in vendors if vendor.source == planned.source).write(planned.command.fields)
            key = (planned.source, ref.object, "1")
            shadows[key] = written(shadows[key], planned.command)
        n_writes.append(sum(vendor.n_writes for vendor in vendors) - before)
    return n_writes


def two_sides() -> list[Vendor]:
    fields = {"Email": "joe@acme.example", "Name": "Joe Miller", "Phone": "+49 30 1234567", "Title": "CTO"}
    return [
        Vendor("Contact", "crm", str.title, dict(fields)),
        Vendor("Lead", "ma", str.upper, {name.lower(): value for name, value in fields.items()}),
    ]


def test_one_change_is_one_write_to_the_other_side_and_then_nothing_for_fifty_cycles():
    vendors = two_sides()
    assert run(vendors, 3, forgetful=False) == [0, 0, 0]
    crm_side, ma_side = vendors
    crm_side.fields |= {"Title": "Plant manager", "Phone": "+49 30 7654321"}
    n_writes = run(vendors, 50, forgetful=False)
    assert n_writes == [1] + [0] * 49
    assert ma_side.fields["title"] == "PLANT MANAGER"


def test_control_without_the_comparison_the_two_sides_write_to_each_other_for_ever():
    n_writes = run(two_sides(), 50, forgetful=True)
    assert min(n_writes) >= 1


def test_a_winner_is_told_to_a_side_that_has_nothing():
    blank = {**shadow_of(lead({"Phone": None})), "Title": None}
    plan = sync(known({("crm", "Lead", "L1"): blank}, person=winners(phone="+49301234567")), "sales", B2B, "m1")
    assert [dict(each.command.fields) for each in plan if each.source == "crm"] == [{"Phone": "+49301234567"}]


def contact_with(became=(), **fields):
    return Record("Contact", "C1", "person", AT, fields, became=became)


def test_what_was_sent_and_not_answered_is_no_edit_of_theirs_in_whatever_spelling():
    under_way = [update(Phone="+49301234567", Title="CTO")]
    record = contact_with(Phone="+49 (30) 123-4567", Title="Buyer", Email="x@acme.example")
    news = frozenset({"Phone", "Title", "Email"})
    assert not_ours(record, news, under_way, FIELDS) == {"Title", "Email"}
    assert not_ours(record, news, [], FIELDS) == news


def test_a_record_that_ended_says_nothing_new_and_one_that_lives_again_does():
    became = (Ref("Contact", "C2"),)
    ended = merged({"Title": "CTO"}, *became)
    assert is_over(contact_with(became, Title="CEO"), ended)
    assert not is_over(contact_with(Title="CEO"), ended)
    assert not is_over(contact_with(Title="CEO"), {"Title": "CTO", "_state": "active"})


def test_a_restored_record_holds_what_was_given_back_and_is_active():
    again = restored(merged({"Title": "CTO"}, Ref("Contact", "C2")), update(Phone="1"))
    assert (again["_state"], again["Title"], again["Phone"]) == ("active", "CTO", "1")
