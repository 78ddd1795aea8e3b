"""What campaigns brought about: leads they sourced and leads they influenced, on the resolved person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import text

from closeloop.measure.definitions import SOURCED
from closeloop.measure.nouns import Asked, Column, Report, Row, share
from closeloop.measure.pursuits import PURSUITS
from closeloop.words.moment import to_us
from closeloop.words.money import Money

SYSTEM_ACTS = (
    "email.sent", "email.delivered", "email.bounced", "webinar.missed", "event.missed", "list.joined", "list.left",
)  # fmt: skip
"""Touches that nobody did: what systems do, and what a person left undone."""

_CREDITS = text(f"""
    WITH pursuits AS ({PURSUITS})
    SELECT 'sourced' AS role, campaign, person_id, product, region, cycle, won_at, amount_minor, currency FROM pursuits
    UNION
    SELECT 'influenced', t.campaign, p.person_id, p.product, p.region, p.cycle, p.won_at, p.amount_minor, p.currency
    FROM pursuits p JOIN v_timeline t ON t.root_id = p.person_id
    WHERE t.campaign IS NOT NULL AND t.seller IS NULL
      AND t.kind NOT IN ({", ".join(f"'{kind}'" for kind in SYSTEM_ACTS)})
      AND t.at > p.entered_at AND t.at < COALESCE(p.ended_at, :now) AND t.message_id <> COALESCE(p.touch_id, '')
      AND t.campaign <> COALESCE(p.campaign, '')""")  # noqa: S608 — words of ours


@dataclass(slots=True)
class _Credit:
    people: set[str] = field(default_factory=set)
    n_leads: int = 0
    n_won: int = 0
    amounts: list[Money] = field(default_factory=list)


def _rows(asked: Asked) -> list[Row]:
    credit_of: dict[str | None, dict[str, _Credit]] = defaultdict(
        lambda: {"sourced": _Credit(), "influenced": _Credit()}
    )
    for line in asked.connection.execute(_CREDITS, {"now": to_us(asked.now)}):
        credit = credit_of[line.campaign][line.role]
        credit.people.add(line.person_id)
        credit.n_leads += 1
        credit.n_won += line.won_at is not None
        if line.amount_minor is not None and line.currency:
            credit.amounts.append(Money(line.amount_minor, line.currency))
    return [
        _row(campaign, **credit_of[campaign]) for campaign in sorted(credit_of, key=lambda name: (name is None, name))
    ]


def _row(campaign: str | None, sourced: _Credit, influenced: _Credit) -> Row:
    return (
        campaign, len(sourced.people), sourced.n_leads, sourced.n_won, share(sourced.n_won, sourced.n_leads),
        _sum(sourced.amounts), influenced.n_leads, influenced.n_won, share(influenced.n_won, influenced.n_leads),
        _sum(influenced.amounts),
    )  # fmt: skip


def _sum(amounts: Iterable[Money]) -> str | None:
    by_currency: dict[str, Money] = {}
    for amount in amounts:
        by_currency[amount.currency] = by_currency.get(amount.currency, Money(0, amount.currency)) + amount
    return " + ".join(str(by_currency[currency]) for currency in sorted(by_currency)) or None


REPORT = Report(
    "Which campaigns sourced leads, which influenced them, and what came of it?",
    SOURCED,
    (
        Column("campaign", "", "the campaign; none: the touch that created the lead belongs to no campaign"),
        Column("people", "count", "resolved people whose leads it sourced"),
        Column("sourced", "count", "leads it sourced"),
        Column("sourced_won", "count", "of these, won"),
        Column("sourced_rate", "%", "`sourced_won` of `sourced`"),
        Column("sourced_amount", "amount", "amount of those won, with its currency"),
        Column("influenced", "count", "leads it influenced and did not source"),
        Column("influenced_won", "count", "of these, won"),
        Column("influenced_rate", "%", "`influenced_won` of `influenced`"),
        Column("influenced_amount", "amount", "amount of those won, with its currency"),
    ),
    _rows,
)
