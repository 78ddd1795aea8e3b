"""What came of deals, product by product: won and lost, worth how much, after how long, and what is amiss with them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from statistics import median

from sqlalchemy import text

from closeloop.measure.definitions import PIPELINE
from closeloop.measure.nouns import Asked, Column, Report, Row
from closeloop.words.money import Money, parse_money

_DEALS = text("""
    SELECT root_id,
      MAX(CASE WHEN field = 'product' THEN value END) AS product,
      MAX(CASE WHEN field = 'is_won' THEN value END) AS is_won,
      MAX(CASE WHEN field = 'is_closed' THEN value END) AS is_closed,
      MAX(CASE WHEN field = 'amount' AND valid = 1 THEN value END) AS amount,
      MAX(CASE WHEN field = 'opened_at' AND valid = 1 THEN value END) AS opened_at,
      MAX(CASE WHEN field = 'closed_at' AND valid = 1 THEN value END) AS closed_at,
      MAX(CASE WHEN field = 'account' THEN value END) AS account
    FROM v_winners WHERE kind = 'opportunity' GROUP BY root_id
    HAVING COALESCE(MAX(CASE WHEN field = 'living' THEN value END), 'true') = 'true'""")
_ALL = "total"


@dataclass(frozen=True, slots=True)
class _Deal:
    product: str
    won: bool
    closed: bool
    amount: Money | None
    days: int | None
    has_account: bool


def _rows(asked: Asked) -> list[Row]:
    deals = [_deal(row) for row in asked.connection.execute(_DEALS).all()]
    if not deals:
        return []
    products = sorted({deal.product for deal in deals})
    rows = [
        _row(name, _near(name, asked.process.products), [deal for deal in deals if deal.product == name])
        for name in products
    ]
    return [*rows, _row(_ALL, "", deals)]


def _deal(row: Sequence[str | None]) -> _Deal:
    _, product, won, closed, amount, opened_at, closed_at, account = (
        None if cell is None else json.loads(cell) if at else cell for at, cell in enumerate(row)
    )
    opened, ended = _day(opened_at), _day(closed_at)
    worth = parse_money(str(amount)) if amount else None
    days = (ended - opened).days if opened and ended else None
    return _Deal(str(product or "none"), won is True, closed is True or won is True, worth, days, account is not None)


def _day(given: object) -> date | None:
    """The day of a date or a moment; None for anything else."""
    try:
        return date.fromisoformat(str(given)[:10])
    except ValueError:
        return None


def _near(name: str, products: Iterable[str]) -> str:
    """What is amiss with a product's name: nothing, or which declared one it is likely to be."""
    declared = {_plain(product): product for product in products}
    if name == "none" or _plain(name) in declared or name in products:
        return ""
    close = get_close_matches(_plain(name), list(declared), n=1, cutoff=0.6)
    return f"unknown; near {declared[close[0]]}" if close else "unknown"


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _row(name: str, amiss: str, deals: Sequence[_Deal]) -> Row:
    won = [deal for deal in deals if deal.won]
    lost = [deal for deal in deals if deal.closed and not deal.won]
    return (
        name, amiss, len(deals), len(won), _worth(won), len(lost), len(deals) - len(won) - len(lost),
        _days(won), _days(lost), sum(not deal.has_account for deal in deals),
    )  # fmt: skip


def _worth(deals: Iterable[_Deal]) -> str:
    sums: dict[str, int] = {}
    for deal in deals:
        if deal.amount is not None:
            sums[deal.amount.currency] = sums.get(deal.amount.currency, 0) + deal.amount.minor
    return ", ".join(str(Money(minor, currency)) for currency, minor in sorted(sums.items()))


def _days(deals: Iterable[_Deal]) -> float | None:
    known = [deal.days for deal in deals if deal.days is not None]
    return float(median(known)) if known else None


REPORT = Report(
    "What came of the deals, product by product?",
    PIPELINE,
    (
        Column("product", "", "as the CRM writes it; `none` where it names none, and a last row for all"),
        Column("amiss", "", "unknown: no product of the process file, with the nearest one that is"),
        Column("deals", "count", "deals of that product"),
        Column("won", "count", "of these, won"),
        Column("worth", "amount", "what those won are worth, by currency"),
        Column("lost", "count", "closed and not won"),
        Column("open", "count", "neither won nor lost yet"),
        Column("days_to_won", "days", "median days from opening to closing, of those won"),
        Column("days_to_lost", "days", "the same of those lost"),
        Column("no_account", "count", "deals that belong to no account: kept, and to be mended"),
    ),
    _rows,
)
