"""What people say of pairs goes down the road: the same, different, later, ask again; refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from closeloop.inbox.nouns import Click
from closeloop.ports import Record, Ref
from closeloop.replay import compare, replay
from support.prepared import opened
from support.road import Road, road_on
from support.vendor_words import clicked, told

HOME = "millers@home.example"


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as found:
        for n, name in enumerate(("Joe Miller", "Ann Miller")):
            found.act("form.submitted", f"f{n}", email=HOME, name=name, product="robot")
            found.decide()
        yield found


def pair(road: Road) -> str:
    return str(road.one("SELECT id FROM pairs"))


def said(road: Road, verb: str, subject: str | None = None, why: str = "", by: str = "kim") -> tuple[str, str | None]:
    road.clock.advance(timedelta(minutes=1))
    return clicked(road, Click(verb, subject or pair(road), why, by))  # type: ignore[arg-type] # any verb, to see what becomes of it


def n_people(road: Road) -> int:
    return int(str(road.one("SELECT COUNT(DISTINCT root_id) FROM entities WHERE kind = 'person'")))


def state(road: Road) -> tuple[object, ...]:
    return road.rows("SELECT state, decided_by FROM v_pairs")[0]


def test_two_judged_the_same_are_linked_with_who_said_so_and_what_stood_before(road: Road):
    assert said(road, "same", why="they told me") == ("decided", None)
    by, reason, pair_id, snapshot, evidence = road.rows("SELECT by, reason, pair_id, snapshot, evidence FROM v_links")[
        0
    ]
    assert (by, reason, pair_id) == ("kim", "judged the same: they told me", pair(road))
    stood = json.loads(str(snapshot))
    assert [stood[side]["winners"]["name"]["value"] for side in ("survivor", "loser")] == ["Joe Miller", "Ann Miller"]
    assert json.loads(str(evidence))
    assert (n_people(road), state(road)) == (1, ("same", "kim"))
    left_root, right_root = road.rows("SELECT left_root, right_root FROM v_pairs")[0]
    assert left_root == right_root


def test_what_follows_for_the_one_is_decided_at_once(road: Road):
    said(road, "same")
    person = road.one("SELECT DISTINCT root_id FROM entities WHERE kind = 'person'")
    assert (
        road.one("SELECT SUM(s.n) FROM sums s JOIN entities e ON e.id = s.person_id WHERE e.root_id = :p", p=person)
        == 2
    )
    assert road.rows("SELECT person_id FROM v_people") == [(person,)]


def test_two_judged_different_are_never_brought_together_by_themselves_again(road: Road):
    assert said(road, "different")[0] == "decided"
    for n in range(2):
        road.act("form.submitted", f"again{n}", email=HOME, name="Ann Miller", tel="+49 171 1234567")
        road.act("form.submitted", f"joe{n}", email=HOME, name="Joe Miller", tel="+49 171 1234567")
        road.decide()
    assert (n_people(road), state(road)) == (2, ("different", "kim"))
    assert road.one("SELECT COUNT(*) FROM pairs") == 1


def test_control_somebody_who_was_never_told_apart_is_linked_by_the_same_evidence(road: Road):
    said(road, "different")
    road.act("form.submitted", "joe", email=HOME, name="Joe Miller", company="Acme", tel="+49 171 1234567")
    road.act(
        "form.submitted",
        "elsewhere",
        email="joe@acme.example",
        name="Joe Miller",
        company="Acme",
        tel="+49 171 1234567",
    )
    road.decide()
    assert road.one("SELECT COUNT(*) FROM entities WHERE kind = 'person'") == 3
    assert n_people(road) == 2


def test_a_pair_that_is_skipped_stays_open_and_says_when(road: Road):
    said(road, "skip")
    state, skipped_at, decided_by = road.rows("SELECT state, skipped_at, decided_by FROM pairs")[0]
    assert (state, skipped_at is not None, decided_by) == ("open", True, None)
    assert said(road, "same")[0] == "decided"


def test_a_pair_told_apart_can_be_asked_again(road: Road):
    said(road, "different")
    assert said(road, "reopen")[0] == "decided"
    assert state(road) == ("open", None)
    said(road, "same")
    assert n_people(road) == 1


def test_a_link_that_is_undone_tells_the_pair_apart_and_it_can_be_asked_again(road: Road):
    said(road, "same")
    link = str(road.one("SELECT id FROM merges"))
    assert said(road, "unlink", link)[0] == "decided"
    assert (n_people(road), state(road)) == (2, ("different", "kim"))
    assert said(road, "reopen")[0] == "decided"
    assert said(road, "same")[0] == "decided"
    assert n_people(road) == 1
    assert road.one("SELECT COUNT(*) FROM merges WHERE undone_at IS NULL") == 1


@pytest.mark.parametrize(
    ("before", "verb", "reason"),
    [
        (["different"], "same", "was judged different already, by kim; it can be asked again"),
        (["same"], "different", "was judged same already, by kim; `closeloop unlink` undoes their link"),
        (["same"], "same", "was judged same already, by kim"),
        (["different"], "skip", "was judged different already, by kim"),
        (["same"], "reopen", "is one now; undo its link first"),
        ([], "reopen", "is open already"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(road: Road, before, verb, reason):
    for each in before:
        said(road, each)
    verdict, why = said(road, verb)
    assert verdict == "set_aside"
    assert reason in str(why)


@pytest.mark.parametrize("verb", ["same", "different", "skip", "reopen"])
def test_a_pair_that_is_not_there_is_refused(road: Road, verb):
    assert said(road, verb, "gone") == (
        "set_aside", "there is no pair 'gone'; `closeloop pairs` lists those that wait for an answer"
    )  # fmt: skip


def test_a_question_is_moot_once_the_two_are_one_by_other_keys_and_open_again_when_that_is_undone(road: Road):
    ann = road.one("SELECT right_id FROM pairs")
    record = {"Email": HOME, "Name": "Joe Miller"}
    from_crm(road, "003J", our_key=str(road.one("SELECT left_id FROM pairs")), **record)
    from_crm(road, "003A", our_key=str(ann), Email=HOME, Name="Ann Miller")
    from_crm(road, "003A", became="003J", Email=HOME, Name="Ann Miller")
    assert (n_people(road), state(road)[0]) == (1, "moot")
    assert "by another link" in str(said(road, "same")[1])
    said(road, "unlink", str(road.one("SELECT id FROM merges")))
    assert (n_people(road), state(road)) == (2, ("different", "kim"))


def from_crm(road: Road, record_id: str, our_key: str | None = None, became: str | None = None, **fields: str) -> None:
    road.clock.advance(timedelta(minutes=1))
    refs = (Ref("Contact", became),) if became else ()
    told(road, Record("Contact", record_id, "person", road.clock.now(), fields, our_key=our_key, became=refs))


def test_all_of_it_replayed_gives_the_same_state(road: Road, tmp_path):
    for verb in ("skip", "same"):
        said(road, verb)
    said(road, "unlink", str(road.one("SELECT id FROM merges")))
    said(road, "reopen")
    said(road, "different", by="lee")
    said(road, "same")
    empty = opened(f"sqlite:///{tmp_path / 'empty.db'}")
    replay(road.database, empty)
    assert [str(each) for each in compare(road.database, empty)] == []
    empty.close()
