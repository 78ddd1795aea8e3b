"""All parts together: a frozen Process, when nothing at all is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from closeloop.process.nouns import Process
from closeloop.process.resolve.after import (
    resolve_alerts,
    resolve_custody,
    resolve_feedback,
    resolve_programmes,
    resolve_send_back,
)  # fmt: skip
from closeloop.process.resolve.agreement import Agreement
from closeloop.process.resolve.fields import field_kinds, resolve_fields
from closeloop.process.resolve.matching import resolve_matching
from closeloop.process.resolve.own_records import resolve_records
from closeloop.process.resolve.people import resolve_people
from closeloop.process.resolve.places import resolve_content, resolve_regions
from closeloop.process.resolve.scores import (
    resolve_facts,
    resolve_fit,
    resolve_gate,
    resolve_interest,
    resolve_route,
)  # fmt: skip
from closeloop.process.resolve.sources import resolve_ceilings, resolve_loops, resolve_sources
from closeloop.process.resolve.stages import resolve_stages
from closeloop.process.vocabulary import related, vocabularies

K = TypeVar("K")
V = TypeVar("V")


def resolve(agreement: Agreement) -> Process:
    """Resolve every name of the file; faults are gathered in the agreement, and the caller raises them."""
    part = agreement.part
    sources = resolve_sources(agreement)
    fields = resolve_fields(agreement, sources)
    kinds = field_kinds(fields)
    records = resolve_records(agreement, sources)
    others = related(records)
    known = vocabularies(kinds, resolve_facts(agreement, kinds, others), others)
    for index, product in enumerate(part.products):
        if product in part.products[:index]:
            agreement.faults.add(("products", index), f"'{product}' stands there twice")
    return Process(
        name=part.process,
        version=part.version,
        agreed_by=tuple(part.agreed.by),
        agreed_on=part.agreed.on.isoformat(),
        sources=_frozen(sources),
        regions=_frozen(resolve_regions(agreement)),
        products=tuple(part.products),
        content=resolve_content(agreement),
        fields=_frozen({entity: _frozen(rules) for entity, rules in fields.items()}),
        fit=resolve_fit(agreement, known),
        interest=resolve_interest(agreement, known),
        gate=resolve_gate(agreement, known, kinds, sources),
        route=resolve_route(agreement, known),
        stages=_frozen(resolve_stages(agreement, known, sources)),
        send_back=_frozen(resolve_send_back(agreement, known)),
        custody=_frozen(resolve_custody(agreement, sources)),
        feedback=resolve_feedback(agreement, sources),
        programmes=_frozen(resolve_programmes(agreement, sources)),
        alerts=resolve_alerts(agreement, known),
        people=resolve_people(agreement),
        files=agreement.used,
        matching=resolve_matching(agreement, sources),
        records=_frozen(records),
        ceilings=_frozen(resolve_ceilings(agreement, sources)),
        loops=resolve_loops(agreement),
    )


def _frozen(parts: Mapping[K, V]) -> Mapping[K, V]:
    return MappingProxyType(dict(parts))
