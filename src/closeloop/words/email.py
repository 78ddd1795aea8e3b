"""E-mail addresses: one normal form for all spellings of one mailbox, and the address as given beside it.

Closer to RFC 5321 than to RFC 5322: what a mailbox can receive, without quotes and comments. Bounds in octets:
64 before the @, 63 a label, 254 in all.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from disposable_email_domains import blocklist

from closeloop.words.domain import ascii_domain

_DISPOSABLE: frozenset[str] = frozenset(blocklist)
_LONGEST, _LONGEST_LOCAL = 254, 64
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~\-\u00a1-\U0010ffff]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}")


@dataclass(frozen=True, slots=True)
class Email:
    """An address that can exist: `given` as somebody wrote it (trimmed), `normal` as it is compared."""

    given: str
    normal: str

    @classmethod
    def read(cls, text: str) -> Email | None:
        """None when `text` is not one address."""
        normal = normalise_email(text)
        return None if normal is None else cls(text.strip(), normal)


@lru_cache(maxsize=8192)
def normalise_email(text: str) -> str | None:
    """The one form of all spellings of an address: lower case, no plus-tag, NFC, the domain in ASCII (IDNA 2008).

    Returns:
        None when `text` is not exactly one address with a dot in its domain.
    """
    text = text.strip()
    # Reading a domain beyond ASCII costs the square of its length.
    if len(text) > _LONGEST:
        return None
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    local, at, domain = text.lower().partition("@")
    if not at or not (local.isascii() or _is_visible(local)):
        return None
    if not domain.isascii():
        domain = ascii_domain(domain)
    # No mailbox is named by its tag alone, so "+tag@…" keeps it.
    mailbox = local.partition("+")[0] or local
    # Only what the local part brings beyond ASCII makes octets and characters differ.
    if len(local.encode()) > _LONGEST_LOCAL or len(local.encode()) + 1 + len(domain) > _LONGEST:
        return None
    if _LOCAL.fullmatch(local) is None or _LOCAL.fullmatch(mailbox) is None or _DOMAIN.fullmatch(domain) is None:
        return None
    return f"{mailbox}@{domain}"


def is_valid_email(text: str) -> bool:
    """True when `text` has the syntax of one address; whether anybody reads there, syntax cannot say."""
    return normalise_email(text) is not None


def is_disposable(text: str) -> bool:
    """True when the address lives at a throw-away domain, or below one. Source: list disposable-email-domains."""
    _, _, domain = (normalise_email(text) or "").partition("@")
    while "." in domain:
        if domain in _DISPOSABLE:
            return True
        domain = domain.partition(".")[2]
    return False


def _is_visible(local: str) -> bool:
    # Letters, marks, digits and symbols; no separators, controls, private use or lone surrogates.
    return all(unicodedata.category(letter)[0] not in "ZC" for letter in local)
