"""Which names a condition may speak of, by where it stands; whoever asks it must answer all of them.

    FIT       fields of the person and the account, region
    PERSON    FIT, and product, fit, interest, source, campaign    facts, gate, route
    INTEREST  topic, depth, url, campaign, source, product         scores.interest: of the touch alone
    TOUCH     PERSON, and topic, depth, url                        alerts; source, campaign, product are the touch's
    LEAD      PERSON, and amount, reason, every touch kind         only_when, wake_when, return_when

`exists(opportunity, …)`, and that of every kind under `records`, is known everywhere but in INTEREST.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from closeloop.process.nouns import OwnKind
from closeloop.process.touches import TOUCH_KINDS, TOUCH_NAMES
from closeloop.rules import Kind, Rule, Vocabulary

FORM_KINDS: Mapping[str, Kind] = MappingProxyType({
    "text": "text", "email": "text", "phone": "text", "person_name": "text", "company": "text", "country": "text",
    "date": "text", "integer": "number", "number": "number", "boolean": "boolean", "money": "money", "moment": "moment",
})  # fmt: skip
"""Normal form of a field → kind of its value."""

PERSON_OBJECTS = frozenset({"Lead", "Contact"})
"""What systems call their records of a person."""
COMPANY_OBJECTS = frozenset({"Account"})
"""What they call those of a company."""

PURSUIT_NAMES: Mapping[str, Kind] = MappingProxyType(
    {"product": "text", "fit": "number", "interest": "number", "source": "text", "campaign": "text"}
)
"""Of a person and a product. `source` and `campaign` are those of the latest touch that spoke of the product."""

LEAD_NAMES: Mapping[str, Kind] = MappingProxyType({"amount": "money", "reason": "text"})
"""`amount` of the lead's deal; `reason` for which it was last sent back. A touch kind: has it happened since then?"""

RELATED: Mapping[str, Mapping[str, Kind]] = MappingProxyType({
    "opportunity": MappingProxyType({
        "open": "boolean", "won": "boolean", "amount": "money", "stage": "text", "product": "text", "region": "text",
        "owner": "text", "role": "text",
    }),
})  # fmt: skip

BUILT_IN: frozenset[str] = frozenset({"region", *PURSUIT_NAMES, *TOUCH_NAMES, *LEAD_NAMES})
"""Names that no field may have."""


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """One for each place where a condition may stand."""

    fit: Vocabulary
    person: Vocabulary
    interest: Vocabulary
    touch: Vocabulary
    lead: Vocabulary


def related(records: Mapping[str, OwnKind]) -> Mapping[str, Mapping[str, Kind]]:
    """What exists() may speak of, with the names of each: deals, and the records that the process declares."""
    own = {name: {each.name: FORM_KINDS[each.form] for each in kind.fields.values()} for name, kind in records.items()}
    return MappingProxyType({**RELATED, **own})


def vocabularies(
    fields: Mapping[str, Kind], facts: Mapping[str, Rule], related: Mapping[str, Mapping[str, Kind]] = RELATED
) -> Vocabularies:
    """All of them, from the declared fields and the facts known so far.

    A fact is offered everywhere; what it reads must be known where it is used, which the one who reads checks.
    """
    fit: dict[str, Kind] = {**fields, "region": "text"}
    person: dict[str, Kind] = {**fit, **PURSUIT_NAMES}
    touches: dict[str, Kind] = dict.fromkeys(sorted(TOUCH_KINDS), "boolean")
    return Vocabularies(
        fit=Vocabulary(fit, related, facts),
        person=Vocabulary(person, related, facts),
        interest=Vocabulary(TOUCH_NAMES),
        touch=Vocabulary({**person, **TOUCH_NAMES}, related, facts),
        lead=Vocabulary({**person, **LEAD_NAMES, **touches}, related, facts),
    )
