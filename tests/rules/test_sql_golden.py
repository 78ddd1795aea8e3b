"""Sixty conditions and five people with the answers written down; Spark is left out, since nothing stages there yet."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from closeloop.rules import Vocabulary, parse
from closeloop.rules.staged import staged_for
from support.random_rules import Anyone
from support.rule_engines import engines

GOLDEN = json.loads((Path(__file__).parent / "golden_rules.json").read_text())
NOW = datetime.fromisoformat(GOLDEN["now"])


@pytest.fixture(scope="module")
def cast():
    return {
        name: Anyone(one["values"], one["deals"], frozenset(one["confirmed"]), NOW)
        for name, one in GOLDEN["cast"].items()
    }


@pytest.fixture(scope="module")
def golden_rules():
    names, related = GOLDEN["names"], {"opportunity": GOLDEN["opportunity"]}
    facts = {name: parse(text, Vocabulary(names)) for name, text in GOLDEN["facts"].items()}
    known = Vocabulary(names, related, facts)
    return known, {text: parse(text, known) for text in GOLDEN["holds_for"]}


def test_python_answers_as_written_down(cast, golden_rules):
    found = {text: [name for name, one in cast.items() if rule.test(one)] for text, rule in golden_rules[1].items()}
    assert found == GOLDEN["holds_for"]


def test_each_engine_answers_as_written_down(cast, golden_rules, postgres_url):
    known, asked = golden_rules
    with engines(staged_for(asked.values(), known, mixed=True), postgres_url) as found:
        for engine in found:
            engine.stage(list(cast.values()))
            answers = engine.ask(list(asked.values()), NOW)
            held = {
                text: [name for name, row in zip(cast, answers, strict=True) if row[at]]
                for at, text in enumerate(asked)
            }
            assert held == GOLDEN["holds_for"], engine.name
