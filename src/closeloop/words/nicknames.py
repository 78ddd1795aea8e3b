"""First names that mean the same: Joe is Joseph, and so is Joey. Source: table of the package nicknames (English).

Not an equivalence: Al may be Albert or Alan, who are two.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from closeloop.words.person_name import comparable_name


@lru_cache(maxsize=65_536)
def may_be_same_first_name(a: str, b: str) -> bool:
    """True when one person may go by both: equal but for case and accents, or with a formal name in common.

    Initials are another matter, see `is_initial_of`. False when either says nothing.
    """
    return not canonical_names(a).isdisjoint(canonical_names(b))


@lru_cache(maxsize=65_536)
def canonical_names(name: str) -> frozenset[str]:
    """The name itself and every formal name that it is short for, all comparable: "Joe" → joe, joseph, josef, ….

    Two names that may be one share a member. Empty for a name that says nothing.
    """
    comparable = comparable_name(name)
    return _formal_names().get(comparable, frozenset()) | {comparable} if comparable else frozenset()


def is_initial_of(a: str, b: str) -> bool:
    """True when either is the other's first letter: "J." and "Joe". Also when both are the same letter."""
    one, other = sorted((comparable_name(a), comparable_name(b)), key=len)
    return len(one) == 1 and other.startswith(one)


def is_listed_first_name(name: str) -> bool:
    """True for a first name that the table knows, so that Mark and Mary are two names and no slip of the pen."""
    return comparable_name(name) in _listed()


@lru_cache(maxsize=1)
def _listed() -> frozenset[str]:
    return frozenset(_formal_names()).union(*_formal_names().values())


@lru_cache(maxsize=1)
def _formal_names() -> Mapping[str, frozenset[str]]:
    table = files("nicknames").joinpath("names.csv").read_text(encoding="utf-8")
    formal: dict[str, set[str]] = {}
    for row in csv.DictReader(table.splitlines()):
        formal.setdefault(comparable_name(row["name2"]), set()).add(comparable_name(row["name1"]))
    return {short: frozenset(names) for short, names in formal.items()}
