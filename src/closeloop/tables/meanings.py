"""What each column means: by its name, by what stands in it, and whether that holds from the first row to the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from closeloop.tables.headings import MEANINGS, meaning_of
from closeloop.tables.nouns import Look
from closeloop.tables.sample import Sample
from closeloop.tables.swaps import swaps_of
from closeloop.tables.values import LOOKS_LIKE, TELLING

_MOST, _FEW = 0.8, 0.2
_ENOUGH = 5
"""Values, below which what they look like says little."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one column means.

    Attributes:
        meaning: of `MEANINGS`; "" for none of them.
        why: in words.
        sure: False when a person should confirm it before it is used.
        filled: share of the rows that say something.
        share: of what they say, the share that looks like the meaning; None when values cannot tell.
        tenths: `share` in each tenth of the file; None where nothing can be said.
        samples: up to three different values.
        warning: what changes on the way through the file; "" for nothing.
    """

    column: str
    meaning: str
    why: str
    sure: bool
    filled: float
    share: float | None
    tenths: tuple[float | None, ...]
    samples: tuple[str, ...]
    warning: str = ""


def propose(look: Look, sample: Sample) -> tuple[Meaning, ...]:
    """The meaning of each column, in their order; no meaning but none is given twice.

    Args:
        look: of the file.
        sample: its rows from `spread`, so that tenths of it are tenths of the file.
    """
    said = {column: [row.said(column) for row in sample.rows] for column in look.columns}
    found = [_alone(column, values, look.columns) for column, values in said.items()]
    kept = _one_each(found)
    warnings = swaps_of({one.column: one.meaning for one in kept}, said, [row.line for row in sample.rows])
    return tuple(
        replace(one, warning=warnings[one.column], sure=False) if one.column in warnings else one for one in kept
    )


def columns_of(meanings: Sequence[Meaning]) -> dict[str, str]:
    """Meaning → the column that has it."""
    return {one.meaning: one.column for one in meanings if one.meaning}


def _alone(column: str, values: Sequence[str], columns: Sequence[str]) -> Meaning:
    some = [value for value in values if value]
    named = _named(column, columns)
    meaning, why, sure = _weighed(column, named, some)
    share = _share(meaning, some)
    tenths = tuple(_share(meaning, [value for value in part if value]) for part in _tenths(values))
    samples = tuple(dict.fromkeys(value[:60] for value in some))[:3]
    return Meaning(column, meaning, why, sure, len(some) / max(1, len(values)), share, tenths, samples)


def _named(column: str, columns: Sequence[str]) -> str:
    named = meaning_of(column) or ""
    others = {meaning_of(other) for other in columns if other != column}
    # A list of companies calls them by their name, and one of people may say both parts.
    if named == "name" and not others & {"email", "first_name", "last_name", "company"} and others & _OF_COMPANIES:
        return "company"
    # French and Dutch lists, Italian and Portuguese ones: "Nom" beside "Prénom", "Nome" beside "Cognome".
    if named in ("last_name", "first_name") and not others & {"first_name", "last_name"}:
        return "name" if column.strip().lower() in _HALF_NAMES else named
    return named


def _weighed(column: str, named: str, some: Sequence[str]) -> tuple[str, str, bool]:
    if named == "lead_source" and (_share("source", some) or 0) >= _MOST:
        named = "source"
    share = _share(named, some)
    told = next((one for one in TELLING if len(some) >= _ENOUGH and (_share(one, some) or 0) >= _MOST), "")
    if named and (share is None or share > _FEW or len(some) < _ENOUGH):
        if share is None and told == "email":
            return told, f"{_share(told, some):.0%} of the values are e-mail addresses, whatever the name says", False
        looks = "" if share is None or not some else f", and {share:.0%} of the values look so"
        return named, f"the name says so{looks}", share is None or share >= _MOST or not some
    if told:
        instead = f"though the name says {named}" if named else "the name says nothing"
        return told, f"{_share(told, some):.0%} of the values look so, {instead}", not named
    if named:
        return named, f"the name says so, but only {share:.0%} of the values look so", False
    return "", "neither name nor values say it" if some else "nothing stands in it", True


def _one_each(found: Sequence[Meaning]) -> list[Meaning]:
    """The better column keeps a meaning that two have."""
    best: dict[str, Meaning] = {}
    for one in found:
        if one.meaning and (one.meaning not in best or _worth(one) > _worth(best[one.meaning])):
            best[one.meaning] = one
    return [
        one
        if not one.meaning or best[one.meaning] is one
        else replace(one, meaning="", why=f"reads as {one.meaning} too, which {best[one.meaning].column!r} is")
        for one in found
    ]


def _worth(one: Meaning) -> tuple[bool, float]:
    return one.sure, one.filled * (1.0 if one.share is None else one.share)


def _share(meaning: str, some: Sequence[str]) -> float | None:
    looks = LOOKS_LIKE.get(meaning)
    if looks is None or not some:
        return None
    return sum(map(looks, some)) / len(some)


def _tenths(values: Sequence[str]) -> list[Sequence[str]]:
    n = len(values)
    return [values[n * part // 10 : n * (part + 1) // 10] for part in range(10)]


_OF_COMPANIES = {"website", "domain", "industry"}
_HALF_NAMES = frozenset({"nom", "nome", "name", "ad", "име", "имя", "名"})

__all__ = ["MEANINGS", "Meaning", "columns_of", "propose"]
