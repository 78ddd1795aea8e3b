"""One standard of validity for every source: valid, doubtful or invalid, and a closed list of reasons says why.

Invalid is what cannot be used for what the field is for; doubtful is what can, but not for all of it: a role mailbox
can be written to, but is no person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from closeloop.words.country import normalise_country
from closeloop.words.domain import has_known_end
from closeloop.words.email import is_disposable, normalise_email
from closeloop.words.mailbox import is_free_mail, is_role_mailbox
from closeloop.words.nothing import is_nothing
from closeloop.words.person_name import comparable_name, without_honorifics
from closeloop.words.phone import normalise_phone
from closeloop.words.text import fold, fold_marks, has_unfit

Verdict = Literal["valid", "doubtful", "invalid"]
Reason = Literal[
    "", "placeholder", "syntax", "control character", "throw-away domain", "role mailbox", "free mail",
    "unknown top-level domain", "no such number", "no country to read it by", "an address", "no letter", "has a digit",
    "initial only", "too long", "nobody's employer", "not a country",
]  # fmt: skip

_NO_EMPLOYER = frozenset(
    {
        "self", "self employed", "selfemployed", "freelance", "freelancer", "student", "retired", "unemployed", "home",
        "private", "privat", "private person", "privatperson", "individual", "personal", "me", "myself",
        "selbststandig", "freiberufler", "independent", "consultant", "none of your business", "my company", "company",
        "firma",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a value is worth; `reason` is "" exactly when it is valid."""

    verdict: Verdict
    reason: Reason = ""


VALID = Judgement("valid")


@lru_cache(maxsize=65_536)
def judge(kind: str, text: str, country: str | None = None) -> Judgement:
    """The verdict on one value.

    Args:
        kind: a name in KINDS; whatever is of another kind is only asked whether it says anything.
        text: as given or in its normal form. Blank text says nothing: ask only for what is there.
        country: alpha-2 of the record's country, to read a phone number without prefix.
    """
    if is_nothing(text, kind):
        return Judgement("invalid", "placeholder")
    if has_unfit(text):
        return Judgement("invalid", "control character")
    read = KINDS.get(kind)
    return VALID if read is None else read(text, country)


def kind_of(field: str, form: str) -> str:
    """The kind of a field by its normal form; titles are texts that only their field's name tells from others."""
    if form == "text":
        return "title" if field in ("title", "job_title", "position") else ""
    return {"person_name": "name"}.get(form, form if form in KINDS else "")


def _email(text: str, _: str | None) -> Judgement:
    if normalise_email(text) is None:
        return Judgement("invalid", "syntax")
    if is_disposable(text):
        return Judgement("invalid", "throw-away domain")
    if is_role_mailbox(text):
        return Judgement("doubtful", "role mailbox")
    if is_free_mail(text):
        return Judgement("doubtful", "free mail")
    return VALID if has_known_end(text) else Judgement("doubtful", "unknown top-level domain")


def _phone(text: str, country: str | None) -> Judgement:
    if normalise_phone(text, country) is not None:
        return VALID
    digits = sum(letter.isdigit() for letter in text)
    if country is None and not text.strip().startswith(("+", "00")) and 6 <= digits <= 14:
        return Judgement("doubtful", "no country to read it by")
    return Judgement("invalid", "no such number")


def _name(text: str, _: str | None) -> Judgement:
    if "@" in text or "://" in text:
        return Judgement("invalid", "an address")
    name = comparable_name(without_honorifics(text))
    if not any(letter.isalpha() for letter in name):
        return Judgement("invalid", "no letter")
    if any(letter.isdigit() for letter in name):
        return Judgement("doubtful", "has a digit")
    if all(len(word) == 1 and word.isascii() for word in name.split()):
        return Judgement("doubtful", "initial only")
    return VALID if len(name) <= 100 else Judgement("doubtful", "too long")


def _title(text: str, _: str | None) -> Judgement:
    if "@" in text or "://" in text:
        return Judgement("invalid", "an address")
    if not any(letter.isalpha() for letter in text):
        return Judgement("invalid", "no letter")
    return VALID if len(fold(text)) <= 150 else Judgement("doubtful", "too long")


def _company(text: str, _: str | None) -> Judgement:
    if normalise_email(text) is not None or "://" in text:
        return Judgement("invalid", "an address")
    bare = " ".join(fold_marks(text).replace("-", " ").replace(".", "").split())
    if bare in _NO_EMPLOYER:
        return Judgement("doubtful", "nobody's employer")
    if not any(letter.isalpha() for letter in bare):
        return Judgement("doubtful", "no letter")
    return VALID if len(bare) <= 200 else Judgement("doubtful", "too long")


def _country(text: str, _: str | None) -> Judgement:
    return VALID if normalise_country(text) else Judgement("invalid", "not a country")


KINDS: Mapping[str, Callable[[str, str | None], Judgement]] = MappingProxyType(
    {"email": _email, "phone": _phone, "name": _name, "title": _title, "company": _company, "country": _country}
)
