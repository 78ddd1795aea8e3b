"""Which pair is asked about, how many are left, and what the answer "same" would do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from closeloop.identity.store import load_pair
from closeloop.measure.foreseen import Kept, foreseen
from closeloop.measure.review import (
    Progress,
    Proof,
    last_answered,
    link_of,
    next_pair,
    open_pairs_of,
    pair_of,
    progress,
    proofs,
)
from closeloop.measure.sides import sides
from closeloop.measure.why_person import person_story
from closeloop.process.nouns import Matching, Path
from support import questions
from support.questions import ANSWERED, ASKED, BOLT, BOLTS, JO, LIGHTER, MERGED, MIA, MOOT, OF_COMPANIES, SKIPPED
from support.side_window import ANA, JOE, NOW, Seed, at


@pytest.fixture
def asked(window):
    questions.ask(window.database)
    return window


@pytest.fixture
def connection(asked):
    with asked.database.read() as found:
        yield found


def change(window, statement, **values):
    with window.database.write() as connection:
        connection.execute(text(statement), values)


def queue_of(window, kind=""):
    """The pairs in the order in which they are asked, each answered "different"."""
    found = []
    while True:
        with window.database.read() as connection:
            pair = next_pair(connection, kind)
        if pair is None:
            return found
        found.append(pair.id)
        change(window, "UPDATE pairs SET state = 'different' WHERE id = :id", id=pair.id)


def test_the_heaviest_comes_first_and_what_was_skipped_last_though_it_is_heavier(asked):
    assert queue_of(asked) == [ASKED, LIGHTER, OF_COMPANIES, SKIPPED]


def test_answered_and_moot_pairs_are_not_asked_though_they_would_be_if_open(asked):
    assert {ANSWERED, MOOT}.isdisjoint(queue_of(asked))
    change(asked, "UPDATE pairs SET state = 'open' WHERE id IN (:one, :other)", one=ANSWERED, other=MOOT)
    assert queue_of(asked) == [MOOT, ANSWERED]


def test_of_skipped_pairs_the_one_skipped_longest_ago_comes_first(asked):
    change(asked, "UPDATE pairs SET skipped_at = :at WHERE id = :id", at=at(2, 10), id=ASKED)
    assert queue_of(asked, "person") == [LIGHTER, SKIPPED, ASKED]


def test_one_kind_can_be_asked_alone(asked):
    assert queue_of(asked, "account") == [OF_COMPANIES]


def test_a_pair_whose_answer_is_on_the_way_is_left_out(connection):
    assert next_pair(connection, but=ASKED).id == LIGHTER


def test_progress_counts_open_and_answered_and_leaves_moot_ones_out(connection):
    assert progress(connection) == {"": Progress(4, 1), "person": Progress(3, 1), "account": Progress(1, 0)}
    assert progress(connection)[""].n == 5


def test_nothing_is_asked_in_an_empty_hub(empty):
    with empty.database.read() as connection:
        assert next_pair(connection) is None
        assert progress(connection)[""] == Progress(0, 0)
        assert last_answered(connection, "console") is None


def test_the_last_answer_is_the_latest_of_those_decided_by_the_same_hand_and_those_skipped(asked):
    def last(by, but=""):
        with asked.database.read() as connection:
            found = last_answered(connection, by, but=but)
        return found.id if found else None

    assert (last("sato"), last("console")) == (SKIPPED, SKIPPED)
    assert (last("sato", but=SKIPPED), last("console", but=SKIPPED)) == (ANSWERED, None)
    change(asked, "UPDATE pairs SET decided_at = :at WHERE id = :id", at=at(2, 10), id=ANSWERED)
    assert (last("sato"), last("console")) == (ANSWERED, SKIPPED)


def test_a_pair_is_read_as_identity_wrote_it(asked):
    with asked.database.write() as connection:  # it is locked to be judged
        pair, (written, left, right) = pair_of(connection, ASKED), load_pair(connection, ASKED)
        assert pair_of(connection, "no such") is None
    assert (pair.kind, pair.weight, pair.state, pair.why) == (written.kind, written.weight, "open", written.why)
    assert (pair.left_root, pair.right_root) == (left, right) == (JOE, JO)
    assert [proof.comparison for proof in pair.evidence] == [each.comparison for each in written.evidence]


def test_what_each_field_says_and_what_speaks_at_first_add_up_to_the_weight(connection):
    pair = pair_of(connection, ASKED)
    assert [proof.says for proof in pair.evidence] == ["close", "agree", "close", "differ"]
    assert pair.at_first + sum(proof.weight for proof in pair.evidence) == pytest.approx(7.4)
    assert pair.at_first == pytest.approx(-12.0)


def test_a_value_on_one_side_alone_is_missing_whatever_its_weight():
    assert Proof("phone", "", 3.0, "+49", "").says == "missing"


@pytest.mark.parametrize("stored", [None, "", "not json", "{}", '["x", 3]'])
def test_evidence_that_cannot_be_read_is_none(stored):
    assert proofs(stored) == ()


def test_a_person_knows_the_questions_that_are_open_about_them(asked, connection):
    assert [pair.id for pair in open_pairs_of(connection, JOE)] == [ASKED]
    assert [pair.id for pair in open_pairs_of(connection, MIA)] == [SKIPPED, LIGHTER]
    assert [pair.id for pair in person_story(connection, asked.process, ANA, NOW).questions] == [LIGHTER]


def test_both_sides_show_what_is_believed_with_names_for_ids(asked, connection):
    left, right = sides(connection, asked.process, JOE, JO)
    assert (left.called, right.called) == ("Joe Miller", "Jo Miller")
    assert (left.fields["account"].value, left.fields["owner"].value) == ("Acme Corp", "sato")
    assert (left.n_records, left.n_belonging, right.n_records, right.n_belonging) == (2, 1, 1, 0)
    assert ("crm.Lead", "00Q000000000009AAA") in right.keys
    assert right.sources == ("crm", "form")


def test_companies_count_their_people(asked, connection):
    change(asked, "UPDATE winners SET value = :new WHERE field = 'account'", new=f'"{BOLT}"')
    with asked.database.read() as fresh:
        left, right = sides(fresh, asked.process, BOLT, BOLTS)
    assert (left.called, left.n_belonging) == ("Bolt GmbH", 1)
    assert (right.called, right.n_belonging) == ("Bolt Group", 0)


def test_a_record_that_is_no_more_has_no_sides(asked, connection):
    assert sides(connection, asked.process, JOE, "gone") is None


def test_the_older_record_goes_on_whichever_side_it_stands_on(asked, connection):
    for left, right in ((JOE, JO), (JO, JOE)):
        seen = foreseen(connection, asked.process, sides(connection, asked.process, left, right), NOW)
        assert (seen.survivor.id, seen.loser.id) == (JOE, JO)


def test_values_win_by_the_records_own_rule_and_the_other_is_named(asked, connection):
    seen = foreseen(connection, asked.process, sides(connection, asked.process, JOE, JO), NOW)
    kept = {line.field: line for line in seen.kept}
    why = "b2b@7 fields.person.email: crm.Email of 2026-08-04 before form.email"
    assert kept["email"] == Kept("email", "joe@acme.example", JOE, "jo.miller@acme.example", why)
    assert (kept["title"].value, kept["title"].of_id, kept["title"].other) == ("Plant manager", JO, "CTO")
    assert (kept["account"].value, kept["account"].other) == ("Acme Corp", "")


def test_interest_is_the_sum_of_both_and_capped_only_together(asked):
    lines = "UPDATE sums SET line = 'interest[2]', points = 15.0 WHERE person_id IN (:one, :other)"
    change(asked, lines, one=JOE, other=JO)
    with asked.database.read() as fresh:
        (robot,) = foreseen(fresh, asked.process, sides(fresh, asked.process, JOE, JO), NOW).added
    assert robot.loser == 15.0
    assert robot.together < robot.survivor + robot.loser


def test_interest_that_meets_no_limit_adds_up_exactly(asked, connection):
    (robot,) = foreseen(connection, asked.process, sides(connection, asked.process, JOE, JO), NOW).added
    assert robot.together == pytest.approx(robot.survivor + robot.loser)


def test_systems_with_records_of_the_two_are_named_with_what_they_will_be_told(asked, connection):
    fields = asked.process.fields
    title = replace(fields["person"]["title"], write=(Path("crm", None, "Title"),))
    process = replace(asked.process, fields={**fields, "person": {**fields["person"], "title": title}})
    (told,) = foreseen(connection, process, sides(connection, process, JOE, JO), NOW).told
    assert (told.source, told.survivor, told.loser) == (
        "crm", ("Lead 00Q000000000001AAA",), ("Lead 00Q000000000009AAA",),
    )  # fmt: skip
    assert told.fields == ("title",)
    assert told.goes_into == ()


def test_a_system_that_merges_too_says_which_record_goes_into_which(asked, connection):
    process = replace(asked.process, matching=Matching(merge_in=("crm",)))
    (told,) = foreseen(connection, process, sides(connection, process, JOE, JO), NOW).told
    assert told.goes_into == (("Lead 00Q000000000009AAA", "Lead 00Q000000000001AAA"),)
    assert not told.stays_two


def test_a_lead_beside_a_contact_stays_two_there(asked):
    change(asked, "UPDATE keys SET kind = 'crm.Contact' WHERE entity_id = :jo AND kind = 'crm.Lead'", jo=JO)
    process = replace(asked.process, matching=Matching(merge_in=("crm",)))
    with asked.database.read() as fresh:
        (told,) = foreseen(fresh, process, sides(fresh, process, JOE, JO), NOW).told
    assert (told.goes_into, told.stays_two) == ((), True)


def test_the_link_that_an_answer_made_is_found_until_it_is_undone(asked):
    seed = Seed()
    questions.merged(seed, MERGED, JOE, JO, at(2, 10))
    with asked.database.write() as writing:
        seed.write(writing)
    with asked.database.read() as fresh:
        assert link_of(fresh, ASKED) == MERGED
    change(asked, "UPDATE merges SET undone_at = :at, undone_by = 'sato' WHERE id = :id", at=at(2, 11), id=MERGED)
    with asked.database.read() as fresh:
        assert link_of(fresh, ASKED) is None
