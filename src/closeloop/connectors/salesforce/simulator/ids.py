"""Salesforce's record ids: 15 characters that mind case, and 3 more that keep them apart where case is lost."""

from __future__ import annotations

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def make_id(prefix: str, number: int) -> str:
    """The `number`-th id of an object whose key prefix is `prefix` ("00Q"), in 18 characters."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return full_id(prefix + "5g00000" + digits.rjust(5, "0"))


def full_id(record_id: str) -> str:
    """The 18 characters of an id given in 15 or 18; anything else comes back as it is.

    Each of the three last characters says which of five are capitals, the first of the five in the lowest bit.
    """
    if len(record_id) != 15:
        return record_id
    fives = (record_id[start : start + 5] for start in (0, 5, 10))
    return record_id + "".join(_CHECK[sum(1 << n for n, c in enumerate(five) if "A" <= c <= "Z")] for five in fives)
