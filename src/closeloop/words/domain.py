"""Domains that somebody registered: the part of a host that tells one organisation from another.

Source: the public suffix list with its private section, so that acme.github.io is a registrant and github.io is none.
"""

from __future__ import annotations

import re
from functools import lru_cache

import idna
from publicsuffixlist import PublicSuffixList

_LONGEST = 2000
_LONGEST_HOST = 253
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?://)?", re.IGNORECASE)
_RESERVED = (".example", ".test")  # RFC 2606
_END_OF_HOST = re.compile(r"[/?#\\\s]")
_PORT = re.compile(r":[0-9]*\Z")
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?!\d+\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@lru_cache(maxsize=65_536)
def registrable_domain(text: str) -> str | None:
    """The domain that its owner registered, in ASCII: "https://shop.acme.co.uk/x", "joe@acme.co.uk" → "acme.co.uk".

    Args:
        text: an e-mail address, a host or a web address, with or without scheme, port and path.

    Returns:
        None when `text` has no host of the public name space, or only a suffix under which others register.
    """
    host = host_of(text)
    if host is None:
        return None
    domain = _suffixes().privatesuffix(host)
    return domain if isinstance(domain, str) else None


def host_of(text: str) -> str | None:
    """The host within an e-mail address or web address, lower case, in ASCII; None when there is none with a dot."""
    if len(text) > _LONGEST:
        return None
    rest = _END_OF_HOST.split(_SCHEME.sub("", text.strip(), count=1), maxsplit=1)[0]
    host = _PORT.sub("", rest.rpartition("@")[2]).lower().removesuffix(".")
    # Reading a domain beyond ASCII costs the square of its length.
    if len(host) > _LONGEST_HOST:
        return None
    if not host.isascii():
        host = ascii_domain(host)
    return host if _HOST.fullmatch(host) else None


@lru_cache(maxsize=65_536)
def has_known_end(text: str) -> bool:
    """True when the host ends in a suffix that the list has, or in a name that is kept for examples: not "acme.con"."""
    host = host_of(text) or ""
    return host.endswith(_RESERVED) or _known_suffixes().publicsuffix(host) is not None


def ascii_domain(domain: str) -> str:
    """The domain as name servers know it (IDNA 2008); "" when it cannot be one. The caller bounds its length."""
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=1)
def _known_suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)
