"""What is kept of a connection is unreadable without the key, and each of several keys opens it."""

from __future__ import annotations

import pytest

from closeloop.vault.seal import new_key, read_keys, seal, unseal
from closeloop.words.errors import BadInput

SETTINGS = {"url": "https://crm.example", "client_secret": "hush-hush"}


def test_opens_again_with_the_key_and_shows_nothing_without():
    keys = read_keys(new_key())
    sealed = seal(SETTINGS, keys)
    assert unseal(sealed, keys) == SETTINGS
    assert b"hush" not in sealed
    assert b"crm.example" not in sealed


def test_an_old_key_behind_the_new_one_still_opens():
    old, new = new_key(), new_key()
    sealed = seal(SETTINGS, read_keys(old))
    assert unseal(sealed, read_keys(f"{new},{old}")) == SETTINGS
    again = seal(SETTINGS, read_keys(f"{new},{old}"))
    assert unseal(again, read_keys(new)) == SETTINGS


def test_another_key_is_refused_in_plain_words():
    sealed = seal(SETTINGS, read_keys(new_key()))
    with pytest.raises(BadInput, match="sealed with another key; set CLOSELOOP_KEY"):
        unseal(sealed, read_keys(new_key()))


@pytest.mark.parametrize(("text", "said"), [("", "there is no key"), ("abc", "not a key"), ("x" * 44, "not a key")])
def test_what_is_no_key_is_refused(text: str, said: str):
    with pytest.raises(BadInput, match=said):
        read_keys(text)
