"""Which account a lead belongs to: by domain, by name, by a name with slips; else a question or none, with evidence.

A part of a company is related to it and never the same, so it is shown and not chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from closeloop.matching.companies_keys import company_keys
from closeloop.matching.companies_ties import Account, TieBreaker, break_tie
from closeloop.matching.companies_weigh import Band, Candidate, Grade, Wanted, read_wanted, weigh, worth_weighing

MOST_BEHIND_A_KEY = 100
"""Accounts behind a broad key; one with more behind it says too little to be looked up."""
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class AccountMatch:
    """The answer: `account_id` only in band "same"; `why` in a sentence; `candidates` best first, five at most."""

    account_id: str | None
    band: Band
    why: str
    candidates: tuple[Candidate, ...] = ()


class CompanyIndex:
    """Accounts, found by their block keys."""

    def __init__(self, accounts: Iterable[Account], tie_breakers: Sequence[TieBreaker] = ()) -> None:
        self._tie_breakers = tuple(tie_breakers)
        self._behind: dict[str, list[Account]] = {}
        for account in accounts:
            for key in account_keys(account):
                self._behind.setdefault(key, []).append(account)

    def find(self, company: str = "", email: str = "", website: str = "", country: str | None = None) -> AccountMatch:
        """The account of a lead that says this; each may be "" for nothing said."""
        wanted = read_wanted(company, email, website, country)
        found = {account.account_id: account for key in wanted.strong_keys for account in self._behind.get(key, ())}
        match = choose_account(wanted, list(found.values()), self._tie_breakers)
        if is_settled(match):
            return match
        behind = [self._behind.get(key, []) for key in wanted.broad_keys]
        for accounts in sorted((each for each in behind if len(each) <= MOST_BEHIND_A_KEY), key=len):
            if len(found) > MOST_BEHIND_A_KEY:
                break
            found.update((account.account_id, account) for account in accounts)
        return choose_account(wanted, list(found.values()), self._tie_breakers)


@lru_cache(maxsize=131_072)
def account_keys(account: Account) -> tuple[str, ...]:
    """All block keys of an account, each once."""
    names, domains = account.names or ("",), account.domains or ("",)
    keys = [key for name in names for key in company_keys(name, None)]
    return tuple(dict.fromkeys([*keys, *(key for domain in domains for key in company_keys("", domain))]))


def choose_account(
    wanted: Wanted, accounts: Sequence[Account], tie_breakers: Sequence[TieBreaker] = ()
) -> AccountMatch:
    """The same decision over candidates that somebody else looked up by the keys of `wanted`, in any order."""
    weighed = [(weigh(wanted, account), account) for account in worth_weighing(wanted, accounts)]
    rated = [each for each in weighed if each[0].grade]
    rated.sort(key=lambda each: (-each[0].grade, -each[0].score, each[0].account_id))
    shown = tuple(candidate for candidate, _ in rated[:_MOST_SHOWN])
    if not shown:
        return AccountMatch(None, "none", "no account with this domain or a name like it")
    best = shown[0]
    said = "; ".join(best.evidence)
    if best.band != "same":
        return AccountMatch(None, best.band, said if best.band == "ask" else f"related at most: {said}", shown)
    if best.grade == Grade.DOMAIN_BUT_NAME and any(each.grade == Grade.EQUAL_NAME for each, _ in rated):
        return AccountMatch(None, "ask", "the domain names one account and the company another", shown)
    tied = [account for candidate, account in rated if _is_tied(candidate, best)]
    left, criterion = break_tie(tied, tie_breakers, wanted.country)
    if len(left) > 1:
        return AccountMatch(None, "ask", f"{len(left)} accounts match equally: {said}", shown)
    by = f"; one of {len(tied)} by {criterion}" if criterion else ""
    return AccountMatch(left[0].account_id, "same", said + by, shown)


def is_settled(match: AccountMatch) -> bool:
    """True when no account that only the broad keys find could change the answer."""
    return bool(match.candidates) and match.candidates[0].grade >= Grade.EQUAL_NAME


def _is_tied(candidate: Candidate, best: Candidate) -> bool:
    # Of names with a slip, none is so much nearer that the others are out.
    return candidate.grade == best.grade and (candidate.score == best.score or best.grade == Grade.ALIKE_NAME)
