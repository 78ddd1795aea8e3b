"""Text as it can be kept and compared: no control characters, one Unicode form, single spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

# C0 and C1 controls but tab and line ends (PostgreSQL refuses NUL), lone surrogates (no UTF-8), zero-width space, BOM.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u200b\ufeff]")
_LATIN_MARKS = re.compile("[\u0300-\u036f]")
_SHORT = 1000
_MOST_MARKS = 30


def clean(text: str) -> str:
    """`text` trimmed, in NFC, without control characters; line ends and inner spaces stay."""
    if not (text.isascii() and text.isprintable()):
        text = _in_form("NFC", _UNFIT.sub("", text))
    return text.strip()


def has_unfit(text: str) -> bool:
    """True when `clean` would remove a control character, and not only trim."""
    return _UNFIT.search(text) is not None


def one_line(text: str) -> str:
    """`clean`, with every run of blanks and line ends as one space."""
    return " ".join(clean(text).split())


def fold(text: str) -> str:
    """The form for comparing without case and width: NFKC, casefolded, single spaces. Folding twice changes nothing."""
    if text.isascii():
        return one_line(text).lower()
    return one_line(_in_form("NFKC", _in_form("NFKC", text).casefold()).casefold())


def fold_marks(text: str) -> str:
    """`fold`, and accents of Latin, Greek and Cyrillic letters dropped; the marks of other scripts carry meaning."""
    folded = fold(text)
    if folded.isascii():
        return folded
    return fold(_LATIN_MARKS.sub("", _in_form("NFD", folded)))


def _in_form(form: Literal["NFC", "NFD", "NFKC"], text: str) -> str:
    # Sorting a run of marks costs the square of its length, so in long text a run ends at 30, as in the Stream-Safe
    # Text Format of UAX #15. No language comes near.
    if len(text) > _SHORT and not text.isascii():
        text = "".join(_with_short_runs(text))
    return unicodedata.normalize(form, text)


def _with_short_runs(text: str) -> Iterator[str]:
    n_marks = 0
    for letter in text:
        n_marks = n_marks + 1 if unicodedata.combining(letter) else 0
        if n_marks <= _MOST_MARKS:
            yield letter
