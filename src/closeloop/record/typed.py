"""Winners as conditions see them, in the kinds of the vocabulary: text, numbers, truth, money and moments."""

from __future__ import annotations

from closeloop.process.nouns import Process
from closeloop.record.builtin import LIVING, RELATIONS, rules_for
from closeloop.record.nouns import Winner, Winners
from closeloop.words.moment import parse
from closeloop.words.money import parse_money

_TEXTS = frozenset({"text", "email", "phone", "person_name", "company", "country", "date"})


def typed(winners: Winners, kind: str, process: Process) -> dict[str, object]:
    """Field → value of the kind that the vocabulary gives it: Money for money, an aware datetime for moments.

    An invalid text is there as text, so that `valid(email)` can say no; an invalid number, sum or moment is missing.
    Relations are left out, and whether the record is still there. An opportunity is also `open` until it is said to be
    closed, and `won` once it is said so.

    Args:
        winners: of one entity.
        kind: "person", "account", "opportunity", "campaign", or one that the process declares.
        process: the process in force.
    """
    rules = rules_for(process, kind)
    values = {
        field: _typed(winner, rules[field].form)
        for field, winner in winners.items()
        if field in rules and field not in (*RELATIONS, LIVING)
    }
    if kind == "opportunity":
        values["open"] = values.get("is_closed") is not True
        values["won"] = values.get("is_won") is True
    return values


def is_living(winners: Winners) -> bool:
    """Whether a record is still there in one of its systems, as far as anybody told."""
    living = winners.get(LIVING)
    return living is None or living.value is True


def _typed(winner: Winner, form: str) -> object | None:
    if form in _TEXTS:
        return winner.value
    if not winner.valid:
        return None
    match form:
        case "money":
            return parse_money(str(winner.value))
        case "moment":
            return parse(str(winner.value))
        case _:
            return winner.value
