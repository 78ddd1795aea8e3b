"""The packaged bundle on a small cast: who is one person, who is a question, and who is two."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.matching.bundle import Bundle, default_bundle, load_bundle
from closeloop.matching.generic import generic_values
from closeloop.matching.nouns import Given
from closeloop.words.errors import BadInput

N = 100_000
JOE = Given("Joe", "Smith", email="joe.smith@acme.example.net", phone="+1 415 555 2671", company="Acme Corp.")


def band(one: Given, other: Given, n_records: int = N) -> str:
    bundle = default_bundle()
    return bundle.decide(bundle.prepare(one), bundle.prepare(other), n_records)[0].band


def are_candidates(one: Given, other: Given) -> bool:
    bundle = default_bundle()
    return not set(bundle.keys(bundle.prepare(one))).isdisjoint(bundle.keys(bundle.prepare(other)))


@pytest.mark.parametrize(
    "other",
    [
        replace(JOE, first_name="Joseph", phone=""),
        replace(JOE, email="Joe.Smith+web@ACME.example.net", company=""),
        replace(JOE, first_name="J.", title="CEO"),
        replace(JOE, first_name="Smith", last_name="Joe"),
        replace(JOE, first_name="", last_name="", name="Dr. Joe Smith"),
        replace(JOE, email="", phone="(415) 555-2671 x12", company="ACME Inc"),
        replace(JOE, last_name="Smyth"),
    ],
)
def test_joe_is_known_under_another_spelling(other):
    assert are_candidates(JOE, other)
    assert band(JOE, other) == "same"


def test_a_couple_that_shares_an_address_is_asked_about_and_told_why():
    bundle = default_bundle()
    his, hers = bundle.prepare(JOE), bundle.prepare(replace(JOE, first_name="Mary"))
    decision, weight = bundle.decide(his, hers, N)
    assert weight.total > bundle.thresholds(N)[0]
    assert decision == ("ask", "the first names disagree, so they may be related rather than the same")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Given("Mark", "Kusha"), Given("Mary", "Kusha")),
        (Given("Morris I", "Kusha"), Given("Morris II", "Kusha")),
        (Given("Joe", "Smith Jr."), Given("Joe", "Smith Sr.")),
    ],
)
def test_a_family_under_one_address_and_number_is_asked_about(one, other):
    home = {"email": "kusha77@gmail.com", "phone": "+1 415 555 2671"}
    assert band(replace(one, **home), replace(other, **home)) == "ask"


def test_a_slip_in_a_first_name_is_no_other_person():
    assert band(JOE, replace(JOE, first_name="Joee")) == "same"


def test_a_control_without_guards_makes_one_person_of_the_couple():
    bundle = Bundle(replace(default_bundle().spec, guards=()))
    assert bundle.decide(bundle.prepare(JOE), bundle.prepare(replace(JOE, first_name="Mary")), N)[0].band == "same"


def test_a_role_mailbox_is_no_evidence_but_tells_the_company():
    bundle = default_bundle()
    traits = bundle.prepare(Given("Ann", "Lee", email="info@acme.example.net"))
    assert "email" not in traits
    assert "mailbox" not in traits
    assert traits["domain"] == "example.net"
    info = replace(JOE, first_name="", last_name="", email="info@acme.example.net", phone="", company="")
    assert not any(key.startswith("email:") for key in bundle.keys(bundle.prepare(info)))


def test_namesakes_at_one_company_are_no_match_by_name_alone():
    one = Given("John", "Smith", email="john.smith2@acme.example.net", company="Acme")
    other = Given("John", "Smith", email="jsmith9@acme.example.net", company="Acme")
    assert band(one, other, 5_000_000) != "same"


def test_two_mailboxes_of_one_company_are_two_people():
    cindy = Given("Cindy", "Suggs", email="cindy@acme.example.net", company="Acme")
    other = Given("Carl", "Stone", email="cindy_suggs@acme.example.net", company="Acme")
    assert band(cindy, other) != "same"


def test_records_that_trade_addresses_are_asked_about_at_most():
    joe, ann = JOE, Given("Ann", "Lee", email="ann.lee@acme.example.net", company="Acme Corp.")
    joe_now, ann_now = replace(joe, email=ann.email), replace(ann, email=joe.email, phone="")
    assert band(joe, ann_now) != "same"
    assert band(ann, joe_now) != "same"


def test_a_new_job_with_the_same_mobile_is_the_same_person():
    assert band(JOE, replace(JOE, email="j.smith@hafen.example.org", company="Hafen Logistik GmbH")) == "same"


def test_a_new_job_with_nothing_but_the_name_is_no_match():
    assert band(JOE, Given("Joe", "Smith", email="joe@hafen.example.org", company="Hafen Logistik GmbH")) != "same"


@pytest.mark.parametrize("nothing", ["n/a", "N/A", "-", "unknown", "test"])
def test_words_for_nothing_are_nothing(nothing):
    assert default_bundle().prepare(Given(nothing, email=nothing, phone=nothing, company=nothing)) == {}


@pytest.mark.parametrize("nothing", ["none@none.com", "n/a@n/a.com", "x@example.com"])
def test_an_address_typed_along_is_nothing(nothing):
    assert default_bundle().prepare(Given(email=nothing)) == {}


@pytest.mark.parametrize(("first", "last"), [("小龙", "李"), ("Иван", "Петров"), ("Zoë", "O'Brien")])
def test_names_in_any_script_make_keys_and_match_themselves(first, last):
    one = Given(first, last, company="Acme", email="x.y1@gmail.com")
    assert are_candidates(one, replace(one, email=""))
    assert band(one, replace(one, phone="+49 171 1234567")) == "same"


def test_the_weight_needed_rises_with_the_base():
    bundle = default_bundle()
    assert bundle.thresholds(2_000_000)[0] == pytest.approx(bundle.thresholds(1_000_000)[0] + 1)


def test_a_number_that_many_hold_is_dropped_everywhere():
    bundle = default_bundle()
    switchboard = [Given("Ann", last, phone="+49 30 555120") for last in ("Lee", "Ito", "Sato")]
    generic = generic_values(map(bundle.prepare, switchboard), bundle.spec.shared)
    assert generic == {"30555120"}
    assert "phone" not in bundle.prepare(switchboard[0], generic)


given_people = st.builds(
    Given,
    first_name=st.sampled_from(["Joe", "Joseph", "J", "Mary", "", "李"]),
    last_name=st.sampled_from(["Smith", "Smyth", "Sato", ""]),
    email=st.sampled_from(["", "joe@acme.de", "joe@acme.com", "jo@acme.de", "info@acme.de", "n/a"]),
    phone=st.sampled_from(["", "+49 30 123456", "030 123456", "030 123457"]),
    company=st.sampled_from(["", "Acme", "Acme GmbH", "Kyushu Denki"]),
)


@given(one=given_people, other=given_people)
def test_weighing_is_symmetric(one, other):
    bundle = default_bundle()
    left, right = bundle.prepare(one), bundle.prepare(other)
    there, back = bundle.weigh(left, right), bundle.weigh(right, left)
    assert there.total == back.total
    assert [(each.comparison, each.level, each.weight) for each in there.evidence] == [
        (each.comparison, each.level, each.weight) for each in back.evidence
    ]
    assert there.total == pytest.approx(
        bundle.weigh({}, {}).total + sum(each.weight for each in there.evidence), abs=1e-9
    )


@pytest.mark.parametrize("name", ["mine.json", "mine.json.gz"])
def test_a_saved_bundle_comes_back_with_the_same_signature(tmp_path, name):
    default_bundle().save(tmp_path / name)
    assert load_bundle(tmp_path / name).signed == default_bundle().signed


@pytest.mark.parametrize("text", ["", "{", '{"name": "x"}', "no bundle at all"])
def test_what_is_no_bundle_is_refused(tmp_path, text):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(BadInput, match="is not a bundle"):
        load_bundle(tmp_path / "bad.json")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        load_bundle(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda d: d["comparisons"][0]["levels"][2].update(m=None),
            "level 'equal' of comparison 'first name' has no m",
        ),
        (lambda d: d["comparisons"][0]["levels"][2].update(u=0.0), "valid are probabilities above 0"),
        (lambda d: d["comparisons"][0]["levels"].pop(), "does not end with a level for everything else"),
        (lambda d: d["columns"].pop(0), "uses column 'first', which the bundle does not make"),
        (lambda d: d["columns"][0].update(form="nmae"), "'nmae' is not a form; valid are text"),
        (lambda d: d["frequencies"].pop("last"), "needs frequencies of 'last'"),
        (lambda d: d.update(prior=1.0), "valid is a probability between 0 and 1"),
    ],
)
def test_a_bundle_that_cannot_decide_is_refused_and_told_why(tmp_path, change, says):
    default_bundle().save(tmp_path / "bundle.json")
    declared = json.loads((tmp_path / "bundle.json").read_text())
    change(declared)
    (tmp_path / "bundle.json").write_text(json.dumps(declared))
    with pytest.raises(BadInput, match=says):
        load_bundle(tmp_path / "bundle.json")


NOVAKS = ("Jan", "Jana", "Jane", "Jani", "Janina", "Janine", "Janis", "Janka", "Janko", "Janos")


def novak(first: str) -> Given:
    return Given(first, "Novak", email=f"{first.lower()}.novak@acme.example.net", company="Acme Corp.")


def test_ten_who_are_called_alike_and_have_addresses_of_their_own_at_one_company_are_not_one():
    bundle = default_bundle()
    ten = [bundle.prepare(novak(first)) for first in NOVAKS]
    for n_records in (20, 1_000, N):
        found = {bundle.decide(one, other, n_records)[0].band for one, other in combinations(ten, 2)}
        assert "same" not in found


def test_control_without_the_guard_some_of_the_ten_are_taken_for_one():
    spec = default_bundle().spec
    bundle = Bundle(replace(spec, guards=tuple(each for each in spec.guards if each.name != "other name and address")))
    ten = [bundle.prepare(novak(first)) for first in NOVAKS]
    assert any(bundle.decide(one, other, N)[0].band == "same" for one, other in combinations(ten, 2))


def test_a_slip_in_a_name_is_still_a_slip_where_the_address_does_not_have_it():
    joe = replace(JOE, phone="")
    assert band(joe, replace(joe, last_name="Smiht")) == "same"
    assert band(joe, replace(joe, last_name="Smiht", email="sales.lead@acme.example.net"), 1_000) == "same"
    assert band(joe, replace(joe, email="joe_smith@acme.example.net")) == "same"
