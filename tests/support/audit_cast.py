"""Small exports of a known cast: Joe thrice in the CRM, a couple, and many who are there once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

HEADER = (
    "Id", "First Name", "Last Name", "Email", "Phone", "Title", "Company", "City", "Lead Source", "Lead Status",
    "Created At", "Created By",
)  # fmt: skip
NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
Row = Sequence[str]


def others(prefix: str, n: int = 40) -> list[Row]:
    """People whom nobody else resembles, since a base of three says nothing about chance."""
    firsts = ("Alma", "Boris", "Celia", "Derek", "Edith", "Felix", "Greta", "Hugo", "Irma", "Jonas")
    lasts = ("Quill", "Rasmus", "Stenberg", "Tolliver", "Ulrich", "Varga", "Wendt", "Xanthos", "Yates", "Zoller")
    return [
        (
            f"{prefix}{n}", firsts[n % 10], f"{lasts[n % 7]}{lasts[n // 7 % 10].lower()}",
            f"{firsts[n % 10].lower()}.{n}@{prefix}{n % 9}house.example", f"+49 30 90{n:04d}{n % 7}", "Engineer",
            f"{prefix}{n % 9} House", "Berlin", "Web", "Open", f"2026-01-{n % 28 + 1:02d}", "j.sato",
        )
        for n in range(n)
    ]  # fmt: skip


JOE = ("1", "Joseph", "Bloggs", "joe.bloggs@acme.example", "+1 617 555 0142", "CFO", "Acme Corp", "Boston")
JOE_AGAIN = ("2", "Joe", "Bloggs", "Joe.Bloggs+web@ACME.example", "(617) 555-0142", "", "ACME", "Boston")
JOE_AT_HOME = ("3", "Joe", "Bloggs", "joe@bloggs-home.example", "+1 617 555 0142", "CFO", "Acme Corporation", "Boston")
GRACE = ("4", "Grace", "Winterbourne", "us@winterbourne.example", "+44 113 496 0777", "", "", "York")
HENRY = ("5", "Henry", "Winterbourne", "us@winterbourne.example", "+44 113 496 0777", "", "", "York")
MADE = {
    "1": ("Web", "Open", "2026-01-05", "j.sato"), "2": ("Fair", "Converted", "2026-03-01", "import"),
    "3": ("Fair", "Open", "2026-04-01", "import"), "4": ("Web", "Open", "2026-02-01", "j.sato"),
    "5": ("Web", "Open", "2026-02-01", "j.sato"),
}  # fmt: skip


def told(*people: Row) -> list[Row]:
    """Of the cast, with how each record came to be."""
    return [(*person, *MADE[person[0]]) for person in people]
