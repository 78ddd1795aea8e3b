"""What a message says of a company: its name as given, its domain by site or else by address, its country."""

from __future__ import annotations

from collections.abc import Collection

from closeloop.identity.keys import EMAIL, LONGEST_NAME
from closeloop.identity.nouns import Policy
from closeloop.inbox.nouns import Message
from closeloop.matching.companies_weigh import Wanted, read_wanted
from closeloop.words.normal import comparable
from closeloop.words.text import one_line


def read_employer(message: Message, policy: Policy) -> Wanted:
    """What the message says; a name that says nothing ("n/a"), and a domain of free mail, are left out."""
    company = _first(message, policy.company_paths)
    email = next((key.value for key in message.keys if key.kind == EMAIL), "")
    countries = {path for path, name in policy.trait_paths.items() if name == "country"}
    return read_wanted(
        company if 0 < len(comparable("company", company)) <= LONGEST_NAME else "",
        email,
        _first(message, policy.website_paths),
        _first(message, countries) or None,
    )


def _first(message: Message, paths: Collection[str]) -> str:
    """The first text reported at one of these paths."""
    return next(
        (
            one_line(reported.value)
            for reported in message.values
            if reported.path in paths and isinstance(reported.value, str)
        ),
        "",
    )
