"""By what identity decides, as the process declares it: where companies and what people are compared by are named."""

from __future__ import annotations

from closeloop.identity.nouns import Policy
from closeloop.identity.traits import FIELDS
from closeloop.matching.bundle import default_bundle
from closeloop.matching.companies_ties import tie_breakers
from closeloop.process.nouns import FieldRule, Process
from closeloop.process.once import once_per_process

_BY_FORM = {"email": "email", "phone": "phone", "person_name": "name", "company": "company", "country": "country"}
"""Normal form of a field → what it is to matching, for fields that have a name of their own."""

_SITES = ("website", "domain")
"""Fields of an account that say where it is at home."""


@once_per_process
def policy_of(process: Process) -> Policy:
    """The policy of a process."""
    account = process.fields.get("account", {})
    company = account.get("company")
    return Policy(
        frozenset(str(path) for path in company.paths) if company else frozenset(),
        {
            str(path): field
            for entity in ("account", "person")
            for rule in process.fields.get(entity, {}).values()
            if (field := _field_of(rule)) is not None
            for path in rule.paths
        },
        default_bundle(),
        process.signed,
        frozenset(str(path) for name in _SITES if name in account for path in account[name].paths),
        tie_breakers(process.matching.account_ties),
    )


def _field_of(rule: FieldRule) -> str | None:
    """What people are compared by is told by the field's name, else by its form."""
    return rule.name if rule.name in FIELDS else _BY_FORM.get(rule.form)
