"""Which system an export comes from and what its records are, guessed from names when nobody said it."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

MARKETING, CRM = "marketing", "crm"

_WORD = re.compile(r"[^\W\d_]+")
_VENDORS = {
    MARKETING: frozenset(
        ("marketing", "map", "marketo", "mkto", "hubspot", "eloqua", "pardot", "mailchimp", "klaviyo", "braze", "brevo")
    ),
    CRM: frozenset(("crm", "salesforce", "sfdc", "dynamics", "pipedrive", "zoho", "sugarcrm", "freshsales", "sales")),
}
_PERSON = frozenset({"email", "last_name", "name"})
_COMPANY = frozenset({"company", "domain", "website"})
_NUMBER = frozenset({"phone", "mobile"})
_LEADS = frozenset({"lead_status", "is_converted", "converted_contact_id", "converted_account_id"})


def system_of(path: Path) -> str:
    """The system by the words of the file's name: "marketing", "crm", or the name itself when no word tells."""
    words = _WORD.findall(path.stem.lower())
    for word in words:
        for system, vendors in _VENDORS.items():
            if word in vendors:
                return system
    return path.stem


def holds_of(path: Path, meanings: Collection[str]) -> str:
    """What a record of the file is: leads, contacts, people or accounts; "" when no column tells who or which."""
    known = set(meanings)
    if not known & _PERSON and known & _COMPANY:
        return "accounts"
    if not known & (_PERSON | _NUMBER):
        return ""
    words = {word.removesuffix("s") for word in _WORD.findall(path.stem.lower())}
    if "lead" in words or (known & _LEADS and "contact" not in words):
        return "leads"
    return "contacts" if "contact" in words else "people"
