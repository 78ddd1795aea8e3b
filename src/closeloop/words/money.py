"""Money: whole minor units of one currency, so that sums are exact and currencies never mix."""

from __future__ import annotations

import re
from dataclasses import dataclass

from closeloop.words.errors import BadInput

# ISO 4217: currencies whose minor unit is not a hundredth.
_DIGITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
         "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}  # fmt: skip
_LARGEST = 2**63 - 1
_AMOUNT = r"(?P<sign>[+-]?)(?P<whole>[0-9]{1,19})(?:\.(?P<part>[0-9]{1,4}))?"
_WRITTEN = (
    re.compile(rf"{_AMOUNT}\s*(?P<currency>[A-Za-z]{{3}})"),
    re.compile(rf"(?P<currency>[A-Za-z]{{3}})\s*{_AMOUNT}"),
)
_VALID = "valid is an amount with a currency of ISO 4217, such as '48000.50 EUR': a decimal dot, no separators"


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` in the currency's smallest unit: cents for EUR, yen for JPY; `currency` is its ISO 4217 code."""

    minor: int
    currency: str

    def comparable_with(self, other: Money) -> bool:
        """True when both are in one currency; ordering raises BadInput otherwise, and so does the sum."""
        return self.currency == other.currency

    def __lt__(self, other: Money) -> bool:
        return self._in_same(other) and self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        return self._in_same(other) and self.minor <= other.minor

    def __gt__(self, other: Money) -> bool:
        return self._in_same(other) and self.minor > other.minor

    def __ge__(self, other: Money) -> bool:
        return self._in_same(other) and self.minor >= other.minor

    def __add__(self, other: Money) -> Money:
        self._in_same(other)
        return Money(self.minor + other.minor, self.currency)

    def __str__(self) -> str:
        digits = minor_digits(self.currency)
        whole, part = divmod(abs(self.minor), 10**digits)
        amount = f"{whole}.{part:0{digits}d}" if digits else str(whole)
        return f"{'-' if self.minor < 0 else ''}{amount} {self.currency}"

    def _in_same(self, other: Money) -> bool:
        if not self.comparable_with(other):
            raise BadInput(f"{self} and {other} are in two currencies; only amounts in one currency can be compared")
        return True


def minor_digits(currency: str) -> int:
    """Decimals of the currency's minor unit: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _DIGITS.get(currency, 2)


def parse_money(text: str) -> Money:
    """Read "5000 EUR", "48000.50 EUR" or "EUR 5000"; nothing is rounded and no separator is guessed at.

    Raises:
        BadInput: no amount, no currency, more decimals than the currency has, or beyond 64 bits.
    """
    trimmed = text.strip()
    found = _WRITTEN[0].fullmatch(trimmed) or _WRITTEN[1].fullmatch(trimmed)
    if found is None:
        raise BadInput(f"{text[:60]!r} is not money; {_VALID}")
    currency, part = found["currency"].upper(), found["part"] or ""
    digits = minor_digits(currency)
    if len(part) > digits:
        raise BadInput(f"{trimmed!r} has more decimals than the {digits} of {currency}; {_VALID}")
    minor = int(found["sign"] + found["whole"] + part.ljust(digits, "0"))
    if abs(minor) > _LARGEST:
        raise BadInput(f"{trimmed!r} is larger than any amount that can be kept; {_VALID}")
    return Money(minor, currency)
