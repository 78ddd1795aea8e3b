"""What a value looks like by itself: the kinds that can be told without the name of its column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from closeloop.words.country import normalise_country
from closeloop.words.email import is_valid_email
from closeloop.words.phone import normalise_phone

_PHONE = re.compile(r"\+?\(?\d[\d\s()./-]{5,22}\d(?:\s*(?:x|ext\.?|#)\s*\d{1,6})?", re.IGNORECASE)
_DAY = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?:[T ]+\d{1,2}:\d{2}.*)?|\d{8}|1\d{12}"
)
_DOMAIN = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z]{2,24}", re.IGNORECASE)
_SITE = re.compile(r"(?:https?://)?(?:[\w-]+\.)+[a-z]{2,24}(?:[/?#:]\S*)?", re.IGNORECASE)
_CRM_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
_SYSTEMS = frozenset({
    "crm", "map", "salesforce", "sfdc", "hubspot", "marketo", "eloqua", "dynamics", "dynamics365", "pardot", "zoho",
    "pipedrive", "sugarcrm", "mailchimp", "sap", "oracle", "segment", "webform", "website", "csv", "import", "api",
    "erp", "marketing", "sales",
})  # fmt: skip
_FLAGS = frozenset({"0", "1", "true", "false", "yes", "no", "y", "n", "t", "f", "ja", "nein", "oui", "non", "si", "sí"})


def _is_phone(value: str) -> bool:
    if _PHONE.fullmatch(value) is None or _DAY.fullmatch(value):
        return False
    return not value.startswith("+") or normalise_phone(value) is not None or len(value) > 8


def _is_site(value: str) -> bool:
    return "@" not in value and _SITE.fullmatch(value) is not None


LOOKS_LIKE: Mapping[str, Callable[[str], bool]] = {
    "email": is_valid_email,
    "phone": _is_phone,
    "mobile": _is_phone,
    "country": lambda value: normalise_country(value) is not None,
    "website": _is_site,
    "domain": lambda value: _DOMAIN.fullmatch(value) is not None,
    "created_at": lambda value: _DAY.fullmatch(value) is not None,
    "updated_at": lambda value: _DAY.fullmatch(value) is not None,
    "birth_date": lambda value: _DAY.fullmatch(value) is not None,
    "source": lambda value: value.lower() in _SYSTEMS,
    "opted_out": lambda value: value.lower() in _FLAGS,
    "is_converted": lambda value: value.lower() in _FLAGS,
    "converted_contact_id": lambda value: _CRM_ID.fullmatch(value) is not None or value.isdigit(),
}
"""Meaning → whether a value, trimmed and not empty, can have it. Meanings that are not here cannot be told so."""

TELLING = ("email", "website", "country", "phone")
"""The meanings that values alone give away, the clearest first."""
