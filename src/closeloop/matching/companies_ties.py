"""Tie-breakers among accounts that match a lead equally well: declared by the caller, in order, each with a name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from closeloop.words.errors import BadInput


@dataclass(frozen=True, slots=True)
class Account:
    """A company as somebody keeps it.

    Attributes:
        account_id: whatever tells it from others.
        names: as it is called, and has been called; the first is shown.
        domains: e-mail domains or web addresses.
        country: alpha-2.
        parent_id: the account above it in the hierarchy.
        facts: figures that tie-breakers may read, such as n_contacts or created_at.
    """

    account_id: str
    names: tuple[str, ...]
    domains: tuple[str, ...] = ()
    country: str | None = None
    parent_id: str | None = None
    facts: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}), compare=False)


Kind = Literal["same country", "top of hierarchy", "most", "least"]


@dataclass(frozen=True, slots=True)
class TieBreaker:
    """A criterion; of "most" and "least", `fact` is the figure that is read from `Account.facts`."""

    kind: Kind
    fact: str = ""

    @property
    def name(self) -> str:
        """As it is declared."""
        return f"{self.kind} {self.fact}".strip()


def tie_breakers(names: Sequence[str]) -> tuple[TieBreaker, ...]:
    """The criteria of these names, in their order.

    Args:
        names: "same country", "top of hierarchy", "most FACT" or "least FACT", with FACT a name in `Account.facts`.

    Raises:
        BadInput: another name.
    """
    return tuple(_tie_breaker(name) for name in names)


def break_tie(
    tied: Sequence[Account], breakers: Sequence[TieBreaker], country: str | None
) -> tuple[list[Account], str | None]:
    """Those that are still tied after the last criterion, and the name of the one that left only one, if any did.

    Args:
        tied: at least one.
        breakers: in the order in which they are asked.
        country: the lead's, alpha-2.
    """
    left = list(tied)
    for breaker in breakers if len(left) > 1 else ():
        ranks = [_rank(breaker, account, left, country) for account in left]
        left = [account for account, rank in zip(left, ranks, strict=True) if rank == max(ranks)]
        if len(left) == 1:
            return left, breaker.name
    return left, None


def _tie_breaker(name: str) -> TieBreaker:
    kind, _, fact = name.partition(" ")
    match kind:
        case "most" | "least" if fact:
            return TieBreaker(kind, fact)
    match name:
        case "same country" | "top of hierarchy":
            return TieBreaker(name)
    raise BadInput(
        f"{name!r} is no tie-breaker; valid are 'same country', 'top of hierarchy', 'most FACT' and 'least FACT', "
        "such as 'most n_contacts'"
    )


def _rank(breaker: TieBreaker, account: Account, tied: Sequence[Account], country: str | None) -> float:
    match breaker.kind:
        case "same country":
            return float(country is not None and account.country == country)
        case "top of hierarchy":
            return float(account.parent_id not in {other.account_id for other in tied})
    known = account.facts.get(breaker.fact)
    # Who does not know the figure comes last, whichever end wins.
    return -math.inf if known is None else known if breaker.kind == "most" else -known
