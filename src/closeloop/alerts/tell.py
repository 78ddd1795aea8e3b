"""Who should hear of which touch: the alert rules, asked of each new touch of a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from closeloop.alerts.nouns import Alert
from closeloop.lifecycle.nouns import Deal, Lead
from closeloop.process.nouns import AlertRule, Member, Process
from closeloop.process.sides import told
from closeloop.profile.nouns import Touch
from closeloop.profile.scope import TouchScope
from closeloop.rules import Scope

NEWS: Final = timedelta(days=1)
"""Older touches are history: an import or the first reading of a system mails nobody."""


def tell(
    person_id: str,
    who: str,
    touches: Iterable[Touch],
    person: Scope,
    leads: Sequence[Lead],
    deals: Sequence[Deal],
    process: Process,
    now: datetime,
) -> list[Alert]:
    """The alerts that these touches set off.

    Args:
        who: the person's name, for the text.
        person: the conditions' view of the person, for the product of the touch.
    """
    alerts = []
    for touch in touches:
        if touch.seller is not None or now - touch.at > NEWS:
            continue
        for rule in process.alerts:
            if ("any" in rule.on or touch.kind in rule.on) and (
                rule.when is None or rule.when.test(TouchScope(touch, person))
            ):
                member = _recipient(rule, touch, leads, deals, process)
                if member is not None:
                    alerts.append(_alert(rule, person_id, who, touch, member, process, now))
    return alerts


def _recipient(
    rule: AlertRule, touch: Touch, leads: Sequence[Lead], deals: Sequence[Deal], process: Process
) -> Member | None:
    """The owner of the open deal or lead for the touch's product, else of any."""
    if rule.who == "deal_owner":
        owners = [(deal.product, deal.owner) for deal in deals if deal.open and deal.owner is not None]
        found = next((owner for product, owner in owners if product == touch.product), owners[0][1] if owners else None)
        return process.member_by_user(found) if found else None
    names = [(lead.product, lead.owner) for lead in leads if lead.is_open and lead.owner is not None]
    found = next((owner for product, owner in names if product == touch.product), names[0][1] if names else None)
    return process.member(found) if found else None


def _alert(
    rule: AlertRule, person_id: str, who: str, touch: Touch, member: Member, process: Process, now: datetime
) -> Alert:
    about = ", ".join(str(part) for part in (touch.product, touch.topic, touch.campaign) if part)
    what = f"{who}: {touch.kind}" + (f" ({about})" if about else "")
    why = f"{process.signed} {rule.id}" + (f": {told(rule.when, 'sales', process)}" if rule.when else "")
    lines = [
        f"{what} at {touch.at:%Y-%m-%d %H:%M} UTC.",
        *([touch.url] if touch.url else []),
        "",
        f"You hear of this by the rule {why}.",
    ]
    return Alert(
        f"{rule.id}/{touch.id}/{member.name}", rule.id, person_id, touch.id, member, now, touch.at + rule.within, what,
        "\n".join(lines), why,
    )  # fmt: skip
