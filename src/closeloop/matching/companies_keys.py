"""Block keys of companies: two that may be one share a key, in an index in memory as in a table of a database.

A key is "rule:value". Keys of words are shared by many; `is_broad` tells them, so that a look-up may pass over those
with too many accounts behind them. Keys of domains and of whole names never are.
"""

from __future__ import annotations

from functools import lru_cache

from closeloop.matching.companies_names import CompanyName, company_name, initials
from closeloop.words.domain import registrable_domain
from closeloop.words.mailbox import company_domain

_SOUNDS = str.maketrans({"c": "k", "q": "k", "z": "s", "y": "i", "w": "v"})
_VOWELS = frozenset("aeiou")
_SHORTEST_SOUND = 3


def company_keys(name: str, domain: str | None) -> tuple[str, ...]:
    """The keys of one name and one domain of a company, each once.

    Args:
        name: as given; "" when none is known. An account with several names has the keys of each.
        domain: an e-mail address, host or web address; free mail and throw-away domains give no key.
    """
    host = company_domain(domain) if domain else None
    return tuple(dict.fromkeys((*_keys_of_domain(host), *_keys_of_name(name))))


def is_broad(key: str) -> bool:
    """True for keys that say little when many share them."""
    return key.partition(":")[0] not in ("domain", "label", "name")


def label_of(domain: str) -> str:
    """What stands before the suffix, without hyphens: "acme-robotics.co.uk" → "acmerobotics"."""
    return (registrable_domain(domain) or "").partition(".")[0].replace("-", "")


def _keys_of_domain(domain: str | None) -> tuple[str, ...]:
    return () if domain is None else (f"domain:{domain}", f"label:{label_of(domain)}")


@lru_cache(maxsize=131_072)
def _keys_of_name(text: str) -> tuple[str, ...]:
    name = company_name(text)
    if not name.squashed:
        return ()
    keys = [f"name:{name.squashed}", f"label:{name.squashed}"]
    if name.with_form != name.squashed:
        keys.append(f"name:{name.with_form}")
    keys += [f"words:{one} {other}" for one, other in zip(name.words, name.words[1:], strict=False)]
    keys += [f"word:{word}" for word in name.words]
    keys += [f"sound:{sound}" for word in name.words if len(sound := _sound(word)) >= _SHORTEST_SOUND]
    keys += [f"head:{name.squashed[:5]}", f"initials:{_initials_or_self(name)}"]
    return tuple(keys)


def _initials_or_self(name: CompanyName) -> str:
    # A lone short word may itself be the initials of another name.
    return name.words[0] if len(name.words) == 1 else initials(name)


def _sound(word: str) -> str:
    """The word without vowels behind its first letter and doubled letters, so that most slips leave it as it is."""
    if not word.isascii():
        return word
    sound = word[:1]
    for letter in word[1:]:
        if letter not in _VOWELS and letter != sound[-1]:
            sound += letter
    return sound.translate(_SOUNDS)
