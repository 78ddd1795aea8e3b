"""Facts, scores, gate and route."""

from __future__ import annotations

from collections.abc import Mapping

from closeloop.process.document import At
from closeloop.process.nouns import Gate, RouteLine, ScoreLine
from closeloop.process.resolve.agreement import NEVER, Agreement
from closeloop.process.resolve.sources import of_role
from closeloop.process.sources import SourceDecl
from closeloop.process.touches import TOUCH_KINDS
from closeloop.process.vocabulary import BUILT_IN, Vocabularies, vocabularies
from closeloop.rules import RESERVED, Kind, Rule
from closeloop.words.duration import parse_duration


def resolve_facts(
    agreement: Agreement, fields: Mapping[str, Kind], related: Mapping[str, Mapping[str, Kind]]
) -> dict[str, Rule]:
    """Named conditions, in file order: each may use those above it."""
    facts: dict[str, Rule] = {}
    names = list(agreement.part.facts)
    for index, (name, text) in enumerate(agreement.part.facts.items()):
        at: At = ("facts", name)
        if name in fields or name in BUILT_IN | RESERVED:
            agreement.faults.add(at, f"'{name}' has a meaning already; valid is another name")
        later = dict.fromkeys(names[index:], NEVER)
        rule = agreement.condition(at, text, vocabularies(fields, {**later, **facts}, related).person)
        for early in sorted(rule.facts & set(later)):
            agreement.faults.add(at, f"'{early}' stands further down; valid is a fact above")
        facts[name] = rule
    return facts


def resolve_fit(agreement: Agreement, known: Vocabularies) -> tuple[ScoreLine, ...]:
    """Points for what a person is."""
    lines: list[ScoreLine] = []
    for index, part in enumerate(agreement.part.scores.fit):
        when = agreement.condition(("scores", "fit", index, "when"), part.when, known.fit)
        lines.append(ScoreLine(f"fit[{index}]", float(part.points), when))
    return tuple(lines)


def resolve_interest(agreement: Agreement, known: Vocabularies) -> tuple[ScoreLine, ...]:
    """Points for touches."""
    lines: list[ScoreLine] = []
    for index, part in enumerate(agreement.part.scores.interest):
        at: At = ("scores", "interest", index)
        agreement.known((*at, "on"), "touch kind", part.on, TOUCH_KINDS)
        if part.half_life is not None and not parse_duration(part.half_life):
            agreement.faults.add((*at, "half_life"), "a half-life of nothing; valid is such as 30d")
        lines.append(
            ScoreLine(
                id=f"interest[{index}]",
                points=float(part.points),
                on=part.on,
                when=agreement.condition_or_none((*at, "when"), part.when, known.interest),
                at_most=None if part.at_most is None else float(part.at_most),
                half_life=None if part.half_life is None else parse_duration(part.half_life),
            )
        )
    return tuple(lines)


def resolve_gate(
    agreement: Agreement, known: Vocabularies, fields: Mapping[str, Kind], sources: Mapping[str, SourceDecl]
) -> Gate:
    """From name to lead."""
    part = agreement.part.gate
    for index, need in enumerate(part.needs):
        agreement.known(("gate", "needs", index), "field", need, {**fields, "product": "text", "region": "text"})
    crms = of_role(sources, "sales")
    if part.hand_over is not None:
        agreement.known(("gate", "hand_over", "to"), "CRM", part.hand_over.to, crms)
    elif crms:
        agreement.faults.add(("gate",), f"no hand_over, though there is a CRM; valid: {{to: {next(iter(crms))}}}")
    return Gate(
        when=agreement.condition(("gate", "when"), part.when, known.person),
        unless=agreement.condition_or_none(("gate", "unless"), part.unless, known.person),
        needs=tuple(part.needs),
        to=part.hand_over.to if part.hand_over else "",
        packet=tuple(part.hand_over.packet) if part.hand_over else (),
    )


def resolve_route(agreement: Agreement, known: Vocabularies) -> tuple[RouteLine, ...]:
    """The lines in order; the last one, and only it, is always true."""
    parts = agreement.part.route
    for index, part in enumerate(parts):
        agreement.known(("route", index, "to"), "stage", part.to, agreement.part.stages)
        if part.when is None and index < len(parts) - 1:
            agreement.faults.add(("route", index), "has no when, so nothing below is read; valid is the last line")
    if parts[-1].when is not None:
        agreement.faults.add(
            ("route", len(parts) - 1), "the last line must have no when, so that every lead has a stage"
        )
    return tuple(
        RouteLine(agreement.condition_or_none(("route", index, "when"), part.when, known.person), part.to)
        for index, part in enumerate(parts)
    )
