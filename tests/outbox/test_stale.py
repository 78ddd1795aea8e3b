"""What waits to be sent goes elsewhere, loses a part, or is dropped, by what befell its record; fields go once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from closeloop.outbox.nouns import Known, Planned, Posted
from closeloop.outbox.stale import look_again, orphans, supersede
from closeloop.ports import Ref, Verb
from support.outgoing import AT, planned

L1, L2, C1, ABEL = Ref("Lead", "L1"), Ref("Lead", "L2"), Ref("Contact", "C1"), Ref("User", "005A")
KEY = ("crm", "Lead", "L1")


def waits(each: Planned, *, lead_id: str | None = None) -> Posted:
    return Posted(replace(each, lead_id=lead_id), "waiting", 0, AT)


def seen(posted: Posted, gone=None, handed=()):
    """What becomes of one: what it would be sent as, or why it is not."""
    stale = look_again([posted], gone or {}, handed)
    if stale.dropped:
        return stale.dropped[posted.planned.command.key]
    [left] = stale.changed or [posted.planned]
    return left.command.ref, dict(left.command.refs)


@pytest.mark.parametrize("verb", [Verb.DEACTIVATE, Verb.REACTIVATE, Verb.JOIN, Verb.LEAVE, Verb.TELL])
def test_what_is_about_the_person_goes_to_what_the_record_became(verb):
    assert seen(waits(planned("k", verb)), {KEY: C1}) == (C1, {})
    assert seen(waits(planned("k", verb)), {KEY: None}) == "not sent any more: Lead L1 was deleted there"


def test_fields_are_decided_anew_where_the_record_lives_on():
    assert seen(waits(planned("k")), {KEY: L2}) == (
        "not sent any more: Lead L1 became Lead L2; what it should hold is decided there"
    )


def test_a_leads_owner_goes_to_the_survivor_and_not_to_a_contact():
    owner = waits(planned("k", refs={"owner": ABEL}), lead_id="lead-1")
    assert seen(owner, {KEY: L2}) == (L2, {"owner": ABEL})
    assert str(seen(owner, {KEY: C1})).startswith("not sent any more: Lead L1 became Contact C1")


def test_a_task_points_to_what_the_person_became_or_to_nobody():
    task = waits(planned("k", Verb.CREATE, ref=None, refs={"person": L1, "owner": ABEL}), lead_id="lead-1")
    assert seen(task, {KEY: C1}) == (None, {"person": C1, "owner": ABEL})
    assert seen(task, {KEY: None}) == (None, {"owner": ABEL})


def test_a_merge_of_which_one_record_is_gone_is_not_sent():
    merge = waits(planned("k", Verb.MERGE, refs={"loser": L2}))
    assert seen(merge, {("crm", "Lead", "L2"): None}) == "not sent any more: Lead L2 is gone there"
    assert str(seen(merge, {KEY: L2})).startswith("not sent any more")


@pytest.mark.parametrize("verb", [Verb.RESTORE, Verb.ERASE])
def test_what_is_about_a_record_that_is_gone_stays(verb):
    assert seen(waits(planned("k", verb)), {KEY: None}) == (L1, {})


def test_an_owner_given_outside_is_not_taken_back_and_the_rest_goes_out():
    alone = waits(planned("k", refs={"owner": ABEL}), lead_id="lead-1")
    assert seen(alone, handed={KEY}) == "not sent any more: Lead L1 was given to another owner there"
    both = waits(planned("k", fields={"done": True}, refs={"owner": ABEL}), lead_id="lead-1")
    assert seen(both, handed={KEY}) == (L1, {})


def test_what_befell_another_record_changes_nothing():
    assert seen(waits(planned("k", refs={"owner": ABEL})), {("ma", "Lead", "L1"): None}, {("crm", "Lead", "L2")}) == (
        L1, {"owner": ABEL},
    )  # fmt: skip


def test_of_fields_only_what_was_decided_last_goes_out():
    old, new = planned("old", fields={"Title": "CTO"}), planned("new", fields={"Title": "CEO"})
    assert supersede([waits(old)], [new]) == (
        [new], {"old": "not sent any more: what the record is to hold was decided anew"},
    )  # fmt: skip
    assert supersede([waits(old)], [])[1].keys() == {"old"}


def test_what_waits_already_is_not_planned_twice():
    old, same = planned("old", fields={"Title": "CTO"}), planned("new", fields={"Title": "CTO"})
    assert supersede([waits(old)], [same]) == ([], {})


def test_what_a_lead_asked_for_is_nobody_elses_to_drop():
    owner = waits(planned("owner", refs={"owner": ABEL}), lead_id="lead-1")
    assert supersede([owner], []) == ([], {})


def without_a_record(*, other: str | None) -> Known:
    return Known("p", (), {}, {}, {}, {("crm", "Lead"): other} if other else {})


def test_what_waits_for_a_create_that_is_not_made_waits_for_the_other_one_of_the_person():
    joins = waits(replace(planned("k", Verb.JOIN, ref=None), after="made"))
    moved, dropped = orphans([joins], {"made"}, without_a_record(other="other"))
    assert ([each.after for each in moved], dropped) == (["other"], {})


def test_where_nothing_else_is_made_it_is_not_sent():
    joins = waits(replace(planned("k", Verb.JOIN, ref=None), after="made"))
    moved, dropped = orphans([joins], {"made"}, without_a_record(other=None))
    assert (moved, dropped) == ([], {"k": "no longer needed: its record is not made any more"})
