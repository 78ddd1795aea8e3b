"""Settings sealed and opened with keys of this installation; the first key seals, every one of them opens."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from closeloop.words.errors import BadInput


def new_key() -> str:
    """A key that nobody has: 32 random octets as text."""
    return Fernet.generate_key().decode()


def read_keys(text: str) -> MultiFernet:
    """The keys in a text: one or several, separated by commas or lines, the one that seals first.

    To change a key, put the new one before the old one; what is set up again is sealed with the new one.

    Raises:
        BadInput: there is none, or one is no key.
    """
    parts = [part for part in text.replace(",", "\n").split() if part]
    if not parts:
        raise BadInput("there is no key to open settings with; `closeloop connect` makes one")
    try:
        return MultiFernet([Fernet(part) for part in parts])
    except ValueError:
        raise BadInput("not a key: valid are 32 octets in base64, as `closeloop connect` makes them") from None


def seal(settings: Mapping[str, str], keys: MultiFernet) -> bytes:
    """The settings, unreadable without a key."""
    return keys.encrypt(msgspec.json.encode(dict(settings)))


def unseal(sealed: bytes, keys: MultiFernet) -> dict[str, str]:
    """The settings again.

    Raises:
        BadInput: they were sealed with another key.
    """
    try:
        return msgspec.json.decode(keys.decrypt(sealed), type=dict[str, str])
    except InvalidToken:
        raise BadInput(
            "the settings of a connection were sealed with another key; set CLOSELOOP_KEY to that one, "
            "or set the connection up again with `closeloop connect`"
        ) from None
