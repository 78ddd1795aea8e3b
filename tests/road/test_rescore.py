"""A changed process takes effect on the base: the plan says exactly what then follows, and a replay follows as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from closeloop.db import metadata
from closeloop.flow import Hub
from closeloop.identity import store as identity_store
from closeloop.inbox import store as inbox_store
from closeloop.ports import Record
from closeloop.process.nouns import Process
from closeloop.profile import store as profile_store
from closeloop.record import store as record_store
from closeloop.record.settle import settle
from closeloop.record.store.anew import Part, lock_part
from closeloop.replay import compare, replay
from closeloop.rescoring import Rescoring, apply_rescore, n_left, plan_rescore
from closeloop.steps.batch import Batch
from closeloop.steps.settle import settle as settle_of_batch
from support.prepared import opened
from support.road import INTERESTED, Road, b2b, page_of, road_on
from support.versions import version

CHANGES = (
    ("{newest: [crm.Title, ma.title, form.title]}", "form.title, ma.title, crm.Title"),
    (
        "phone:     {trust: [desk, {newest: [crm.Phone, ma.phone]}, form.tel]",
        "phone:     {trust: [form.tel, ma.phone, crm.Phone]",
    ),
    ("write: [ma.company], as: company", "write: [ma.company], as: text"),
    ("in ['CTO', 'Plant manager']\", points: 20", "in ['CTO', 'Buyer']\", points: 25"),
    ("{on: form.submitted, points: 30, half_life: 30d}", "{on: form.submitted, points: 45, half_life: 30d}"),
    ("    - {on: webinar.missed, points: 3, half_life: 60d}\n", ""),
)
NAMES = (
    "Mia Berger", "Paul Lang", "Eva Kern", "Tim Vogt", "Lea Sommer", "Jan Richter", "Nina Falk", "Ole Brandt",
    "Ida Wolf", "Max Stein", "Ute Krug", "Kai Hahn", "Zoe Quast", "Ben Hoffmann", "Rita Oswald", "Gero Pohl",
)  # fmt: skip
FIRMS = ("Acme", "Globex", "Initech", "Umbrella", "Hooli")
TITLES = ("CTO", "Buyer", "Engineer", "Plant manager")


def tel(n: int) -> str:
    return f"0{30 + n * 7} {n * 4729 + 123456}"


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    """Some people of whom the CRM, marketing and a form say different things; some are leads already."""
    with road_on(database_url) as found:
        for n in range(16):
            said = {
                **INTERESTED,
                "name": NAMES[n],
                "title": TITLES[n % 4],
                "company": f"{FIRMS[n % 5]}  GmbH",
                "tel": tel(n),
            }
            found.act("form.submitted", f"f{n}", email=f"p{n}@firm{n % 5}.example", **said)
            if n % 3 == 0:
                found.act("webinar.attended", f"w{n}", email=f"p{n}@firm{n % 5}.example", product="robot")
            if n % 5 == 0:
                found.act("webinar.missed", f"m{n}", email=f"p{n}@firm{n % 5}.example", product="sensor")
        found.decide()
        found.clock.advance(timedelta(hours=1))
        for source, title in (("crm", "Plant manager"), ("ma", "Engineer")):
            names = ("Email", "Title", "Phone") if source == "crm" else ("email", "title", "phone")
            records = []
            for n in range(0, 16, 2):
                said = (f"p{n}@firm{n % 5}.example", title, f"+49 {30 + n * 7} {n * 3571 + 654321}")
                fields = dict(zip(names, said, strict=True))
                records.append(Record("Lead", f"{source}-{n}", "person", found.clock.now(), fields))
            found.hub.take_in([page_of(records, found.clock.now(), source)])
            found.decide()
            found.clock.advance(timedelta(hours=1))
        yield found


def tables(road: Road) -> dict[str, set[tuple[object, ...]]]:
    with road.database.read() as connection:
        return {
            table.name: {tuple(row) for row in connection.execute(select(table))} for table in metadata.sorted_tables
        }


def hub_with(road: Road, process: Process) -> Hub:
    return Hub(road.database, process, road.clock)


def planned(hub: Hub) -> Rescoring:
    return plan_rescore(hub, lambda *_: None)


def killed(*_: object, **__: object) -> int:
    raise KeyboardInterrupt


def winners(road: Road) -> dict[tuple[object, ...], tuple[object, ...]]:
    rows = road.rows(
        "SELECT w.entity_id, e.kind, w.field, w.value, w.valid, CASE WHEN w.field = 'email' THEN w.given END"
        " FROM winners w JOIN entities e ON e.id = w.entity_id"
    )
    return {row[:3]: row[3:] for row in rows}


def yes(road: Road, passed: int) -> set[object]:
    statement = """
        SELECT l.id FROM v_leads l JOIN verdicts v ON v.person_id = l.person_id AND v.product = l.product
        WHERE l.status IN ('open', 'nurturing') AND v.passed = :passed"""
    return {row[0] for row in road.rows(statement, passed=passed)}


def test_the_plan_writes_nothing_and_says_exactly_what_applying_it_does(road):
    hub = hub_with(road, version(8, *CHANGES))
    before = tables(road)
    plan = planned(hub)
    assert tables(road) == before
    assert min(plan.winners.values()) > 0
    assert {"person.title", "person.phone", "account.company"} <= plan.winners.keys()
    assert min(plan.n_fit, plan.n_interest, plan.n_opened, plan.n_no_longer, plan.updates["ma"]["update"]) > 0
    stood, commands, leads, said_yes = winners(road), len(before["commands"]), len(before["leads"]), yes(road, 1)

    hub.begin()
    came = apply_rescore(hub, plan, lambda *_: None)

    stand = winners(road)
    changed = Counter(f"{key[1]}.{key[2]}" for key in stood.keys() | stand.keys() if stood.get(key) != stand.get(key))
    assert changed == plan.winners
    assert road.one("SELECT COUNT(*) FROM leads") == leads + plan.n_opened
    assert len(said_yes & yes(road, 0)) == plan.n_no_longer
    assert road.one("SELECT COUNT(*) FROM commands") == commands + sum(
        sum(each.values()) for each in plan.updates.values()
    )
    assert (came.n_opened, came.n_returned, came.updates, came.n_failed) == (
        plan.n_opened, plan.n_returned, plan.updates, 0,
    )  # fmt: skip
    assert planned(hub).is_empty


def test_what_sets_leave_the_road_would_leave_person_by_person(road):
    process = version(8, *CHANGES)
    hub = hub_with(road, process)
    hub.begin()
    apply_rescore(hub, planned(hub), lambda *_: None)
    with road.database.write() as connection:
        roots = [row[0] for row in road.rows("SELECT id FROM entities WHERE id = root_id")]
        left = settle(
            identity_store.kinds(connection, roots), record_store.load_values(connection, roots),
            record_store.load_settled(connection, roots), process,
        )  # fmt: skip
        assert left == {}
        sums = profile_store.load_sums(connection, roots)
        profile_store.rebuild(connection, roots, process)
        assert profile_store.load_sums(connection, roots) == sums


def test_a_replay_comes_to_the_same_state(road, tmp_path):
    hub = hub_with(road, version(8, *CHANGES))
    hub.begin()
    apply_rescore(hub, planned(hub), lambda *_: None)
    road.act("webinar.attended", "later", email="p1@firm1.example", product="robot")
    hub.decide()
    target = opened(f"sqlite:///{tmp_path / 'replayed.db'}")
    replay(road.database, target)
    assert [str(difference) for difference in compare(road.database, target)] == []
    target.close()


def test_stopped_in_the_middle_any_hub_goes_on_and_the_end_is_the_same(road, monkeypatch):
    monkeypatch.setattr("closeloop.rescoring.PART", 5)
    monkeypatch.setattr("closeloop.rescoring.PEOPLE", 4)
    process = version(8, *CHANGES)
    hub = hub_with(road, process)
    hub.begin()
    plan = planned(hub)

    with suppress(KeyboardInterrupt):
        apply_rescore(hub, plan, killed)
    assert 0 < n_left(hub) < len(plan.parts) + len(plan.people)
    other = hub_with(road, process)
    while other.decide("bulk", 1):
        pass
    assert n_left(other) == 0
    assert planned(other).is_empty
    assert road.one("SELECT COUNT(*) FROM lead_events v JOIN messages m ON m.id = v.message_id"
                    " WHERE m.kind = 'rescore' AND v.kind = 'created'") == plan.n_opened  # fmt: skip


def test_several_hubs_take_it_one_after_the_other_so_that_people_come_after_the_parts(road, monkeypatch):
    if road.database.is_sqlite:
        pytest.skip("SQLite has one writer")
    hub = hub_with(road, version(8, *CHANGES))
    hub.begin()
    monkeypatch.setattr(hub, "decide", killed)
    with suppress(KeyboardInterrupt):
        apply_rescore(hub, planned(hub), lambda *_: None)
    with road.database.write() as one, road.database.write() as other:
        assert len(inbox_store.claim(one, "bulk", 1)) == 1
        assert inbox_store.claim(other, "bulk", 9) == []
    with road.database.write() as other:
        assert len(inbox_store.claim(other, "bulk", 9)) > 1


def test_a_hub_with_another_version_sets_it_aside_and_says_what_to_do(road, monkeypatch):
    hub = hub_with(road, version(8, *CHANGES))
    hub.begin()
    plan = planned(hub)
    stood = winners(road)

    with suppress(KeyboardInterrupt), monkeypatch.context() as patch:
        patch.setattr(hub, "decide", killed)  # after it was taken in
        apply_rescore(hub, plan, lambda *_: None)
    while road.hub.decide("bulk"):
        pass
    assert winners(road) == stood
    ((reason,),) = road.rows("SELECT DISTINCT reason FROM messages WHERE state = 'set_aside'")
    assert reason == (
        "a re-score by b2b@8 was taken by a hub with b2b@7; start that hub with the newest process file, "
        "then run `closeloop rescore --apply` again"
    )


def test_what_a_hub_with_another_version_refused_is_done_when_it_is_run_again(road, monkeypatch):
    hub = hub_with(road, version(8, *CHANGES))
    hub.begin()

    def beside_the_older(*_: object) -> None:
        hub.decide("bulk", 1)
        while road.hub.decide("bulk", 4):
            pass

    with monkeypatch.context() as patch:
        patch.setattr("closeloop.rescoring.decide_all", beside_the_older)
        assert apply_rescore(hub, planned(hub), lambda *_: None).n_failed > 0
    road.clock.advance(timedelta(minutes=1))
    again = planned(hub)
    assert again.before == (b2b().signed,)
    assert min(again.n_interest, len(again.people)) > 0
    apply_rescore(hub, again, lambda *_: None)
    assert planned(hub).is_empty
    people = [str(row[0]) for row in road.rows("SELECT id FROM entities WHERE id = root_id AND kind = 'person'")]
    with road.database.write() as connection:
        sums = profile_store.load_sums(connection, people)
        profile_store.rebuild(connection, people, hub.process)
        assert profile_store.load_sums(connection, people) == sums


@pytest.mark.parametrize("is_control", [False, True])
def test_nobody_else_settles_a_company_until_what_settles_it_anew_has_ended(road, monkeypatch, is_control):
    if road.database.is_sqlite:
        pytest.skip("SQLite has one writer")
    if is_control:
        monkeypatch.setattr(identity_store, "lock", lambda *_: {})
    companies = [str(row[0]) for row in road.rows("SELECT id FROM entities WHERE id = root_id AND kind = 'account'")]
    with road.database.write() as one, road.database.write() as other:
        lock_part(one, Part("account", "", max(companies)))
        other.execute(text("SET LOCAL lock_timeout = '200ms'"))
        batch = Batch(other, [], road.hub.process, road.clock.now())
        waits = nullcontext() if is_control else pytest.raises(DBAPIError, match="lock timeout")
        with waits, other.begin_nested():
            settle_of_batch(batch, companies)


def test_values_are_read_again_where_their_form_changed(database_url):
    plain = version(7, ("form.tel], write: [crm, ma], as: phone", "form.tel], write: [crm, ma], as: text"))
    with road_on(database_url, plain) as road:
        road.act("form.submitted", "f", email="joe@acme.example", tel="030 1234567", **INTERESTED)
        road.decide()
        assert road.one("SELECT value FROM winners WHERE field = 'phone'") == '"030 1234567"'
        hub = hub_with(road, version(8))
        hub.begin()
        plan = planned(hub)
        assert (plan.n_read, plan.winners) == (1, {"person.phone": 1})
        apply_rescore(hub, plan, lambda *_: None)
        assert road.one("SELECT value FROM winners WHERE field = 'phone'") == '"+49301234567"'
        assert planned(hub).is_empty


def test_a_version_that_changes_nothing_changes_nothing_but_how_it_is_signed(road):
    hub = hub_with(road, version(8))
    plan = planned(hub)
    assert plan.is_empty
    assert (plan.winners, plan.n_fit, plan.n_interest, plan.updates) == ({}, 0, 0, {})
    assert plan.before == (b2b().signed,)
    hub.begin()
    apply_rescore(hub, plan, lambda *_: None)
    assert road.rows("SELECT DISTINCT substr(why, 1, 5) FROM winners") == [("b2b@8",)]


def test_control_without_it_those_who_do_not_move_keep_what_the_old_version_decided(road):
    hub = hub_with(road, version(8, *CHANGES))
    hub.begin()
    road.act("page.viewed", "p", email="p4@firm4.example", url="/robot/pricing")
    while hub.decide("live") + hub.decide("bulk"):
        pass
    assert not planned(hub).is_empty
