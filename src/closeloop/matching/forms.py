"""The forms under which values are compared: one table, so that a bundle names them and batch and real time share them.

A form takes what its column is made of ("" for nothing): fields as given, or columns that stand before it in the
bundle. It returns None when there is nothing to compare.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from types import MappingProxyType

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from closeloop.words.company import normalise_company
from closeloop.words.country import normalise_country
from closeloop.words.email import normalise_email
from closeloop.words.mailbox import company_domain as employer_domain
from closeloop.words.mailbox import is_role_name
from closeloop.words.nicknames import canonical_names, is_listed_first_name
from closeloop.words.nothing import is_nothing
from closeloop.words.person_name import comparable_name, split_name, without_honorifics
from closeloop.words.text import fold, fold_marks
from closeloop.words.title import normalise_title

Form = Callable[..., str | None]

_EXTENSION = re.compile(r"(?:x|ext|durchwahl|#|;).*")
_LITTLE_WORDS = frozenset({"of", "the", "and", "for", "in", "at", "to"})
_GENERATIONS = {word: word for word in ("i", "ii", "iii", "iv", "jr", "sr")} | {"junior": "jr", "senior": "sr"}
_NOT_DIGITS = re.compile(r"[^0-9]+")
_CALLING_CODES = frozenset(map(str, COUNTRY_CODE_TO_REGION_CODE))


def text(*given: str) -> str | None:
    """Without case, accents and width; of several fields the first that says something."""
    for one in given:
        folded = fold_marks(one)
        if folded and not is_nothing(folded):
            return folded
    return None


def split_whole_name(whole: str) -> tuple[str, str]:
    """First and last name of a whole name, titles left out."""
    return split_name(without_honorifics(whole))


def name(given: str) -> str | None:
    """A first, last or whole name without titles, accents and punctuation."""
    if not given or is_nothing(given):
        return None
    return comparable_name(without_honorifics(given)) or None


def known_as(first: str) -> str | None:
    """All formal names that a comparable first name may stand for, itself among them, parted by "|"."""
    return _formal_names(first) if first else None


def listed(first: str) -> str | None:
    """A comparable first name that tables of first names know; another may be a slip."""
    return first if first and is_listed_first_name(first) else None


def generation(comparable: str) -> str | None:
    """What tells father and son apart at the end of a name: "jr", "ii"."""
    before, _, last = comparable.rpartition(" ")
    return _GENERATIONS.get(last) if before else None


def words_sorted(*comparable: str) -> str | None:
    """All words in alphabetical order, so that changed places do not matter."""
    return " ".join(sorted(" ".join(comparable).split())) or None


def address(given: str) -> str | None:
    """The normal form of an e-mail address, of a person or not."""
    normal = normalise_email(given) if given else None
    return None if normal is None or _is_hollow(normal) else normal


def personal(normal: str) -> str | None:
    """A normal address that is no role mailbox: that says nothing about a person."""
    return None if not normal or is_role_name(normal.partition("@")[0]) else normal


def mailbox(normal: str) -> str | None:
    """The local part of a normal address."""
    return normal.partition("@")[0] or None


def host(normal: str) -> str | None:
    """What stands behind the @ of a normal address."""
    return normal.partition("@")[2] or None


def company_domain(host_name: str) -> str | None:
    """The registrable domain of a host, unless everybody can have an address there."""
    return employer_domain(host_name) if host_name else None


def phone(number: str) -> str | None:
    """The significant digits within a country, so that "+49 30 123456" and "030 123456" agree; no extension.

    Cheaper than libphonenumber by a hundred times, since whether such a number exists is another question. None below
    six digits.
    """
    number = fold(number)
    digits = _NOT_DIGITS.sub("", _EXTENSION.sub("", number))
    if number.startswith("+") or digits.startswith("00"):
        digits = _without_country(digits.removeprefix("00"))
    elif len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    digits = digits.lstrip("0")
    if not 6 <= len(digits) <= 15 or (_may_be_typed_along(digits) and is_nothing(digits, "phone")):
        return None
    return digits


def company(given: str) -> str | None:
    """The company's name without its legal form and without a country's code at its end ("Acme GB")."""
    if not given or is_nothing(given, "company"):
        return None
    normal = normalise_company(given)
    before, _, last = normal.rpartition(" ")
    return normalise_company(before) if before and len(last) == 2 and normalise_country(last) else normal or None


def two_words(comparable: str) -> str | None:
    """The first two words."""
    return " ".join(comparable.split(" ", 2)[:2]) or None


def initials(comparable: str) -> str | None:
    """The first letters of three or more words, by which companies are called too."""
    words = comparable.split()
    return "".join(word[0] for word in words) if len(words) >= 3 else None


def title(given: str) -> str | None:
    """The words of the standard title in alphabetical order, little words left out."""
    if not given or is_nothing(given, "title"):
        return None
    standard = comparable_name(normalise_title(given).standard)
    return words_sorted(*(word for word in standard.split() if word not in _LITTLE_WORDS))


def digits(given: str) -> str | None:
    """Nothing but the digits."""
    return _NOT_DIGITS.sub("", given) or None


@lru_cache(maxsize=65_536)
def _formal_names(name: str) -> str:
    first, _, _ = name.partition(" ")
    return "|".join(sorted(canonical_names(name) | canonical_names(first)))


def _is_hollow(normal: str) -> bool:
    # That most hosts say something is remembered, since asking of each address costs as much as reading it.
    return _may_be_hollow(normal.partition("@")[2]) and is_nothing(normal, "email")


@lru_cache(maxsize=262_144)
def _may_be_hollow(host_name: str) -> bool:
    return is_nothing(f"none@{host_name}", "email")


def _may_be_typed_along(digits: str) -> bool:
    # 0000000 and 1234567; asking of each number costs as much as reading it.
    return digits[0] == digits[1] or digits[:3] in "0123456789012" or digits[:3] in "9876543210987"


def _without_country(number: str) -> str:
    return next((number[n:] for n in (1, 2, 3) if number[:n] in _CALLING_CODES), number)


FORMS: MappingProxyType[str, Form] = MappingProxyType(
    {
        "text": text,
        "name": name,
        "known_as": known_as,
        "listed": listed,
        "generation": generation,
        "words_sorted": words_sorted,
        "address": address,
        "personal": personal,
        "mailbox": mailbox,
        "host": host,
        "company_domain": company_domain,
        "phone": phone,
        "company": company,
        "two_words": two_words,
        "initials": initials,
        "title": title,
        "digits": digits,
    }
)
