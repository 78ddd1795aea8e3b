"""A pass over a whole base: hard cases become one person, a question or two people; size does not make it slow."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from closeloop.dedupe.duckdb_engine import linker_on
from closeloop.dedupe.prepared import prepare_table
from closeloop.dedupe.sweep import Swept, sweep
from closeloop.matching.bundle import Bundle, default_bundle
from closeloop.matching.nouns import Given
from closeloop.words.errors import BadInput
from support.contacts import made_contacts, table_of

JOE = Given("Joe", "Smith", email="joe.smith@acme.de", phone="+49 171 4155526", company="Acme Corp.")


def swept(*contacts: Given, bundle: Bundle | None = None, **more) -> Swept:
    return sweep(table_of(list(contacts)), bundle or default_bundle(), **more)


def band(found: Swept, left: int, right: int) -> str:
    pairs = found.pairs.to_pydict()
    bands = dict(zip(zip(pairs["left"], pairs["right"], strict=True), pairs["band"], strict=True))
    return bands.get((left, right), "different")


def test_spellings_of_one_person_become_one_cluster():
    found = swept(
        JOE,
        replace(JOE, first_name="Joseph", phone=""),
        replace(JOE, email="JOE.SMITH+web@acme.de", company=""),
        Given("Ann", "Lee", email="ann@acme.de"),
    )
    assert found.clusters.to_pylist() == [0, 0, 0, 3]


def test_a_pair_that_a_person_told_apart_is_neither_joined_nor_asked_about():
    twice = [JOE, replace(JOE, first_name="Joseph")]
    assert swept(*twice).clusters.to_pylist() == [0, 0]
    found = swept(*twice, apart={(1, 0)})
    assert found.clusters.to_pylist() == [0, 1]
    assert len(found.pairs) == 0


def test_a_chain_does_not_tie_two_people_together():
    jane = replace(JOE, first_name="Jane", email="jane.smith@acme.de")
    bridge = replace(JOE, first_name="J.")
    found = swept(JOE, bridge, jane)
    assert band(found, 0, 1) == "same"
    assert band(found, 1, 2) == "same"
    assert len(set(found.clusters.to_pylist())) == 2


def test_a_control_without_guards_ties_the_chain_together():
    bundle = Bundle(replace(default_bundle().spec, guards=()))
    jane = replace(JOE, first_name="Jane", email="jane.smith@acme.de")
    found = swept(JOE, replace(JOE, first_name="J."), jane, bundle=bundle)
    assert len(set(found.clusters.to_pylist())) == 1


def test_a_column_full_of_words_for_nothing_makes_no_pair():
    lasts = ("Smith", "Sato", "Lee", "Ito", "Müller", "Garcia", "Okafor", "Petrov")
    found = swept(*(Given(f"F{at}", last, email="n/a", phone="unknown") for at, last in enumerate(lasts)))
    assert len(found.pairs) == 0


def test_a_switchboard_is_no_evidence():
    found = swept(*(Given("Ann", last, phone="+49 30 5551200") for last in ("Smith", "Sato", "Lee")))
    assert len(found.pairs) == 0


def test_a_phone_that_everybody_has_costs_nothing():
    # One last name, so that only the cap on a key's records can stop the square of 20,000.
    crowd = [Given(f"First{n}", "Smith", phone="+49 30 5551200") for n in range(20_000)]
    prepared = prepare_table(table_of(crowd), default_bundle().spec)
    assert _n_candidates(prepared, default_bundle()) == 0


def test_a_control_without_the_cap_squares_the_crowd():
    crowd = [Given(f"First{n}", "Smith", phone="+49 30 5551200") for n in range(1_000)]
    bundle = Bundle(replace(default_bundle().spec, most_per_key=1_000))
    assert _n_candidates(prepare_table(table_of(crowd), bundle.spec), bundle) == 1_000 * 999 / 2


def test_an_adapted_pass_takes_frequencies_and_thresholds_from_the_table():
    contacts = made_contacts(1_500)
    found = sweep(table_of(contacts), default_bundle(), adapt=True)
    spec = found.bundle.spec
    assert found.bundle.signed != default_bundle().signed
    assert spec.bands.n_records == 1_500
    assert spec.frequencies["company"].values["acme"] > 0.1
    assert found.same_at >= 2.0
    again = sweep(table_of(contacts), found.bundle)
    assert again.clusters.equals(found.clusters)
    assert again.pairs["weight"].to_pylist() == pytest.approx(found.pairs["weight"].to_pylist(), abs=1e-9)


def test_whole_names_are_split_only_where_first_and_last_say_nothing():
    table = table_of([Given(name="Smith, Joe"), Given("Ann", name="Smith, Joe"), Given(name="Dr. Zoë van Dyck")])
    prepared = prepare_table(table, default_bundle().spec)
    names = [(prepared.traits(row).get("first"), prepared.traits(row).get("last")) for row in range(3)]
    assert names == [("joe", "smith"), ("ann", None), ("zoe", "van dyck")]


def test_a_table_without_any_field_of_the_bundle_is_refused():
    with pytest.raises(BadInput, match="the table has the columns x; valid are some of first_name"):
        sweep(table_of([JOE]).select(["name"]).rename_columns(["x"]), default_bundle())


def test_an_empty_table_has_no_pairs():
    assert len(swept().pairs) == 0


def _n_candidates(prepared, bundle) -> int:
    with duckdb.connect() as connection:
        linker = linker_on(connection, prepared, bundle.spec)
        return len(linker.inference.compute_blocked_pairs_for_predict().as_dict()["match_key"])
