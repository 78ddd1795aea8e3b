"""Who of those that read one mailbox speaks: an address alone does not make one person of two with other names.

The first whom an address is known by holds it. Who states it with a name that disagrees (a couple at home, colleagues
at info@) has a key of address and name, and what states no name goes to the holder.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rapidfuzz.distance import OSA

from closeloop.identity.keys import LONGEST_NAME, NAMED
from closeloop.inbox.nouns import Key
from closeloop.matching.bundle import Bundle
from closeloop.matching.nouns import Given, Traits
from closeloop.words.mailbox import is_role_mailbox

_CROWD = 2
"""So many share an address with its holder that it is read by all of them."""


class Mailbox(NamedTuple):
    """An address as it is known: the names of its holder, and the keys and names of those who share it."""

    address: Key
    holder: Sequence[Given]
    sharers: Sequence[tuple[Key, Sequence[Given]]]


def key_at(mailbox: Mailbox, name: Given, bundle: Bundle) -> Key:
    """The key by which somebody of that name is known at the mailbox: the address itself, or address and name."""
    said = bundle.prepare(name)
    whole = is_shared(mailbox)
    if not said or agrees(said, mailbox.holder, bundle, whole=whole):
        return mailbox.address
    for key, names in mailbox.sharers:
        if agrees(said, names, bundle, whole=whole):
            return key
    return Key(NAMED, f"{mailbox.address.value} {' '.join(_words(said))[:LONGEST_NAME]}")


def is_shared(mailbox: Mailbox) -> bool:
    """Whether colleagues read it, who may have one first name: a role's, or one that many names were stated with."""
    return is_role_mailbox(mailbox.address.value) or len(mailbox.sharers) >= _CROWD


def agrees(said: Traits, names: Iterable[Given], bundle: Bundle, *, whole: bool) -> bool:
    """Whether the name may be one of these; where none of them is known, any may be.

    Args:
        whole: last names count too.
    """
    known = [traits for name in names if (traits := bundle.prepare(name))]
    return not known or any(_may_be_one(said, other, bundle, whole=whole) for other in known)


def _may_be_one(one: Traits, other: Traits, bundle: Bundle, *, whole: bool) -> bool:
    if _script(one) != _script(other):
        # 田中 and Tanaka cannot be compared, so the address decides.
        return not whole
    if bundle.guarded(one, other):
        return False
    return not whole or _last_names_agree(one, other)


def _last_names_agree(one: Traits, other: Traits) -> bool:
    if "last" not in one or "last" not in other:
        return True
    return OSA.distance(one["last"], other["last"]) <= 1 or sorted(_words(one)) == sorted(_words(other))


def _words(name: Traits) -> list[str]:
    return f"{name.get('first', '')} {name.get('last', '')}".split()


def _script(name: Traits) -> str:
    letter = next((letter for word in _words(name) for letter in word if letter.isalpha()), "a")
    script = unicodedata.name(letter, "LATIN").partition(" ")[0]
    return "CJK" if script in ("HIRAGANA", "KATAKANA") else script
