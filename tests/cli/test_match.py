"""`closeloop match` makes, adapts and teaches bundles from files; answers are kept and nobody is asked twice."""

from __future__ import annotations

from pathlib import Path

import pyarrow.csv as pc
import pytest
from typer.testing import CliRunner

from closeloop.cli.match import match
from closeloop.matching.bundle import default_bundle, load_bundle
from closeloop.words.errors import BadInput
from support.contacts import made_contacts, table_of


@pytest.fixture(scope="module")
def contacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("contacts") / "contacts.csv"
    named = table_of(made_contacts(1_000)).rename_columns({"email": "E-Mail Address", "last_name": "Surname"})
    pc.write_csv(named, path)
    return path


def run(*arguments: object, typed: str = "") -> str:
    said = CliRunner().invoke(match, [str(each) for each in arguments], input=typed, catch_exceptions=False)
    assert said.exit_code == 0, said.output
    return said.output


def test_adapt_writes_a_bundle_that_knows_the_base(contacts, tmp_path):
    said = run("adapt", contacts, "--out", tmp_path / "mine.json.gz")
    mine = load_bundle(tmp_path / "mine.json.gz")
    assert mine.signed in said
    assert "in a base of 1,000 records" in said
    assert mine.spec.frequencies["company"].values["acme"] > 0.1
    assert mine.spec.frequencies["last"].values["smith"] > 0.01
    assert mine.spec.comparisons == default_bundle().spec.comparisons


def test_train_refuses_records_that_teach_too_little_and_names_the_level(contacts, tmp_path):
    with pytest.raises(BadInput, match=r"never seen in training.* of level '"):
        run("train", contacts, "--out", tmp_path / "mine.json")
    assert not (tmp_path / "mine.json").exists()


def test_label_asks_keeps_each_answer_and_goes_on_where_it_stopped(contacts, tmp_path):
    answers, out = tmp_path / "answers.jsonl", tmp_path / "taught.json"
    first = run("label", contacts, "--answers", answers, "--out", out, "--most", 14, typed="y\nn\n" * 6 + "s\nq\n")
    assert len(answers.read_text().splitlines()) == 12
    assert "bits: " in first
    assert "bands by 12 answers" in load_bundle(out).spec.made
    again = run("label", contacts, "--answers", answers, "--out", out, "--most", 13, typed="q\n")
    assert again.count("one person?") == 1


def test_label_without_answers_says_how_many_it_needs(contacts, tmp_path):
    with pytest.raises(BadInput, match="0 answers"):
        run("label", contacts, "--answers", tmp_path / "a.jsonl", "--out", tmp_path / "b.json", "--most", 0)


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "odd.csv").write_text("COLOUR,SIZE\n" + "red,4\n" * 20)
    with pytest.raises(BadInput, match="the bundle needs some of first_name"):
        run("adapt", tmp_path / "odd.csv", "--out", tmp_path / "b.json")
