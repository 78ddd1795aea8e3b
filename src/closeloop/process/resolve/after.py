"""Sending back, custody, feedback, nurture programmes and alerts."""

from __future__ import annotations

from collections.abc import Mapping

from closeloop.process.document import At
from closeloop.process.nouns import AlertRule, Custody, Feedback, Programme, SendBack
from closeloop.process.resolve.agreement import Agreement
from closeloop.process.resolve.sources import of_role
from closeloop.process.schema.after import CustodySide
from closeloop.process.sources import SourceDecl
from closeloop.process.touches import TOUCH_KINDS
from closeloop.process.vocabulary import Vocabularies
from closeloop.words.duration import parse_duration


def resolve_send_back(agreement: Agreement, known: Vocabularies) -> dict[str, SendBack]:
    """Reasons, and when a lead returns."""
    return {
        reason: SendBack(
            reason,
            None if part.return_when == "never"
            else agreement.condition(("send_back", reason, "return_when"), part.return_when, known.lead),
            None if part.not_before is None else parse_duration(part.not_before),
        )
        for reason, part in agreement.part.send_back.items()
    }  # fmt: skip


def resolve_custody(agreement: Agreement, sources: Mapping[str, SourceDecl]) -> dict[str, Custody]:
    """The two sides."""
    part = agreement.part.custody
    return {
        "marketing": _side(agreement, "marketing", part.marketing, sources),
        "sales": _side(agreement, "sales", part.sales, sources),
    }


def resolve_feedback(agreement: Agreement, sources: Mapping[str, SourceDecl]) -> Feedback | None:
    """What the marketing system is told."""
    part = agreement.part.feedback
    if part is None:
        return None
    agreement.known(("feedback", "to"), "marketing system", part.to, of_role(sources, "marketing"))
    return Feedback(part.to, tuple(part.tell))


def resolve_programmes(agreement: Agreement, sources: Mapping[str, SourceDecl]) -> dict[str, Programme]:
    """Programmes in marketing systems."""
    systems = of_role(sources, "marketing")
    for name, part in agreement.part.nurture.items():
        agreement.known(("nurture", name, "in"), "marketing system", part.in_, systems)
    return {name: Programme(name, part.in_, part.join) for name, part in agreement.part.nurture.items()}


def resolve_alerts(agreement: Agreement, known: Vocabularies) -> tuple[AlertRule, ...]:
    """Who hears of which touch."""
    alerts: list[AlertRule] = []
    for index, part in enumerate(agreement.part.alerts):
        at: At = ("alerts", index)
        kinds = tuple(part.on) if isinstance(part.on, list) else (part.on,)
        for kind in kinds:
            if kind != "any":
                agreement.known((*at, "on"), "touch kind", kind, TOUCH_KINDS | {"any"})
        when = agreement.condition_or_none((*at, "when"), part.when, known.touch)
        alerts.append(AlertRule(f"alerts[{index}]", kinds, when, part.who, parse_duration(part.within)))
    return tuple(alerts)


def _side(agreement: Agreement, name: str, part: CustodySide, sources: Mapping[str, SourceDecl]) -> Custody:
    at: At = ("custody", name)
    for index, source in enumerate(part.write):
        agreement.known((*at, "write", index), "system", source, of_role(sources))
    if part.mail != "none":
        agreement.known((*at, "mail"), "marketing system", part.mail, {**of_role(sources, "marketing"), "none": None})
    return Custody(name, tuple(part.write), None if part.mail == "none" else part.mail)
