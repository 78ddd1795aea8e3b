"""What a system sets back too often is held back; consent never is."""

from __future__ import annotations

from datetime import timedelta

from closeloop.outbox.loops import hold_back
from closeloop.outbox.nouns import Planned
from closeloop.outbox.overruled import with_ours, with_set_back
from closeloop.ports import Command, Ref, Verb
from support.outgoing import AT, b2b, known

LEAD = Ref("Lead", "L1")
FIELDS = {"Name": "Joe Miller", "HasOptedOutOfEmail": True}


def set_back(times, **held):
    """The lead after each of these fields was written and set back so often."""
    shadow = dict(held)
    for n in range(times):
        shadow |= with_ours(shadow, held)
        shadow |= with_set_back(shadow, held, AT + timedelta(minutes=n), timedelta(days=1))
    return shadow


def test_an_opt_out_is_written_however_often_it_was_taken_out_and_a_name_beside_it_is_not():
    person = known({("crm", "Lead", "L1"): set_back(9, Name="J.", HasOptedOutOfEmail=False)})
    update = Planned("crm", Command("k", Verb.UPDATE, "Lead", LEAD, fields=FIELDS), "why", "m1", person.person_id)
    found = hold_back([update], person, [], b2b(), AT + timedelta(hours=1))
    assert [dict(each.command.fields) for each in found.going] == [{"HasOptedOutOfEmail": True}]
    assert [dict(each.planned.command.fields) for each in found.back] == [{"Name": "Joe Miller"}]
