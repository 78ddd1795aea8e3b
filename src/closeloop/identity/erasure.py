"""By what somebody who was erased is known again without being known: salted digests of their strong keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from typing import Final

from closeloop.identity.keys import own_keys
from closeloop.inbox.nouns import Key, Message

BROWSER: Final = "browser"
"""The kind of key that stands for a browser, "source/anonymous id"; browsers are no keys but here."""


ERASED: Final = "erased"
"""Stands where the name of an erased message stood."""
_NEW_KEY: Final = "erased:"


def digest(salt: str, key: Key) -> str:
    """What is kept of a key: without the salt, nobody can try out which one it was."""
    return blake2b(str(key).encode(), key=bytes.fromhex(salt), digest_size=16).hexdigest()


def new_id(salt: str, source: str, message_id: str) -> str:
    """The name under which an erased message stands from then on: a sender's own may be an address."""
    return f"{source}:erased-{digest(salt, Key('message', message_id))}"


def new_key(salt: str, key: str) -> str:
    """The key under which a command stands from then on: it was made of names that may be an address."""
    return f"{_NEW_KEY}{digest(salt, Key('command', key))}"


def is_new_key(key: str) -> bool:
    """Whether a command stands under such a key already."""
    return key.startswith(_NEW_KEY)


def keys_asked(message: Message) -> Iterator[Key]:
    """The keys by which a message may be of somebody who was erased; a browser counts where it names nobody itself."""
    yield from own_keys(message)
    if not message.keys and message.visitor is not None:
        yield Key(BROWSER, message.visitor)


def reason(erased_at: datetime) -> str:
    """What is said of a message that is set aside because of it."""
    return (
        f"erased on {erased_at:%Y-%m-%d}: this person is not made anew, and nothing that was said of them is kept; "
        "`closeloop erase --lift` lets them in again"
    )
