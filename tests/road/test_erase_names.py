"""Where senders and systems name things by addresses, no command of who was erased is called by one any more (T11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from closeloop.inbox.nouns import Click
from closeloop.outbox.store import erase as outbox_erasure
from closeloop.outbox.store.claims import claim
from closeloop.ports import Answer, Outcome, Record, Ref, Value
from closeloop.process.nouns import Process
from closeloop.replay import compare, replay
from support.erased import HER, ZOE, found_in_tables, with_list
from support.prepared import opened
from support.road import Road, road_on
from support.vendor_words import answered, clicked

WORDS = ("zoe.quill", "Quillington")


def process() -> Process:
    """What a form says of a company goes into the company's record in the CRM."""
    return with_list(
        (
            "[crm.NumberOfEmployees, ma.employees], write: [ma]",
            "[form.employees, crm.Account.NumberOfEmployees, ma.employees], write: [ma, crm.Account.NumberOfEmployees]",
        )
    )


def sent(road: Road, source: str = "ma") -> list[str]:
    """What can be sent is under way; returns its keys."""
    with road.database.write() as connection:
        return [each.planned.command.key for each in claim(connection, source, road.clock.now(), 50, "w")]


def comes(road: Road, n: int, **said: object) -> None:
    """She fills in a form, whose sender calls each post by her address."""
    road.act("form.submitted", f"{ZOE}/{n}", email=ZOE, **said)
    road.decide()


def read(road: Road, source: str, record: Record) -> None:
    road.hub.heard(source, [record])
    road.decide()


def her_lead(road: Road, **fields: Value) -> Record:
    return Record("Lead", ZOE, "person", road.clock.now(), {"email": ZOE, **fields})


def lived(road: Road) -> str:
    """Of commands for her some were done, refused, tried again, and dropped; one is under way, and one of her company.

    Returns her id.
    """
    read(road, "crm", Record("Account", "001", "account", road.clock.now(), {"Name": "Quillco"}))
    comes(road, 1, **HER)
    [create] = sent(road)
    answered(road, create, Ref("Lead", ZOE), "ma")
    read(road, "ma", her_lead(road))
    comes(road, 2, title="Clerk")
    for key in sent(road):
        answered(road, key, Ref("Lead", ZOE), "ma")
    comes(road, 3, title="Chief")
    for key in sent(road):
        answered(road, key, source="ma", outcome=Outcome.PERMANENT, reason=f"{ZOE} is taken")
        clicked(road, Click("retry", key, "", "Ada"))
    comes(road, 4, title="Boss", company="Quillco", employees=700)
    sent(road)
    sent(road, "crm")
    read(road, "ma", her_lead(road, title="Chief", phone="+49 30 777123"))
    comes(road, 5, title="Owner", company="Quillco", employees=800)
    return str(road.one("SELECT root_id FROM v_keys WHERE kind = 'email' AND value = :m", m=ZOE))


@pytest.fixture
def road(sqlite_url: str) -> Iterator[Road]:
    with road_on(sqlite_url, process()) as found:
        yield found


def under_way(road: Road) -> dict[str, Answer]:
    """Connection → what is answered to its command that is under way."""
    found = road.rows("SELECT source, key FROM commands WHERE state = 'leased' AND verb = 'update' ORDER BY source")
    assert [source for source, _ in found] == ["crm", "ma"], "one of her, and one of her company"
    (crm, ma) = (str(key) for _, key in found)
    return {
        "crm": Answer(crm, Outcome.DONE, Ref("Account", "001")),
        "ma": Answer(ma, Outcome.DONE, Ref("Lead", ZOE), f"heard of {ZOE}"),
    }


def erased(road: Road, person: str) -> None:
    assert clicked(road, Click("erase", person, "asked us to", "Ada"))[0] == "decided"


def hear(road: Road, answers: Mapping[str, Answer]) -> None:
    for source, answer in answers.items():
        road.hub.answered(source, [answer])
        road.decide()


def carried_out(road: Road) -> None:
    """What is left is sent and done."""
    for source in ("crm", "ma"):
        for key in sent(road, source):
            answered(road, key, source=source)


def test_keys_lose_the_names_that_they_are_made_of_and_late_answers_are_heard_all_the_same(database_url: str):
    with road_on(database_url, process()) as road:
        person = lived(road)
        before = {each.partition(": ")[0] for each in found_in_tables(road, WORDS)}
        assert {
            "commands.key", "commands.message_id", "messages.id", "receipts.body", "receipts.headers", "batches.sent",
        } <= before, "the story tells too little"  # fmt: skip
        late, n = under_way(road), road.one("SELECT COUNT(*) FROM commands")
        erased(road, person)
        left = {str(key) for (key,) in road.rows("SELECT key FROM commands")}
        assert {key for key in left if ZOE in key} == {each.key for each in late.values()}, "they are still to be named"
        hear(road, late)
        carried_out(road)
        assert found_in_tables(road, WORDS) == []
        assert road.rows("SELECT key FROM commands WHERE state != 'done'") == []
        assert road.one("SELECT COUNT(*) FROM commands") == int(str(n)) + 1, "and the order to erase"


def test_answers_decided_together_with_the_order_go_by_the_new_keys_too(road: Road):
    person, late = lived(road), under_way(road)
    road.hub.answered("ma", [replace(late["ma"], outcome=Outcome.PERMANENT)])
    road.hub.answered("crm", [replace(late["crm"], outcome=Outcome.TRANSIENT)])
    erased(road, person)
    road.clock.advance(timedelta(minutes=1))
    carried_out(road)
    carried_out(road)
    assert found_in_tables(road, WORDS) == []
    assert road.rows("SELECT key FROM commands WHERE state != 'done'") == []


def test_a_replay_decides_the_rest_as_it_was(road: Road, tmp_path: Path):
    person = lived(road)
    late = {source: replace(each, outcome=Outcome.TRANSIENT) for source, each in under_way(road).items()}
    erased(road, person)
    hear(road, late)
    road.clock.advance(timedelta(minutes=1))
    carried_out(road)
    replayed = opened(f"sqlite:///{tmp_path / 'replayed.db'}")
    replay(road.database, replayed)
    different = {(each.table, *each.key[-1:]) for each in compare(road.database, replayed)}
    replayed.close()
    brought_about = road.rows("SELECT key FROM commands WHERE source = 'crm' AND verb = 'update'")
    assert {key for table, key in different if table == "commands"} == {key for (key,) in brought_about}
    assert {(table, key) for table, key in different if table == "shadows"} == {("shadows", "001")}, "of her company"
    assert {table for table, _ in different} <= {"commands", "shadows", "companies", "messages"}
    assert found_in_tables(road, WORDS) == []


def test_control_a_hub_that_leaves_keys_as_they_are_still_holds_her_address(road: Road, monkeypatch):
    monkeypatch.setattr(outbox_erasure, "rename", lambda *_: outbox_erasure.Renamed({}, None))
    person, late = lived(road), under_way(road)
    erased(road, person)
    hear(road, late)
    carried_out(road)
    found = {each.partition(": ")[0] for each in found_in_tables(road, WORDS)}
    assert found == {"commands.key", "messages.id", "receipts.body", "receipts.headers", "batches.sent"}
