"""Who was erased is nowhere any more, comes back through no door, and is missed by nobody else (T11)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from closeloop import flow
from closeloop.inbox.nouns import Click
from closeloop.inbox.store import erasure as inbox_erasure
from closeloop.measure.erasure import erasure_of
from closeloop.replay import compare, replay
from closeloop.steps.keep_out import keep_out
from support.erased import BROWSER, CANARIES, HER, OTHER, ZOE, Story, found_at_vendors, found_in_tables, lived, story
from support.prepared import opened

CANARY_FORM = {**HER, "message": "I still need zebra carpets"}


@pytest.fixture
def told(database_url: str, tmp_path: Path):
    with story(database_url, tmp_path) as found:
        yield found


def n_people(told: Story) -> int:
    return int(str(told.road.one("SELECT COUNT(DISTINCT entity_id) FROM traits")))


def she_comes_again(told: Story) -> None:
    """By every door: a form of her own, a browser, a file, and what systems hold."""
    told.road.act("form.submitted", "zoe-1000", email=ZOE.upper(), visitor=BROWSER, **CANARY_FORM)
    told.road.act("page.viewed", "look-1000", visitor=BROWSER, url="/robot/pricing")
    told.import_list([{"mail": ZOE, "name": "Zoe Quillington", "title": "Chief Quillologist"}], "again.csv")
    seller = next(iter(told.systems.crm.users.values()))
    told.systems.crm.create_contact(seller, LastName="Quillington", Email=OTHER, Title="Chief Quillologist")
    told.systems.ma.create_lead(email=ZOE, firstName="Zoe", lastName="Quillington")
    told.rest()


def test_nothing_of_who_was_erased_is_left_here_or_in_any_system(told: Story):
    person = lived(told)
    before = {each.partition(": ")[0] for each in found_in_tables(told.road)}
    assert {
        "receipts.body", "messages.id", "field_values.given", "winners.value", "verifications.value", "keys.value",
        "touches.props", "traits.given", "block_keys.key", "sharers.value", "pairs.evidence", "merges.snapshot",
        "packets.content", "alerts.text", "commands.fields", "shadows.fields",
    } <= before, "the story tells too little"  # fmt: skip
    assert {"Lead", "Contact", "Task", "Opportunity", "ma lead"} <= {
        each.partition(": ")[0] for each in found_at_vendors(told.systems)
    }
    leads = told.road.rows("SELECT id, person_id, stage, amount_minor, owner FROM leads")
    told.erase(person)
    assert found_in_tables(told.road) == []
    assert found_at_vendors(told.systems) == []
    assert told.road.rows("SELECT id, person_id, stage, amount_minor, owner FROM leads") == leads, "counts stay"
    assert told.road.rows("SELECT state FROM commands WHERE verb = 'erase' AND state != 'done'") == []
    told.road.database.scrub()
    if told.road.database.is_sqlite:
        file = Path(str(make_url(told.road.database.url).database))
        held = b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*")).lower()
        assert [word for word in CANARIES if word.lower().encode() in held] == []


def test_control_without_rewriting_receipts_she_is_still_in_them(sqlite_url: str, tmp_path: Path, monkeypatch):
    with story(sqlite_url, tmp_path) as told:
        person = lived(told)
        monkeypatch.setattr(inbox_erasure, "rewrite", lambda *_: None)
        told.erase(person)
        assert {each.partition(": ")[0] for each in found_in_tables(told.road)} == {"receipts.body"}


def test_comes_back_through_no_door_until_that_is_lifted(told: Story):
    told.erase(lived(told))
    people = n_people(told)
    she_comes_again(told)
    assert n_people(told) == people
    assert found_in_tables(told.road) == []
    said = told.road.rows("SELECT DISTINCT reason FROM messages WHERE state = 'set_aside' AND reason LIKE 'erased on%'")
    assert [reason.partition(":")[0] for (reason,) in said] == ["erased on 2026-09-01"]
    with told.road.database.read() as connection:
        erasure = erasure_of(connection, OTHER)
    told.road.hub.click(Click("lift", erasure, "she asked us back", "Ada"))
    told.road.decide()
    told.road.act("form.submitted", "zoe-2000", email=ZOE, **HER)
    told.rest()
    assert n_people(told) == people + 1


def test_control_without_tombstones_every_door_makes_her_again(sqlite_url: str, tmp_path: Path, monkeypatch):
    with story(sqlite_url, tmp_path) as told:
        told.erase(lived(told))
        people = n_people(told)
        monkeypatch.setattr(flow, "STEPS", tuple(step for step in flow.STEPS if step is not keep_out))
        she_comes_again(told)
        assert n_people(told) > people
        assert found_in_tables(told.road) != []


def test_a_replay_gives_everybody_else_as_they_are(told: Story, tmp_path: Path):
    told.erase(lived(told))
    she_comes_again(told)
    replayed = opened(f"sqlite:///{tmp_path / 'replayed.db'}")
    replay(told.road.database, replayed)
    different = [str(each) for each in compare(told.road.database, replayed)]
    replayed.close()
    print("\n".join(different))
    assert [each for each in different if not each.startswith("rotas ")] == []
