"""Records of the business's own are asked for in SQL as deals are, and beside them in one condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from closeloop.process.vocabulary import related, vocabularies
from closeloop.rules import parse, staged_for, to_sql
from closeloop.words.errors import BadInput
from closeloop.words.money import Money
from support.purchases import b2b_with
from support.rule_engines import engines

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
MORE = """
records:
  purchase: {of: person, from: crm.Order__c, has: {product: product, amount: money, bought_at: time, paid: boolean}}
  visit:    {of: account, from: crm.Visit__c, has: {reason: text}}
"""
ASKED = [
    "exists(purchase)", "not exists(purchase)", "exists(purchase, product == 'robot' and amount >= money('1000 EUR'))",
    "exists(purchase, same(product) and not paid)", "exists(purchase, bought_at > ago(365d))",
    "exists(purchase, missing(amount)) or exists(visit, reason starts with 'demo')",
    "exists(opportunity, open and same(product)) and not exists(purchase, product == 'robot')",
]  # fmt: skip


@dataclass(frozen=True)
class Person:
    held: Mapping[str, Sequence[Mapping[str, object]]]
    now: datetime = NOW

    def get(self, name: str) -> object | None:
        return {"product": "robot"}.get(name)

    def related(self, entity: str) -> Sequence[Mapping[str, object]]:
        return self.held.get(entity, ())

    def verified(self, _name: str) -> bool:
        return False


ROBOT = {"product": "robot", "amount": Money(480_000, "EUR"), "bought_at": NOW - timedelta(days=30), "paid": True}
OLD = {**ROBOT, "amount": Money(480_000, "JPY"), "bought_at": NOW - timedelta(days=400), "paid": False}
CAST = [
    Person({}),
    Person({"purchase": [ROBOT]}),
    Person({"purchase": [OLD]}),
    Person({"purchase": [{"product": "arm"}], "visit": [{"reason": "demo day"}]}),
    Person({"opportunity": [{"open": True, "product": "robot"}], "visit": [{"reason": "repair"}]}),
    Person({"opportunity": [{"open": True, "product": "robot"}], "purchase": [{"product": "arm"}, ROBOT]}),
]  # fmt: skip


@pytest.fixture(scope="module")
def known():
    return vocabularies({}, {}, related(b2b_with(MORE).records)).person


def test_each_engine_answers_as_python_does(known, postgres_url):
    asked = [parse(text, known) for text in ASKED]
    wanted = [[rule.test(person) for rule in asked] for person in CAST]
    assert {answer for row in wanted for answer in row} == {True, False}
    assert all(len({row[at] for row in wanted}) == 2 for at in range(len(asked))), "each tells somebody apart"
    with engines(staged_for(asked, known), postgres_url) as found:
        for engine in found:
            engine.stage(CAST)
            assert engine.ask(asked, NOW) == wanted, engine.name


def test_a_kind_that_is_not_staged_is_refused_by_name(known):
    purchases = staged_for([parse(ASKED[0], known)], known)
    with pytest.raises(BadInput, match="no records of 'visit' are staged; valid: purchase"):
        to_sql(parse("exists(visit)", known), purchases, "sqlite", NOW)
