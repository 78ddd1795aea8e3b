"""Odd crowds: one phone for thousands, addresses that say nothing, three scripts, chains; a pass over the base."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import typer
from sqlalchemy import event as sql_event
from typer.testing import CliRunner

from closeloop.cli.match_base import match_base
from closeloop.cli.pairs import pairs as pairs_command
from closeloop.identity import match as match_module
from closeloop.inbox.nouns import Click, Matched
from closeloop.replay import compare, replay
from closeloop.steps import match as match_step
from support.prepared import opened
from support.road import START, Road, batch_receipt, event, road_on
from support.vendor_words import clicked

SWITCHBOARD = "+49 30 5550000"


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as found:
        yield found


def n_people(road: Road) -> int:
    return int(str(road.one("SELECT COUNT(DISTINCT root_id) FROM entities WHERE kind = 'person'")))


def crowd(road: Road, n: int, first: int = 0, **same: str) -> None:
    """So many people, each with an address and a name of their own and all else the same."""
    for start in range(first, first + n, 200):
        said = [
            event(
                "form.submitted", f"crowd{k}", START + timedelta(seconds=k),
                email=f"{word(k)}@{word(k * 7 + 3)}.example",
                **({"name": f"{word(k + 11).title()} {word(k * 3 + 5).title()}"} | same),
            )
            for k in range(start, min(start + 200, first + n))
        ]  # fmt: skip
        road.hub.take_in([batch_receipt(said, road.clock.now())])
    road.decide()


def word(n: int) -> str:
    """A word of consonants and vowels for each number."""
    letters = []
    for _ in range(4):
        n, consonant = divmod(n * 31 + 7, 17)
        letters.append("bcdfghklmnprstvwz"[consonant] + "aeiou"[n % 5])
    return "".join(letters)


def work_of_one_more(road: Road, number: int) -> tuple[int, int]:
    """Statements, and candidates looked at, when one more of the crowd comes."""
    statements, looked_at = [], []
    engine, weigh = road.database.engine, match_step.weigh

    def noticed(news, *more):
        looked_at.extend(other for others in news.values() for other in others)
        return weigh(news, *more)

    def executed(*said: object) -> None:
        statements.append(said[2])

    sql_event.listen(engine, "before_cursor_execute", executed)
    match_step.weigh = noticed
    try:
        crowd(road, 1, number, tel=SWITCHBOARD)
    finally:
        match_step.weigh = weigh
        sql_event.remove(engine, "before_cursor_execute", executed)
    return len(statements), len(looked_at)


def test_one_phone_that_thousands_share_costs_no_more_and_links_nobody(road: Road):
    crowd(road, 20, tel=SWITCHBOARD)
    few = work_of_one_more(road, 5_000)
    crowd(road, 600, 100, tel=SWITCHBOARD)
    many = work_of_one_more(road, 5_001)
    assert road.rows("SELECT 1 FROM merges") == []
    assert many[0] == few[0], "as many statements"
    assert many[1] <= few[1] + 3, "no more candidates"
    assert road.one("SELECT COUNT(*) FROM sharers WHERE value NOT LIKE '%@%'") == 3, "three names are enough to know"


def test_control_where_the_phone_counts_as_ones_own_all_of_them_are_looked_at(road: Road, monkeypatch):
    monkeypatch.setattr(match_step, "_shared_values", lambda *_: {})
    crowd(road, 60, tel=SWITCHBOARD)
    assert work_of_one_more(road, 5_000)[1] >= 60


def test_a_key_that_more_hold_than_are_worth_looking_at_is_passed_over(road: Road, monkeypatch):
    monkeypatch.setattr(match_step, "_shared_values", lambda *_: {})
    monkeypatch.setattr(match_step, "MOST_PER_KEY", 20)
    crowd(road, 60, tel=SWITCHBOARD)
    assert work_of_one_more(road, 5_000)[1] < 20


@pytest.mark.parametrize("nothing", ["n/a", "-", "none@none", "@", "unknown", "x" * 400])
def test_an_address_that_says_nothing_links_nobody(road: Road, nothing: str):
    for n, name in enumerate(("Joe Miller", "Ann Lang", "Eva Kern")):
        road.send(
            {"type": "track", "event": "form.submitted", "messageId": f"m{n}", "userId": f"u{n}",
             "properties": {"email": nothing, "name": name}}
        )  # fmt: skip
    road.decide()
    assert n_people(road) == 3
    assert road.rows("SELECT 1 FROM pairs") == []


def test_names_in_three_scripts_are_kept_compared_and_told_apart(road: Road):
    people = {
        "yamada@denki.example": "山田 太郎",
        "ivanov@zavod.example": "Иван Иванов",
        "joe@acme.example": "Joe Miller",
    }
    for email, name in people.items():
        road.act("form.submitted", email, email=email, name=name, tel=f"+81 3 {len(email)}55 1234", company="Denki")
        road.act("form.submitted", f"other {email}", email=f"private.{email}", name=name, company="Denki")
        road.decide()
    first = [json.loads(str(row[0])) for row in road.rows("SELECT traits FROM traits ORDER BY entity_id")]
    assert len({said.get("last") for said in first}) == 3
    roots = road.rows("SELECT e.root_id, t.traits FROM traits t JOIN entities e ON e.id = t.entity_id")
    by_root: dict[object, set[str]] = {}
    for root, traits in roots:
        by_root.setdefault(root, set()).add(json.loads(str(traits))["last"])
    assert all(len(names) == 1 for names in by_root.values())


def test_a_chain_where_the_ends_disagree_stays_apart_at_the_weak_link(road: Road):
    """A is like B by the phone, B like C by the address; A and C are two first names of one family."""
    same = {"company": "Acme Corp", "country": "DE"}
    road.act("form.submitted", "a", email="joe@acme.example", name="Joe Miller", tel="+49 171 1111111", **same)
    road.act("form.submitted", "b", email="j.miller@home.example", name="J. Miller", tel="+49 171 1111111", **same)
    road.decide()
    road.act("form.submitted", "c", email="jane@acme.example", name="Jane Miller", tel="+49 171 1111111", **same)
    road.decide()
    of = dict(
        road.rows("SELECT k.value, e.root_id FROM keys k JOIN entities e ON e.id = k.entity_id WHERE k.kind = 'email'")
    )
    assert of["joe@acme.example"] != of["jane@acme.example"]


def test_control_without_looking_at_the_other_members_the_chain_closes(road: Road, monkeypatch):
    monkeypatch.setattr(match_module._Desk, "_objection", lambda *_: "")
    test = test_a_chain_where_the_ends_disagree_stays_apart_at_the_weak_link
    with pytest.raises(AssertionError):
        test(road)


def test_the_pass_over_the_base_links_and_asks_by_the_same_road(road: Road, tmp_path, monkeypatch):
    monkeypatch.setattr(match_step, "weigh", lambda *_: [])  # as a base that was never compared
    same = {"company": "Acme Corp", "tel": "+49 171 1234567"}
    for n, (email, name) in enumerate(
        (("joe@acme.example", "Joe Miller"), ("joe@home.example", "Joseph Miller"), ("ann@globex.example", "Ann Lang"))
    ):
        road.act("form.submitted", f"f{n}", email=email, name=name, **(same if n < 2 else {}))
    road.act("form.submitted", "m1", email="kerns@home.example", name="Eva Kern")
    road.act("form.submitted", "m2", email="kern.family@home.example", name="Tim Kern", tel="+49 171 7654321")
    road.act("form.submitted", "m3", email="kern.family@home.example", name="Eva Kern", tel="+49 171 7654321")
    road.decide()
    assert n_people(road) == 6
    said = run(road, match_base)
    assert said.startswith("6 people, ")
    n_after = n_people(road)
    assert n_after < 6
    by, reason = road.rows("SELECT by, reason FROM merges ORDER BY weight DESC")[0]
    assert str(by).startswith("b2b@7 contacts@1")
    assert "phone equal" in str(reason)
    asked = [str(id_) for (id_,) in road.rows("SELECT id FROM pairs WHERE state = 'open'")]
    assert asked
    assert run(road, pairs_command).endswith(f"{len(asked)} open\n")
    for pair in asked:
        assert run(road, pairs_command, pair, "different", "--by", "kim").endswith("different, says kim\n")
    run(road, match_base)
    assert n_people(road) == n_after, "a second pass finds nothing new"
    assert road.rows("SELECT state FROM pairs WHERE state = 'open'") == []
    empty = opened(f"sqlite:///{tmp_path / 'empty.db'}")
    replay(road.database, empty)
    assert [str(each) for each in compare(road.database, empty)] == []
    empty.close()


def test_a_pair_found_by_a_pass_that_a_person_told_apart_stays_apart(road: Road):
    for name in ("Eva Kern", "Tim Kern"):
        road.act("form.submitted", name, email="kerns@home.example", name=name)
        road.decide()
    left, right = road.rows("SELECT left_id, right_id FROM pairs")[0]
    clicked(road, Click("different", str(road.one("SELECT id FROM pairs")), "", "kim"))
    road.hub.matched([Matched(str(left), str(right), 30.0, "same", "", (), "another@1")])
    road.decide()
    assert n_people(road) == 2


def test_a_pair_of_nobody_is_set_aside_with_the_reason(road: Road):
    road.hub.matched([Matched("a", "b", 30.0, "same", "", (), "contacts@1")])
    road.decide()
    assert road.rows("SELECT state, reason FROM messages") == [
        ("set_aside", "a and b are not two people who are known here")
    ]


def run(road: Road, command, *arguments: str) -> str:
    """A command of the command line on this hub; what it says."""

    class Here:
        hub, database = road.hub, road.database

    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, list(arguments), obj=Here(), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output
