"""Tryton's models and fields, and the names under which the hub knows them."""

from __future__ import annotations

from collections.abc import Mapping

from closeloop.ports import Entity

PARTY, DEAL, MECHANISM = "party.party", "sale.opportunity", "party.contact_mechanism"
ENTITIES: Mapping[str, Entity] = {
    "Account": "account",
    "Contact": "person",
    "Lead": "person",
    "Opportunity": "opportunity",
}
PARTIES = ("Account", "Contact", "Lead")
USER = "User"
"""An employee of the company (company.employee): who owns leads and opportunities."""

KEY = "closeloop:"
"""Begins the identifier of a party, or the reference of an opportunity, that holds a key of ours."""
LEAD_KEY = "closeloop-lead:"
"""Begins the reference of the opportunity that makes a party a lead for as long as it stays in the state "lead"."""

MECHANISMS = ("email", "phone", "mobile", "fax", "website")
PARTY_FIELDS = ("name", *MECHANISMS, "country")
DEAL_FIELDS = (
    "description",
    "comment",
    "amount",
    "currency",
    "employee",
    "start_date",
    "end_date",
    "conversion_probability",
    "lost_reason",
    "state",
)
HANDED_OVER: Mapping[str, str] = {"subject": "description", "packet": "comment"}
"""Parts of a handover (`ports.HANDOVER`) that an opportunity has a field for; the others are in the packet."""

CLOSED = ("won", "lost", "cancelled")
OFF = ("lost", "cancelled")
BUTTONS: Mapping[str, str] = {
    "lead": "lead",
    "opportunity": "opportunity",
    "lost": "lost",
    "cancelled": "cancel",
}
"""State of an opportunity → the button that leads there; a sale makes it converted, and won."""

_STAMPS = ("_timestamp", "last_modified_at")
PARTY_READ = (
    "name", "code", "active", "categories", "replaced_by.categories", "replaced_by.active", *_STAMPS,
    "contact_mechanisms.type", "contact_mechanisms.value", "contact_mechanisms._timestamp",
    "contact_mechanisms.last_modified_at", "addresses.country.code", "addresses.last_modified_at",
    "identifiers.code", "identifiers.last_modified_at",
)  # fmt: skip
RELATION_READ = ("relations.to", "relations.type", "relations.active")
DEAL_READ = (
    "number", "reference", "description", "comment", "state", "amount", "currency.code", "employee", "start_date",
    "end_date", "conversion_probability", "lost_reason", "party.categories", "party.active", "contact.party.categories",
    *_STAMPS,
)  # fmt: skip
EITHER = ("active", "in", [True, False])
"""Part of a domain that takes inactive records as well: without it Tryton leaves them out."""
