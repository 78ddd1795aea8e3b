"""Values by which nothing was said: "n/a", "-", "unknown", "xxx", "test" typed into a field that had to be filled."""

from __future__ import annotations

import re
from functools import lru_cache

from closeloop.words.text import fold_marks

_SAY_NOTHING = frozenset(
    {
        "n/a", "n.a.", "n.a", "n/a.", "#n/a", "n\\a", "n/k", "none", "null", "(null)", "undefined",
        "unknown", "unkown", "not known", "not available", "not applicable", "not provided", "not given", "not set",
        "no name", "noname", "no email", "noemail", "no e-mail", "no phone", "no company", "no title", "empty",
        "[not provided]", "<none>", "(none)", "[none]", "<null>", "[unknown]", "(unknown)", "#null!", "#value!",
        "#ref!", "test", "test test", "testing", "tester test", "test company", "asdf", "asdfasdf", "asdfgh",
        "qwerty", "qwertz", "foo bar", "dummy", "example", "fake", "tbd", "tba", "todo",
        "to be determined", "anonymous", "confidential", "do not use", "duplicate", "delete",
        "deleted", "unbekannt", "keine", "keine angabe", "k.a.", "k. a.", "k.a", "ohne", "leer", "inconnu", "aucun",
        "aucune", "non renseigne", "neant", "desconocido", "ninguno", "ninguna", "sin nombre", "desconhecido", "nenhum",
        "sconosciuto", "nessuno", "nessuna", "onbekend", "geen", "nvt", "n.v.t.", "brak", "okand", "ukendt", "ukjent",
        "不明", "なし", "無し", "未定", "未入力", "テスト", "无", "無", "未知", "없음", "неизвестно", "нет", "тест",
    }
)  # fmt: skip
# Na is a first name and a country, so it says nothing only where neither can stand.
_SAY_NOTHING_ELSEWHERE = frozenset({"na", "nan", "nil", "no", "ka", "x", "blank"})
_OF_WORDS = frozenset({"email", "phone", "title", "company"})
_EXAMPLE_DOMAINS = frozenset({"example.com", "example.org", "example.net", "domain.com", "email.com", "noemail.com"})
_ROW_OF_KEYS = "012345678901234567890"
_LONGEST = 200
_REPEATED_X = re.compile(r"x{2,}(?:[\s.@_-]*x+)*")


@lru_cache(maxsize=65_536)
def is_nothing(text: str, of: str = "") -> bool:
    """True for text without a letter or digit, and for words that stand where nothing is known.

    Args:
        text: a value as given.
        of: the kind of value if known; "NA" says nothing as email, phone, title or company, but may be a name or
            Namibia. An e-mail address or phone number that was only typed along ("none@none.com", "000 000 0000") says
            nothing when `of` tells what it is. The few people whose surname is Null or Test pay for all the others.
    """
    folded = fold_marks(text[:_LONGEST])
    if not any(letter.isalnum() for letter in folded) or _is_said_for_nothing(folded, of):
        return True
    if of == "email":
        local, _, domain = folded.partition("@")
        return domain in _EXAMPLE_DOMAINS or all(
            _is_said_for_nothing(part, of) for part in (local, domain.partition(".")[0])
        )
    return of == "phone" and _is_typed_along(folded)


def _is_said_for_nothing(folded: str, of: str) -> bool:
    return (
        folded in _SAY_NOTHING
        or _REPEATED_X.fullmatch(folded) is not None
        or (of in _OF_WORDS and folded in _SAY_NOTHING_ELSEWHERE)
    )


def _is_typed_along(folded: str) -> bool:
    # 000 000 0000, 123456789
    digits = "".join(letter for letter in folded if letter.isdigit())
    return len(digits) >= 5 and (len(set(digits)) == 1 or digits in _ROW_OF_KEYS or digits in _ROW_OF_KEYS[::-1])
