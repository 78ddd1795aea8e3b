"""Phone numbers in E.164 (+4930123456), so that one line has one spelling. Source: Google's libphonenumber."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers

_LONGEST = 60


def normalise_phone(text: str, country: str | None = None) -> str | None:
    """The number in E.164, without its extension.

    Args:
        text: as somebody wrote it, with or without the country's prefix.
        country: alpha-2 of the country whose habits apply when the text names none; "0049…" needs no hint.

    Returns:
        None when no numbering plan has such a number.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    number = _read(text, country)
    if number is None and text.startswith("00"):
        number = _read("+" + text[2:], None)
    return number


@lru_cache(maxsize=65_536)
def _read(text: str, country: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
