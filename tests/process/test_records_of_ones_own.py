"""`records` names the business's own: whose they are, where they come from, what they have."""

from __future__ import annotations

import pytest

from closeloop.process.json_schema import json_schema
from closeloop.process.load import load_files
from closeloop.words.errors import ProcessError
from closeloop.words.money import Money

PURCHASE = b"""
records:
  purchase:
    of: [person, account]
    from: [crm.Order__c, ma.Bought]
    key: number
    has:
      number:    text
      product:   {from: Product__c, as: product}
      amount:    {from: [crm.Order__c.Amount__c, ma.Bought.total], as: money}
      bought_at: time
"""


def loaded(sound_files, more=PURCHASE, *swaps):
    text = sound_files["b2b.yaml"].replace(b"ma: marketo", b"ma: eloqua") + more
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    return load_files({**sound_files, "b2b.yaml": text}, "b2b.yaml")


def test_a_kind_says_whose_it_is_and_where_each_of_its_fields_stands(sound_files):
    kind = loaded(sound_files).records["purchase"]
    assert (kind.of, kind.key) == (("person", "account"), "number")
    assert kind.objects == (("crm", "Order__c"), ("ma", "Bought"))
    assert {name: (rule.form, [str(path) for path in rule.paths]) for name, rule in kind.fields.items()} == {
        "number": ("text", ["crm.Order__c.number", "ma.Bought.number"]),
        "product": ("text", ["crm.Order__c.Product__c", "ma.Bought.Product__c"]),
        "amount": ("money", ["crm.Order__c.Amount__c", "ma.Bought.total"]),
        "bought_at": ("moment", ["crm.Order__c.bought_at", "ma.Bought.bought_at"]),
    }


def test_one_owner_and_one_object_need_no_list(sound_files):
    process = loaded(sound_files, b"records: {visit: {of: account, from: crm.Visit__c, has: {reason: text}}}\n")
    assert process.records["visit"].of == ("account",)
    assert process.own_kind("crm", "Visit__c") is process.records["visit"]
    assert process.own_kind("ma", "Visit__c") is None


def test_conditions_everywhere_may_ask_for_them(sound_files):
    process = loaded(
        sound_files, PURCHASE,
        (b'"usable and fit >= 20 and', b'"usable and exists(purchase, amount > money(\'9 EUR\')) and fit >= 20 and'),
        (b'"employees >= 500"', b'"employees >= 500 or exists(purchase)"'),
        (b"facts:", b"facts:\n  buyer: \"exists(purchase, same(product) and bought_at > ago(365d))\"\n"),
        (b"when: open_deal,", b"when: open_deal or buyer,"),
    )  # fmt: skip

    class Buyer:
        now = None

        def get(self, name):
            return None

        def related(self, entity):
            return [{"amount": Money(1000, "EUR")}] if entity == "purchase" else []

        def verified(self, name):
            return False

    assert [line.when.test(Buyer()) for line in process.fit if line.when] == [False, True]


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        (b"crm.Order__c,", b"crn.Order__c,", 5, "unknown source 'crn'; did you mean 'crm'?"),
        (b"crm.Order__c,", b"form.Order,", 5, "'form' has no records of your own; valid is an object of: crm, ma"),
        (b"crm.Order__c,", b"crm,", 5, "'crm' names no object; valid is such as crm.Order__c"),
        (b"crm.Order__c,", b"crm.Contact,", 5, "Contact is built in"),
        (b"ma.Bought]", b"crm.Order__c]", 5, "crm.Order__c is 'purchase' already"),
        (b"key: number", b"key: numbr", 6, "unknown field of purchase 'numbr'; did you mean 'number'?"),
        (b"[person, account]", b"[persn]", 4, "unknown word 'persn'; did you mean 'person'?"),
        (b"bought_at: time", b"bought_at: momnt", 11, "unknown word 'momnt'; did you mean 'moment'?"),
        (b"as: money", b"a: money", 10, "unknown key 'a'; did you mean 'as'?"),
        (b"ma.Bought.total", b"ma.Bouht.total", 10, "unknown object 'ma.Bouht'; did you mean 'ma.Bought'?"),
        (b"bought_at: time", b"owner: text", 11, "'owner' has a meaning of its own"),
        (b"  purchase:", b"  account:", 3, "'account' has a meaning of its own"),
        (b"    of:", b"    off: 1\n    of:", 4, "unknown key 'off'; did you mean 'of'?"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_what_would_be_valid(sound_files, old, new, line, fault):
    with pytest.raises(ProcessError) as caught:
        loaded(sound_files, PURCHASE.replace(old, new))
    above = sound_files["b2b.yaml"].count(b"\n")
    assert [(found.line - above, fault in found.what) for found in caught.value.faults][:1] == [(line, True)]


def test_a_kind_or_a_field_that_there_is_not_is_no_condition(sound_files):
    with pytest.raises(ProcessError, match="unknown related record 'purchases'; did you mean 'purchase'"):
        loaded(sound_files, PURCHASE, (b"facts:", b'facts:\n  buyer: "exists(purchases)"'))
    with pytest.raises(ProcessError, match=r"'amout'.*did you mean 'amount'"):
        loaded(sound_files, PURCHASE, (b"facts:", b'facts:\n  buyer: "exists(purchase, missing(amout))"'))


def test_the_schema_for_editors_closes_it():
    part = json_schema()["$defs"]["OwnRecordPart"]
    assert (part["additionalProperties"], set(part["properties"])) == (False, {"of", "from", "key", "has"})
