"""Names of people: shown as their owners write them, compared without case and width."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from closeloop.words.text import fold, fold_marks, one_line

_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md"})
# Said before a name, said after it; compared without dots and hyphens.
_BEFORE = frozenset(
    {
        "dr", "prof", "professor", "doctor", "mr", "mister", "mrs", "ms", "miss", "mx", "sir", "dame", "rev",
        "reverend", "hon", "capt", "lt", "col", "herr", "hr", "frau", "fr", "dipling", "ing", "mag", "mme", "madame",
        "mlle", "mademoiselle", "monsieur", "me", "sr", "sra", "srta", "senor", "senora", "senorita", "don", "dona",
        "dott", "dottssa", "sig", "signor", "signora", "dhr", "mevr", "mevrouw", "meneer", "pan", "pani", "mgr", "shri",
        "smt",
    }
)  # fmt: skip
_ALSO_NAMES = frozenset({"don", "dona", "pan", "me", "mag", "ing", "col", "fr", "hon", "dame", "miss"})
_AFTER = frozenset(
    {"phd", "md", "mba", "msc", "bsc", "ma", "ba", "esq", "cpa", "cfa", "pmp", "dds", "rn", "mphil", "様", "さん", "氏"}
)
# Whole names in the scripts that write none: 佐藤様, 佐藤さん.
_ATTACHED = re.compile(r"(?<=\w\w)(?:様|さん|氏|先生|님)\Z")
# Letters that Unicode does not take apart into a letter and a mark.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŋ": "n", "ə": "e"}
)
_APOSTROPHES = re.compile("['’‘`´ʼʻ.]")


def display_name(text: str) -> str:
    """The name for people to read: trimmed, single spaces, case as given."""
    return one_line(text)


def normalise_name(text: str) -> str:
    """The form under which two spellings of one name are equal; accents count, since they tell people apart."""
    return fold(text)


@lru_cache(maxsize=65_536)
def comparable_name(text: str) -> str:
    """The form for matching: no accents, no punctuation, Latin letters in ASCII where a plain one is usual.

    "O'Brien-Łukasz" → "obrien lukasz", "Müller" → "muller". Other scripts stay what they are.
    """
    folded = _APOSTROPHES.sub("", fold_marks(text).translate(_PLAIN_LETTERS))
    return fold("".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in folded))


def without_honorifics(text: str) -> str:
    """The name without what is said before it ("Dr.", "Frau") and degrees after it ("PhD"); Jr. and III stay.

    Never empty for a name that is not: "Don" alone stays.
    """
    words = _ATTACHED.sub("", one_line(text)).split()
    while len(words) > 1 and _bare(words[0]) in _BEFORE and not _is_surname_first(words):
        words = words[1:]
    while len(words) > 1 and _bare(words[-1]) in _AFTER and _is_degree(words[-1]):
        words = words[:-1]
    return " ".join(words).rstrip(",")


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


def _bare(word: str) -> str:
    return fold_marks(word).replace(".", "").replace("-", "").strip(",")


def _is_surname_first(words: list[str]) -> bool:
    # "Ing, Mei" is no engineer, "Don Smith" has a first name, and so has "Pan Li".
    return words[0].endswith(",") or (len(words) == 2 and _bare(words[0]) in _ALSO_NAMES)


def _is_degree(word: str) -> bool:
    # "Yo-Yo Ma" and "Ba" are names; "MA" and "B.A." are degrees.
    return len(_bare(word)) != 2 or "." in word or (word.isupper() and len(word.strip(",")) == 2)
