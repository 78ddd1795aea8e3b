"""Countries by their two letters (ISO 3166-1 alpha-2), from codes, English names, own names and usual variants."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from closeloop.words.text import fold, fold_marks

_APOSTROPHES_AND_DOTS = re.compile(r"['’‘`.]")
_PUNCTUATION = re.compile(r"[,()/_-]")


@dataclass(frozen=True, slots=True)
class Country:
    """One line of countries.csv: `also` are the other spellings that mean it."""

    alpha2: str
    alpha3: str
    name: str
    also: tuple[str, ...]


def normalise_country(text: str) -> str | None:
    """Alpha-2 of the country that `text` names ("NO", "nor", "Norway", "Norge" → "NO"), or None.

    England and the like are the United Kingdom; Kosovo is XK, which is in wide use though not part of ISO 3166.
    """
    # Nobody writes a country in more; folding megabytes of what was meant for another column would only cost time.
    if len(text) > 100:
        return None
    return _BY_SPELLING.get(text) or _BY_SPELLING.get(_spelling(text))


def _spelling(text: str) -> str:
    bare = _APOSTROPHES_AND_DOTS.sub("", fold_marks(text)).replace("&", " and ")
    words = fold(_PUNCTUATION.sub(" ", bare)).removeprefix("the ").split()
    return " ".join("saint" if word == "st" and len(words) > 1 else word for word in words)


def _read_countries() -> tuple[Country, ...]:
    table = files("closeloop.words").joinpath("countries.csv").read_text(encoding="utf-8")
    return tuple(
        Country(row["alpha2"], row["alpha3"], row["name"], tuple(filter(None, row["also"].split("|"))))
        for row in csv.DictReader(table.splitlines())
    )


def _by_spelling() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for country in COUNTRIES:
        found[country.alpha2] = country.alpha2
        for text in (country.alpha2, country.alpha3, country.name, *country.also):
            found[_spelling(text)] = country.alpha2
    return MappingProxyType(found)


COUNTRIES = _read_countries()
_BY_SPELLING = _by_spelling()
