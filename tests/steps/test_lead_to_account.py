"""A lead finds the account that the CRM keeps, is routed to its owner, and is reported and explained under it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest
from sqlalchemy import event

from closeloop.inbox.nouns import Click
from closeloop.measure.why_message import message_story
from closeloop.measure.why_person import field_stories
from closeloop.ports import Record, Ref
from closeloop.process.nouns import Process
from closeloop.replay import compare, replay
from closeloop.steps import accounts as step
from support.prepared import opened
from support.road import INTERESTED, Road, b2b, road_on
from support.vendor_words import clicked, joe_is_a_lead, told

SATO, KELLER = "0055g00000S0005AAB", "0055g00000S0006AAB"
SLIP = {**INTERESTED, "company": "Acme Robotiks"}


def by_account(*ties: str) -> Process:
    """The project's process, in which a lead goes to the owner of its account before anybody else."""
    known = b2b()
    first = replace(known.stages["telemarketing"], owner=("account_owner", "least_loaded"))
    stages = MappingProxyType({**known.stages, "telemarketing": first})
    return replace(known, stages=stages, matching=replace(known.matching, account_ties=ties))


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url, by_account()) as found:
        yield found


def account(road: Road, id_: str, name: str, owner: str = SATO) -> None:
    """The CRM's account is read."""
    road.clock.advance(timedelta(minutes=1))
    told(road, Record("Account", id_, "account", road.clock.now(), {"Name": name, "OwnerId": owner}))


def contact(road: Road, id_: str, email: str, of: str) -> None:
    """A contact of an account is read."""
    road.clock.advance(timedelta(minutes=1))
    refs = {"account": Ref("Account", of)}
    told(road, Record("Contact", id_, "person", road.clock.now(), {"Email": email}, refs))


def entity(road: Road, id_: str) -> object:
    return road.one("SELECT root_id FROM v_keys WHERE kind = 'crm.Account' AND value = :id", id=id_)


def account_of(road: Road, email: str) -> object:
    """The account of whoever has this address, by its root; None without one."""
    found = road.rows(
        "SELECT a.root_id FROM v_keys k JOIN v_winners w ON w.root_id = k.root_id AND w.field = 'account'"
        " JOIN entities a ON a.id = TRIM(w.value, '\"') WHERE k.kind = 'email' AND k.value = :email",
        email=email,
    )
    return found[0][0] if found else None


def owner(road: Road) -> object:
    return road.one("SELECT owner FROM leads")


def merges(road: Road) -> list[tuple[object, ...]]:
    return road.rows("SELECT reason, evidence FROM merges WHERE kind = 'account'")


def questions(road: Road) -> list[tuple[object, ...]]:
    return road.rows(
        "SELECT id, left_id, right_id, why FROM pairs WHERE kind = 'account' AND state = 'open' ORDER BY id"
    )


def test_a_lead_goes_to_the_owner_of_the_account_and_why_shows_the_same_account_with_its_evidence(road):
    account(road, "A1", "ACME")
    contact(road, "C1", "ann@acme.example", "A1")
    joe_is_a_lead(road, company="Acme Corporation GmbH")
    acme = entity(road, "A1")
    assert owner(road) == "sato"
    assert account_of(road, "joe@acme.example") == acme
    person = road.one("SELECT root_id FROM v_keys WHERE kind = 'email' AND value = 'joe@acme.example'")
    assert road.one("SELECT company FROM v_people WHERE person_id = :p", p=person) == '"ACME"'
    with road.database.read() as connection:
        (belongs,) = (each for each in field_stories(connection, str(person)) if each.field == "account")
        story = message_story(connection, belongs.message_id)
    assert belongs.value == acme
    assert story is not None
    assert story.reason == "account by domain acme.example; name: equal, the same words"


def test_control_without_the_look_at_domains_and_names_somebody_else_gets_the_lead(road, monkeypatch):
    monkeypatch.setattr(step, "_load", lambda *_: None)
    account(road, "A1", "Acme Robotics")
    contact(road, "C1", "ann@acme.example", "A1")
    joe_is_a_lead(road, company="Head office")
    assert owner(road) != "sato"


def test_who_names_no_company_belongs_to_the_account_of_their_mail(road):
    account(road, "A1", "Acme Robotics")
    contact(road, "C1", "ann@acme.example", "A1")
    joe_is_a_lead(road, company="Head office")
    assert owner(road) == "sato"
    for n, email in enumerate(("eve@acme.example", "eve@gmail.com", "eve@x.github.io")):
        road.act("webinar.attended", f"w-{n}", email=email, product="robot")
    road.decide()
    assert account_of(road, "eve@acme.example") == entity(road, "A1")
    assert account_of(road, "eve@gmail.com") is None
    assert account_of(road, "eve@x.github.io") is None


def test_the_domain_of_an_address_does_not_speak_against_what_somebody_said_themselves(road):
    account(road, "A1", "Acme")
    contact(road, "C1", "ann@acme.example", "A1")
    account(road, "A2", "Globex")
    contact(road, "C2", "joe@acme.example", "A2")
    road.act("webinar.attended", "w", email="joe@acme.example", product="robot")
    road.decide()
    assert account_of(road, "joe@acme.example") == entity(road, "A2")


