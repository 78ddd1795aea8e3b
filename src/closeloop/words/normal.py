"""The normal forms that a process file names with `as:`; one table, so that every door reads a value in one way."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from types import MappingProxyType

from closeloop.words import moment
from closeloop.words.company import normalise_company
from closeloop.words.country import normalise_country
from closeloop.words.email import normalise_email
from closeloop.words.errors import BadInput
from closeloop.words.money import parse_money
from closeloop.words.person_name import display_name, normalise_name
from closeloop.words.phone import normalise_phone
from closeloop.words.text import clean, fold, has_unfit, one_line

Given = str | int | float | bool | None
"""A scalar as it came in; None and blank text both mean that nothing was said."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,19}(?:\.0+)?")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_TRUE = frozenset({"true", "yes", "y", "t", "on", "1"})
_FALSE = frozenset({"false", "no", "n", "f", "off", "0"})


@dataclass(frozen=True, slots=True)
class Normal:
    """A value in its normal form; None when nothing was said.

    What does not have the form is kept as cleaned text with `valid` False; `why` says what would be valid.
    """

    value: str | int | float | bool | None
    valid: bool
    why: str = ""


NormalForm = Callable[[Given, str | None], Normal]
"""(given, country of the record if known: alpha-2 or a name) → Normal."""


def comparable(as_name: str, value: Given) -> str:
    """The form under which two values count as equal, so that a vendor's trimming or casing is no change.

    Args:
        as_name: a name in NORMAL_FORMS.
        value: as given or normalised; phones in E.164, since no country is known here.

    Returns:
        "" for nothing; the same text for all spellings of one value.

    Raises:
        BadInput: no such form.
    """
    form = normal_form(as_name)
    normal = form(value, None)
    if not normal.valid:
        normal = form(fold(_as_text(value)), None)
    if normal.value is None:
        return ""
    if not isinstance(normal.value, str):
        return _as_text(normal.value)
    if as_name in _COMPARED:
        return _COMPARED[as_name](normal.value)
    return normal.value if normal.valid else fold(normal.value)


def normal_form(as_name: str) -> NormalForm:
    """The form of that name.

    Raises:
        BadInput: no such form; names those that there are.
    """
    try:
        return NORMAL_FORMS[as_name]
    except KeyError:
        raise BadInput(f"{as_name!r} is not a normal form; valid are {', '.join(NORMAL_FORMS)}") from None


def _text(given: Given, _: str | None) -> Normal:
    text = clean(_as_text(given))
    return Normal(text or None, True)


def _person_name(given: Given, _: str | None) -> Normal:
    return Normal(display_name(_as_text(given)) or None, True)


def _company(given: Given, _: str | None) -> Normal:
    return Normal(one_line(_as_text(given)) or None, True)


def _email(text: str, _: str | None) -> Normal:
    normal = normalise_email(text)
    return Normal(normal, True) if normal else Normal(text, False, "not an e-mail address; valid is joe@acme.example")


def _phone(text: str, hint_country: str | None) -> Normal:
    country = normalise_country(hint_country) if hint_country else None
    normal = normalise_phone(text, country)
    if normal:
        return Normal(normal, True)
    where = f"in {country}" if country else "without a country"
    return Normal(text, False, f"no such phone number {where}; valid is one of a numbering plan, such as +49 30 123456")


def _country(text: str, _: str | None) -> Normal:
    normal = normalise_country(text)
    if normal:
        return Normal(normal, True)
    return Normal(text, False, "not a country; valid is a code of ISO 3166 or a name, such as NO, NOR or Norway")


def _integer(text: str, _: str | None) -> Normal:
    if _WHOLE.fullmatch(text):
        whole = int(text.partition(".")[0])
        if _SMALLEST <= whole <= _LARGEST:
            return Normal(whole, True)
    return Normal(text, False, "not a whole number of 64 bits; valid is 1200, without separators")


def _number(text: str, _: str | None) -> Normal:
    number = float(text) if _DECIMAL.fullmatch(text) else math.nan
    if math.isfinite(number):
        # Minus zero and zero are one number.
        return Normal(number + 0.0, True)
    return Normal(text, False, "not a finite number; valid is 1200.5: a dot before the decimals, no separators")


def _boolean(text: str, _: str | None) -> Normal:
    said = text.lower()
    if said in _TRUE or said in _FALSE:
        return Normal(said in _TRUE, True)
    return Normal(text, False, "neither true nor false; valid are true, false, yes, no, 1, 0")


def _money(text: str, _: str | None) -> Normal:
    try:
        return Normal(str(parse_money(text)), True)
    except BadInput as error:
        return Normal(text, False, str(error))


def _moment(text: str, _: str | None) -> Normal:
    try:
        at = moment.parse(text).astimezone(UTC)
    except BadInput as error:
        return Normal(text, False, str(error))
    except OverflowError:
        return Normal(text, False, f"{text!r} is outside the years 1 to 9999 in UTC")
    return Normal(at.isoformat(timespec="microseconds").replace("+00:00", "Z"), True)


def _date(text: str, _: str | None) -> Normal:
    try:
        return Normal(date.fromisoformat(text).isoformat(), True)
    except ValueError:
        return Normal(text, False, f"{text[:60]!r} is not a date; valid is 2026-09-01")


def _strict(read: Callable[[str, str | None], Normal], *, takes: tuple[type, ...] = ()) -> NormalForm:
    """A form that has a grammar: blank is nothing, control characters and foreign types are refused."""

    def form(given: Given, hint_country: str | None = None) -> Normal:
        if given is None:
            return Normal(None, True)
        if not isinstance(given, str) and type(given) not in takes:
            return Normal(clean(_as_text(given)), False, f"{_as_text(given)} came as {_kind(given)}; send it as text")
        said = _as_text(given)
        text = clean(said)
        if not text and not has_unfit(said):
            return Normal(None, True)
        if has_unfit(said):
            return Normal(text or None, False, "has a control character, such as NUL; send it without")
        return read(text, hint_country)

    return form


def _as_text(given: Given) -> str:
    if given is None:
        return ""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, float):
        return str(int(given)) if given.is_integer() and abs(given) < 1e15 else repr(given)
    return str(given)


def _kind(given: Given) -> str:
    return "true or false" if isinstance(given, bool) else "a number"


def _compared_phone(value: str) -> str:
    # What is no number for us may still come back from a vendor with other blanks and dashes.
    folded = fold(value)
    digits = "".join(letter for letter in folded if letter.isdigit() or letter == "+")
    has_words = any(letter.isalpha() for letter in folded)
    return normalise_phone(value) or (folded if has_words else digits or folded)


_COMPARED: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"text": fold, "company": normalise_company, "person_name": normalise_name, "phone": _compared_phone}
)

NORMAL_FORMS: Mapping[str, NormalForm] = MappingProxyType(
    {
        "text": _text,
        "email": _strict(_email),
        "phone": _strict(_phone, takes=(int,)),
        "person_name": _person_name,
        "company": _company,
        "country": _strict(_country),
        "integer": _strict(_integer, takes=(int, float)),
        "number": _strict(_number, takes=(int, float)),
        "boolean": _strict(_boolean, takes=(bool, int)),
        "money": _strict(_money),
        "moment": _strict(_moment),
        "date": _strict(_date),
    }
)
