"""What a push costs is foreseen to the call, and is near the least that the vendor's batches allow."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.connectors.marketo import connect
from closeloop.ports import Command, Outcome, Ref, Verb


def lead(verb, lead_id, key="", our_key=None, refs=None, **fields):
    ref = Ref("Lead", str(lead_id))
    return Command(key or f"{verb}-{lead_id}", verb, "Lead", ref, our_key, fields, refs or {})


def create(n, **fields):
    return Command(f"c-{n}", Verb.CREATE, "Lead", our_key=f"k-{n}", fields=fields)


@pytest.fixture
def leads(marketo):
    for name in ("reheat_b2b", "newsletter", "partners"):
        marketo.create_list(name)
    marketo.create_programme("Nurture 2026")
    made = [marketo.create_lead(email=f"p{n}@acme.example") for n in range(40)]
    for gone in made[30:34]:
        marketo.delete_lead(gone)
    return made


def every_verb(leads):
    into = {"loser": Ref("Lead", str(leads[20]))}
    bare = {"loser": Ref("Lead", str(leads[21]))}
    return [
        *(create(n, email=f"new{n}@acme.example") for n in range(20)),
        create(20, name="Sato"),
        *(lead(Verb.UPDATE, one, title="CTO") for one in leads[:5]),
        lead(Verb.TELL, leads[5], outcome="won", campaign="spring"),
        Command("t", Verb.TELL, "Lead", fields={"email": "p6@acme.example", "stage": "field"}),
        *(lead(Verb.JOIN, one, list="reheat_b2b") for one in leads[5:9]),
        Command("j", Verb.JOIN, "Lead", fields={"email": "p7@acme.example", "list": "newsletter"}),
        lead(Verb.LEAVE, leads[9], list="newsletter"),
        lead(Verb.JOIN, leads[10], list="programme:Nurture 2026"),
        lead(Verb.LEAVE, leads[11], list="programme:Nurture 2026"),
        lead(Verb.DEACTIVATE, leads[12], reason="bad_data"),
        lead(Verb.DEACTIVATE, leads[13], reason="bad_data"),
        lead(Verb.REACTIVATE, leads[14]),
        lead(Verb.MERGE, leads[15], refs=into, title="CEO"),
        lead(Verb.MERGE, leads[16], refs=bare),
        lead(Verb.ERASE, leads[17]),
        lead(Verb.ERASE, leads[30]),
        lead(Verb.RESTORE, leads[31], our_key="k-31", email="p31@acme.example"),
        lead(Verb.UPDATE, leads[12], key="again", title="CEO"),
        Command("m", Verb.MAIL, "message", fields={"to": "joe@acme.example"}),
        lead(Verb.CONVERT, leads[18]),
    ]


def test_the_cost_of_every_verb_together_is_foreseen_to_the_call(marketo, clock, leads):
    connector = connect({**marketo.settings, "nurture_lists": "reheat_b2b, partners, programme:Nurture 2026"}, clock)
    commands = every_verb(leads)
    assert {command.verb for command in commands} == set(Verb)
    for n in range(2):
        before, foreseen = connector.calls, connector.cost(commands)
        assert connector.calls == before, "foreseeing asks nobody"
        answers = connector.push(commands)
        assert connector.calls - before == foreseen > 15, f"round {n}: lists are known the second time"
        if not n:
            refused = [answer for answer in answers if answer.outcome is not Outcome.DONE]
            assert [answer.key for answer in refused] == ["m", f"convert-{leads[18]}"]
        commands = [one for one in commands if one.verb not in (Verb.ERASE, Verb.RESTORE, Verb.MERGE)]
        commands = [command for command in commands if command.verb is not Verb.CREATE]
    assert connector.calls == marketo.faults.n_calls() - marketo.faults.n_calls(containing="/identity")
    connector.close()


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb is not Verb.MAIL])
def test_the_cost_of_each_verb_alone_is_foreseen_to_the_call(connector, leads, verb):
    commands = [command for command in every_verb(leads) if command.verb is verb]
    foreseen = connector.cost(commands)
    connector.push(commands)
    assert connector.calls == foreseen
    assert foreseen >= 1 or verb is Verb.CONVERT


def test_a_repeated_create_costs_its_look_first(connector):
    commands = [Command(f"c{n}", Verb.CREATE, "Lead", our_key=f"k-{n}", attempt=2) for n in range(3)]
    commands = [*commands, create(4, email="p@acme.example")]
    foreseen = connector.cost(commands)
    connector.push(commands)
    assert connector.calls == foreseen == 3


def test_a_file_of_many_costs_what_was_foreseen(connector):
    commands = [create(n, email=f"new{n}@acme.example") for n in range(1_000)]
    foreseen = connector.cost(commands)
    assert {answer.outcome for answer in connector.push(commands)} == {Outcome.DONE}
    assert connector.calls == foreseen == 2 + 4


def test_a_thousand_changed_leads_are_read_and_written_in_calls_of_300(marketo, connector, clock, read_all):
    leads = [marketo.create_lead(email=f"p{n}@acme.example") for n in range(1_000)]
    clock.advance(timedelta(days=1))
    mark = connector.mark()
    for one in leads:
        marketo.update_lead(one, title="CTO")
    before = connector.calls
    assert len(read_all(mark)[0]) == 1_000
    # Reading: four pages of each of the three logs, a token for the round, and the leads themselves.
    assert connector.calls - before <= 3 * 4 + 1 + 4
    before = connector.calls
    for n in range(0, 1_000, 300):
        connector.push([lead(Verb.UPDATE, one, title="CEO") for one in leads[n : n + 300]])
    assert connector.calls - before == 4, "1,000 / 300"
