"""Commands that are called by the messages or records of who was erased are found, whosever they are, and renamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from closeloop.outbox import store as outbox_store
from closeloop.outbox.nouns import Planned
from closeloop.outbox.store.erase import forget_losers, keys_naming, rename
from closeloop.outbox.store.plans import load_plan, save_plan
from closeloop.ports import Command, Ref, Value, Verb
from support.plan_shown import LINES, PLAN
from support.road import START, road_on

HERS, ANNS = ("erp", "Contact", "zoe@z.example"), ("erp", "Contact", "2")
UPDATE, HELD = "p1:form:zoe@z.example/1:update:erp.Contact:2", "p1:form:zoe@z.example/1:update:erp.Contact:2:held:Title"
MERGE, OTHER = "merge:link-1:erp.Contact:zoe@z.example", "p1:form:ann@a.example/1:update:erp.Contact:2"
CREATE = "crm:create:Lead:p1"


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with road_on(database_url) as road, road.database.write() as connection:
        loser, fields = {"loser": Ref(*HERS[1:])}, dict[str, Value]({"Phone": "1"})
        for key, verb in ((UPDATE, Verb.UPDATE), (HELD, Verb.UPDATE), (OTHER, Verb.UPDATE), (CREATE, Verb.CREATE)):
            outbox_store.plan(connection, [planned(Command(key, verb, "Contact", Ref(*ANNS[1:])))], START)
        merge = Command(MERGE, Verb.MERGE, "Contact", Ref(*ANNS[1:]), fields=fields, refs=loser)
        outbox_store.plan(connection, [planned(merge)], START)
        yield connection


def planned(command: Command) -> Planned:
    return Planned("erp", command, "", "m1", "p1")


def test_those_made_of_a_message_or_a_record_of_theirs_are_found(connection: Connection):
    assert keys_naming(connection, {"form:zoe@z.example/1"}, [HERS]) == {UPDATE, HELD, MERGE}
    assert keys_naming(connection, {"form:zoe@z.example"}, []) == set()


def test_plans_name_them_anew_too_and_a_create_and_what_is_under_way_keep_their_keys(connection: Connection):
    connection.exec_driver_sql(f"UPDATE commands SET state = 'leased' WHERE key = '{HELD}'")
    save_plan(connection, replace(PLAN, lines=(replace(LINES[0], key=UPDATE), LINES[1])))
    renamed = rename(connection, {key: f"new {key[:2]}" for key in (UPDATE, HELD, CREATE)})
    assert renamed == ({UPDATE: "new p1"}, START)
    assert set(outbox_store.load(connection, [UPDATE, "new p1", HELD, CREATE])) == {"new p1", HELD, CREATE}
    kept = load_plan(connection)
    assert kept is not None
    assert kept[0].lines == (replace(LINES[0], key="new p1"), LINES[1])
    assert rename(connection, {"unknown": "new"}) == ({}, None)


def test_of_a_merge_into_somebody_else_stays_that_there_was_one(connection: Connection):
    connection.exec_driver_sql("UPDATE commands SET state = 'done'")
    forget_losers(connection, [ANNS])
    assert outbox_store.load(connection, [MERGE])[MERGE].planned.command.fields
    forget_losers(connection, [HERS])
    command = outbox_store.load(connection, [MERGE])[MERGE].planned.command
    assert (command.refs, command.fields, command.ref) == ({"loser": Ref("Contact", "erased")}, {}, Ref(*ANNS[1:]))
