"""Names of people: shown as their owners write them, compared without case and width."""

from __future__ import annotations

from closeloop.words.text import fold, one_line

_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md"})


def display_name(text: str) -> str:
    """The name for people to read: trimmed, single spaces, case as given."""
    return one_line(text)


def normalise_name(text: str) -> str:
    """The form under which two spellings of one name are equal; accents count, since they tell people apart."""
    return fold(text)


def split_name(text: str) -> tuple[str, str]:
    """First and last name, as CRMs keep them apart.

    "Joe Smith" → ("Joe", "Smith"), "Smith, Joe" → ("Joe", "Smith"), "Anna van Dyck" → ("Anna", "van Dyck").
    A lone word is the last name, the part that CRMs demand: "Sato" → ("", "Sato").
    """
    name = one_line(text)
    last, comma, first = name.partition(",")
    if comma and "," not in first and last.strip() and first.strip() and not _is_suffix(first.strip()):
        return first.strip(), last.strip()
    words = name.split()
    start = _start_of_last_name(words)
    return " ".join(words[:start]), " ".join(words[start:])


def _start_of_last_name(words: list[str]) -> int:
    start = len(words) - 1
    while start > 1 and _is_suffix(words[start]):
        start -= 1
    # Particles such as "van der", "de la" and "von" are written small within a name that is not.
    while start > 1 and words[start - 1].islower() and not words[0].islower():
        start -= 1
    return max(start, 0)


def _is_suffix(word: str) -> bool:
    return word.replace(".", "").casefold() in _SUFFIXES
