"""What a column's name means, in the languages and after the vendors whose exports people have: headings.csv."""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from importlib.resources import files

from closeloop.words.text import fold_marks

_CUSTOM = re.compile(r"__c$", re.IGNORECASE)
_PREFIXES = ("lead", "contact", "person", "prospect", "mkto", "c", "property", "properties", "attributes", "account")


@lru_cache(maxsize=4096)
def meaning_of(heading: str) -> str | None:
    """The meaning of a column by its name, or None; "E-Mail-Adresse", "EmailAddress__c" and "Lead: Email" are one.

    Source: the exports of Salesforce, HubSpot, Marketo, Eloqua, Dynamics and Pardot, and everyday words.
    """
    heading = _CUSTOM.sub("", heading.strip())
    if len(heading) > 80:
        return None
    found = _BY_NAME.get(_bare(heading))
    if found is None:
        *above, last = re.split(r"[:.>]", heading)
        found = _BY_NAME.get(_bare(last)) if above else None
        # "Account: Name" is the name of no person.
        if found == "name" and _BY_NAME.get(_bare(above[-1])) == "company":
            found = "company"
    if found is None:
        words = [word for word in re.split(r"[^\w]+|_|(?<=[a-z])(?=[A-Z])", heading) if word]
        if len(words) > 1 and words[0].lower() in _PREFIXES:
            found = _BY_NAME.get(_bare("".join(words[1:])))
    return found


def known_heading(cell: str) -> bool:
    """Whether a cell is a name that columns have."""
    return meaning_of(cell) is not None


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold_marks(text).replace("ß", "ss"))


def _read() -> dict[str, str]:
    text = files("closeloop.tables").joinpath("headings.csv").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for row in csv.DictReader(text.splitlines()):
        for name in row["names"].split("|"):
            found.setdefault(_bare(name), row["meaning"])
    return found


_BY_NAME = _read()
MEANINGS = tuple(dict.fromkeys(_BY_NAME.values()))
"""Every meaning that there is, in the order of the table."""