@pytest.mark.parametrize("first", ["account", "lead"])
def test_a_name_with_a_slip_is_linked_with_its_evidence_whichever_comes_first(road, first):
    if first == "account":
        account(road, "A1", "Acme Robotics")
    road.act("form.submitted", "f", email="joe@gmail.com", **SLIP)
    road.decide()
    if first == "lead":
        account(road, "A1", "Acme Robotics")
    assert account_of(road, "joe@gmail.com") == entity(road, "A1")
    ((reason, evidence),) = merges(road)
    assert str(reason).startswith("name: alike")
    assert json.loads(str(evidence))[0]["comparison"] == "name"
    assert road.rows("SELECT state FROM pairs WHERE kind = 'account'") == [("same",)]


def test_a_link_of_accounts_that_was_undone_gives_both_back_and_is_not_made_again(road):
    account(road, "A1", "Acme Robotics")
    road.act("form.submitted", "f", email="joe@gmail.com", **SLIP)
    road.decide()
    assert clicked(road, Click("unlink", str(road.one("SELECT id FROM merges")), "", "kim"))[0] == "decided"
    assert account_of(road, "joe@gmail.com") != entity(road, "A1")
    road.act("form.submitted", "f2", email="ann@gmail.com", **{**SLIP, "name": "Ann Weber"})
    road.decide()
    account(road, "A1", "Acme Robotics GmbH")
    assert account_of(road, "ann@gmail.com") == account_of(road, "joe@gmail.com") != entity(road, "A1")
    assert road.one("SELECT COUNT(*) FROM merges WHERE kind = 'account' AND undone_at IS NULL") == 0


def test_a_part_of_a_company_is_neither_linked_to_it_nor_asked_about(road):
    account(road, "A1", "Goldman Sachs")
    road.act("form.submitted", "f", email="joe@gmail.com", **{**INTERESTED, "company": "Goldman Sachs Mortgage Trust"})
    road.decide()
    assert account_of(road, "joe@gmail.com") != entity(road, "A1")
    assert (merges(road), questions(road)) == ([], [])


def test_a_shortened_name_is_a_question_and_its_answer_brings_the_people_along(road):
    account(road, "A1", "Goldman Sachs Mortgage Loan Trust")
    road.act("form.submitted", "f", email="joe@gmail.com", **{**INTERESTED, "company": "Goldman Sachs"})
    road.decide()
    ((pair, *_),) = questions(road)
    assert account_of(road, "joe@gmail.com") != entity(road, "A1")
    clicked(road, Click("same", str(pair), "", "kim"))
    assert account_of(road, "joe@gmail.com") == entity(road, "A1")


def two_of_one_domain(road: Road) -> None:
    account(road, "A1", "Acme GmbH", SATO)
    contact(road, "C1", "ann@acme.example", "A1")
    account(road, "A2", "Acme Inc", KELLER)
    contact(road, "C2", "bob@acme.example", "A2")
    contact(road, "C3", "cid@acme.example", "A2")


def test_two_accounts_of_one_domain_are_a_question_and_stay_two(road):
    two_of_one_domain(road)
    joe_is_a_lead(road, company="Acme")
    assert owner(road) not in ("sato", "keller")
    asked = questions(road)
    assert {"A1", "A2"} == {
        id_ for id_ in ("A1", "A2") if any(entity(road, id_) in (left, right) for _, left, right, _ in asked)
    }
    assert all(str(why).startswith("2 accounts match equally") for *_, why in asked)
    assert entity(road, "A1") != entity(road, "A2")
    assert merges(road) == []


@pytest.mark.parametrize(("tie", "seller"), [("most people", "keller"), ("least created", "sato")])
def test_a_declared_criterion_chooses_among_accounts_of_one_domain(database_url, tie, seller):
    with road_on(database_url, by_account(tie)) as road:
        two_of_one_domain(road)
        joe_is_a_lead(road, company="Acme")
        assert owner(road) == seller
        assert questions(road) == []


def test_a_batch_of_many_asks_the_database_no_more_often_than_a_batch_of_one(road):
    def statements(n: int, name: str) -> int:
        for each in range(n):
            road.act("form.submitted", f"{name}{each}", email=f"joe@{name}{each}.example", company=f"{name}{each} AG")
        seen: list[str] = []
        event.listen(road.database.engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
        road.decide()
        return sum("account_keys a" in each for each in seen)

    from_one, from_many = statements(1, "umbrel"), statements(20, "qorzat")
    assert from_many == from_one


def test_links_and_questions_of_accounts_come_out_the_same_in_a_replay(database_url, tmp_path):
    with road_on(database_url) as road:
        two_of_one_domain(road)
        joe_is_a_lead(road, company="Acme")
        road.act("form.submitted", "f", email="joe@gmail.com", **SLIP)
        road.act("webinar.attended", "w", email="eve@acme.example", product="robot")
        road.decide()
        account(road, "A3", "Acme Robotics")
        assert merges(road)
        assert questions(road)
        replayed = opened(f"sqlite:///{tmp_path / 'replayed.db'}")
        replay(road.database, replayed)
        assert [str(difference) for difference in compare(road.database, replayed)] == []
        replayed.close()
