"""How the text of a CSV falls into cells: the delimiter that makes rows of one width, and rows quoted as a whole."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import islice

from closeloop.tables.nouns import Choice
from closeloop.tables.text import records, unwrapped

# In the order of belief: what is rare in texts speaks the loudest when it makes even rows.
_DELIMITERS = ("\t", ";", "|", ",", "^", "~", "\x1f", "\x01")
_NAMES = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma", "\x1f": "unit separator", "\x01": "octet 1"}
_RECORDS = 500
_LEAST = 0.3
_CLOSE = 0.9

Records = list[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How rows fall into cells, and the first records with their lines; a line that is `broken` is one cell."""

    delimiter: str
    wrapped: bool
    spaced: bool
    records: Records
    broken: frozenset[int]
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class _Try:
    delimiter: str
    spaced: bool
    records: Records
    broken: frozenset[int]
    width: int
    share: float
    wrapped: bool = False

    @property
    def name(self) -> str:
        return named(self.delimiter)


def named(delimiter: str) -> str:
    """A delimiter for a person to read."""
    return _NAMES.get(delimiter, repr(delimiter))


def dialect_of(sample: str, said: str | None, knows: Callable[[Collection[str]], int]) -> Dialect:
    """The dialect of a text.

    Args:
        sample: its beginning, whole lines.
        said: the delimiter, by a person or the process.
        knows: how many of some cells are names of columns that are expected.
    """
    tries = [one for delimiter in ((said,) if said else _DELIMITERS) for one in _tries(sample, delimiter)]
    best = max(tries, key=lambda one: _rank(one, knows))
    if best.width < 2 or (best.share < _LEAST and not said):
        best = _one_column(sample, said or ",")
    choices = [_delimiter(best, said, tries)]
    if best.wrapped:
        why = "most lines are one quoted cell in which the delimiter stands"
        choices.append(Choice("quoting", "whole rows are quoted, and unpacked", why, sure=best.width > 2))
    if best.spaced:
        choices.append(Choice("quoting", "blanks after a delimiter are left out", "quotes follow them"))
    return Dialect(best.delimiter, best.wrapped, best.spaced, best.records, best.broken, tuple(choices))


def _tries(sample: str, delimiter: str) -> list[_Try]:
    if delimiter not in sample:
        return [_one_column(sample, delimiter)]
    plain = _tried(sample, delimiter, spaced=False)
    found = [plain, *filter(None, [_wrapped(plain)])]
    if re.search(rf'{re.escape(delimiter)} +"', sample):
        spaced = _tried(sample, delimiter, spaced=True)
        if spaced.share > plain.share:
            found.append(spaced)
    return found


def _tried(sample: str, delimiter: str, *, spaced: bool) -> _Try:
    broken: set[int] = set()
    found: Records = []
    for line, text, cells in islice(records(io.StringIO(sample, newline=""), delimiter, spaced=spaced), _RECORDS):
        if isinstance(cells, str):
            broken.add(line)
            found.append((line, [text.strip()]))
        elif cells:
            found.append((line, cells))
    width, share = _usual(found)
    return _Try(delimiter, spaced, found, frozenset(broken), width, share)


def _wrapped(plain: _Try) -> _Try | None:
    """The same with whole rows unpacked, where most are quoted and the first falls into as many cells as the others."""
    inner = [unwrapped(cells, plain.delimiter) for _, cells in plain.records]
    if not inner or sum(map(bool, inner)) * 2 <= len(inner):
        return None
    unpacked = [(line, packed or cells) for packed, (line, cells) in zip(inner, plain.records, strict=True)]
    width, share = _usual(unpacked)
    if width < 2 or share < _CLOSE or len(unpacked[0][1]) != width:
        return None
    return _Try(plain.delimiter, plain.spaced, unpacked, plain.broken, width, share, wrapped=True)


def _usual(found: Records) -> tuple[int, float]:
    widths = Counter(len(cells) for _, cells in found if len(cells) > 1)
    if not widths:
        return 1, 0.0
    width, times = max(widths.items(), key=lambda item: (item[1], item[0]))
    return width, times / len(found)


def _rank(one: _Try, knows: Callable[[Collection[str]], int]) -> tuple[int, float, float]:
    known = max((knows(cells) for _, cells in one.records[:50]), default=0)
    return known, round(one.share, 3), -_order(one.delimiter)


def _order(delimiter: str) -> int:
    return _DELIMITERS.index(delimiter) if delimiter in _DELIMITERS else len(_DELIMITERS)


def _one_column(sample: str, delimiter: str) -> _Try:
    return _tried(sample, delimiter, spaced=False)


def _delimiter(best: _Try, said: str | None, tries: list[_Try]) -> Choice:
    if said:
        return Choice("delimiter", best.name, "as was said")
    if best.width < 2 or best.share < _LEAST:
        return Choice("delimiter", best.name, "nothing parts the lines evenly: one column", sure=best.width < 2)
    others = [one for one in tries if one.delimiter != best.delimiter and one.width > 1 and one.share > 0]
    close = sorted({one.name for one in others if one.share >= _CLOSE * best.share})
    why = f"{best.share:.0%} of the first {len(best.records)} rows have {best.width} cells by it"
    if close:
        return Choice("delimiter", best.name, f"{why}, but {', '.join(close)} part them as evenly", sure=False)
    return Choice("delimiter", best.name, why)
