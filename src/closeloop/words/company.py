"""Company names as they are compared: "ACME", "Acme Corp" and "acme corp." are one company."""

from __future__ import annotations

import re
import unicodedata

from cleanco.termdata import terms_by_country, terms_by_type

from closeloop.words.text import fold, fold_marks

# Written out in full, or younger than cleanco's table.
_MORE_FORMS = (
    "aktiengesellschaft", "gesellschaft mit beschränkter haftung", "mbh", "se", "ug", "ug haftungsbeschränkt",
    "kabushiki kaisha", "kabushiki gaisha", "société anonyme", "naamloze vennootschap", "besloten vennootschap",
)  # fmt: skip
_JAPANESE_FORMS = re.compile(r"株式会社|有限会社|合同会社|\((?:株|有|同)\)")
_APOSTROPHES = re.compile("['’‘`´]")


def normalise_company(text: str) -> str:
    """The name without legal form, case, accents and punctuation; "&" reads "and". Never empty for a name that is not.

    A name that is nothing but legal forms ("AG") stays, since nothing else is left of it.
    """
    whole = fold_marks(text)
    tokens = _tokens(_JAPANESE_FORMS.sub(" ", whole)) or _tokens(whole)
    while (shorter := _without_last_form(tokens)) != tokens:
        tokens = shorter
    return " ".join(tokens) or whole


def _without_last_form(tokens: tuple[str, ...]) -> tuple[str, ...]:
    for size in range(min(_LONGEST_FORM, len(tokens) - 1), 0, -1):
        if tokens[-size:] in _FORMS:
            return tokens[:-size]
    # What "& Co." leaves behind.
    return tokens[:-1] if len(tokens) > 1 and tokens[-1] == "and" else tokens


def _tokens(folded: str) -> tuple[str, ...]:
    spoken = _APOSTROPHES.sub("", folded).replace("&", " and ")
    words = fold("".join(letter if _is_of_word(letter) else " " for letter in spoken)).split()
    return tuple(_joined_initials(words))


def _joined_initials(words: list[str]) -> list[str]:
    # "n v" and "n.v." are "nv", "j. p. morgan" is "jp morgan".
    joined: list[str] = []
    in_initials = False
    for word in words:
        is_initial = len(word) == 1 and word.isascii() and word.isalpha()
        if is_initial and in_initials:
            joined[-1] += word
        else:
            joined.append(word)
        in_initials = is_initial
    return joined


def _is_of_word(letter: str) -> bool:
    # Marks belong to the words of scripts such as Devanagari and Thai.
    return letter.isalnum() or unicodedata.category(letter)[0] == "M"


_FORMS = frozenset(
    _tokens(fold_marks(form))
    for forms in (*terms_by_type.values(), *terms_by_country.values(), _MORE_FORMS)
    for form in forms
)
_LONGEST_FORM = max(len(form) for form in _FORMS)
