"""What speaks for one account: domain, name, what the domain is called; each account weighed by itself, in grades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Literal

from rapidfuzz import fuzz, process

from closeloop.matching.companies_keys import company_keys, is_broad, label_of
from closeloop.matching.companies_names import CompanyName, Likeness, company_name, compare_names, initials
from closeloop.matching.companies_ties import Account
from closeloop.words.country import normalise_country
from closeloop.words.mailbox import company_domain
from closeloop.words.nothing import is_nothing

_FEW = 12
_FEW_NAMES = 5
_LEAST_WRATIO = 75.0
"""A sieve, wide enough that slips and parts pass; the words decide."""

Band = Literal["same", "ask", "none"]


class Grade(IntEnum):
    """Kinds of evidence, the strongest greatest."""

    NOTHING = 0
    RELATED = 1
    SHORT_FORM = 2
    CLOSE_NAME = 3
    ALIKE_NAME = 4
    LABEL_AND_NAME = 5
    EQUAL_NAME = 6
    DOMAIN_BUT_NAME = 7
    DOMAIN = 8
    DOMAIN_AND_NAME = 9


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a lead says of its company, read: `domain` is registrable and an employer's, `country` alpha-2."""

    company: str
    domain: str | None
    country: str | None

    @property
    def strong_keys(self) -> tuple[str, ...]:
        """Under which accounts are looked up first, all of them: domain, label and whole name."""
        return tuple(key for key in company_keys(self.company, self.domain) if not is_broad(key))

    @property
    def broad_keys(self) -> tuple[str, ...]:
        """Under which they are looked up when the first answer does not settle it, those with few accounts first."""
        return tuple(key for key in company_keys(self.company, self.domain) if is_broad(key))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that was weighed. `grade` ranks kinds of evidence, `score` accounts of one grade."""

    account_id: str
    band: Band
    grade: Grade
    score: float
    evidence: tuple[str, ...]


def read_wanted(company: str, email: str, website: str, country: str | None) -> Wanted:
    """What a lead says, read. The website goes before the address; what says nothing ("n/a") is nothing."""
    said = "" if is_nothing(company, "company") else company
    domain = next((domain for text in (website, email) if (domain := company_domain(text))), None)
    return Wanted(said, domain, normalise_country(country) if country else None)


_AGREE = frozenset({"equal", "alike", "close", "part", "initials"})


def weigh(wanted: Wanted, account: Account) -> Candidate:
    """What speaks for one account; grade NOTHING when nothing does."""
    likeness = _best_likeness(wanted, account)
    hosts = _hosts(account)
    evidence = [] if likeness is None else [f"name: {likeness.relation}, {likeness.why}"]
    if wanted.domain is not None and wanted.domain in hosts:
        evidence = [f"domain {wanted.domain}", *evidence]
        if likeness is None:
            return Candidate(account.account_id, "same", Grade.DOMAIN, 0.0, tuple(evidence))
        if likeness.relation not in _AGREE:
            return Candidate(account.account_id, "same", Grade.DOMAIN_BUT_NAME, 0.0, tuple(evidence))
        return Candidate(
            account.account_id, "same", Grade.DOMAIN_AND_NAME, _fine_score(wanted, account, likeness), tuple(evidence)
        )
    has_label = wanted.domain is not None and label_of(wanted.domain) in _labels(account)
    if has_label and wanted.domain is not None:
        evidence = [f"{wanted.domain} is called like it", *evidence]
    band, grade = _by_name(likeness, has_label=has_label, other_domain=bool(wanted.domain and hosts))
    score = 0.0 if likeness is None else _fine_score(wanted, account, likeness)
    return Candidate(account.account_id, band, grade, score, tuple(evidence))


def _by_name(likeness: Likeness | None, *, has_label: bool, other_domain: bool) -> tuple[Band, Grade]:
    if likeness is None:
        return ("ask", Grade.CLOSE_NAME) if has_label else ("none", Grade.NOTHING)
    if likeness.relation == "equal":
        return "same", Grade.EQUAL_NAME
    if has_label and likeness.relation in ("alike", "close"):
        return "same", Grade.LABEL_AND_NAME
    if likeness.relation == "alike":
        # A name with a slip and a domain of its own may well be a neighbour in the dictionary.
        return ("ask" if other_domain else "same"), Grade.ALIKE_NAME
    if likeness.relation in ("close", "series"):
        return "ask", Grade.CLOSE_NAME
    if likeness.relation in ("part", "initials"):
        return "ask", Grade.SHORT_FORM
    return "none", Grade.RELATED if likeness.relation == "whole" else Grade.NOTHING


def worth_weighing(wanted: Wanted, accounts: Sequence[Account]) -> Sequence[Account]:
    """All of a few; of many, those with the domain, the label or the initials, and those whose names come nearest."""
    if len(accounts) <= _FEW or not wanted.company:
        return accounts
    asked = company_name(wanted.company)
    names = {
        at: company_name(name).text for at, name in enumerate(name for account in accounts for name in account.names)
    }
    owners = [account for account in accounts for _ in account.names]
    nearest = process.extract(asked.text, names, scorer=fuzz.WRatio, score_cutoff=_LEAST_WRATIO, limit=_FEW)
    label = "" if wanted.domain is None else label_of(wanted.domain)
    kept = {
        account.account_id: account
        for account in accounts
        if not _labels(account).isdisjoint((label, asked.squashed)) or asked.squashed in _all_initials(account)
    }
    return list((kept | {owners[at].account_id: owners[at] for _, _, at in nearest}).values())


@lru_cache(maxsize=131_072)
def _all_initials(account: Account) -> frozenset[str]:
    return frozenset(initials(company_name(name)) for name in account.names)


def _best_likeness(wanted: Wanted, account: Account) -> Likeness | None:
    if not wanted.company:
        return None
    asked = company_name(wanted.company)
    best: Likeness | None = None
    for known in _nearest_names(asked, account):
        found = compare_names(asked, known, account.country)
        if found.relation == "different" and len(asked.squashed) >= 3 and asked.squashed == initials(known):
            found = Likeness("initials", found.score, f"the initials of {known.given}")
        if best is None or _order(found) > _order(best):
            best = found
    return best


def _nearest_names(asked: CompanyName, account: Account) -> list[CompanyName]:
    names = [company_name(text) for text in account.names]
    equal = [name for name in names if name.squashed == asked.squashed or name.with_form == asked.with_form]
    if equal or len(names) <= _FEW_NAMES:
        return equal or names
    nearest = process.extract(asked.text, [name.text for name in names], scorer=fuzz.WRatio, limit=_FEW_NAMES)
    return [names[at] for _, _, at in nearest]


def _order(likeness: Likeness) -> tuple[int, float]:
    return _RANK[likeness.relation], likeness.score


_RANK = {
    name: rank
    for rank, name in enumerate(("different", "whole", "initials", "part", "series", "close", "alike", "equal"))
}


def _fine_score(wanted: Wanted, account: Account, likeness: Likeness) -> float:
    """Of accounts with equal names, the one with the legal form that was said goes first."""
    if likeness.relation != "equal":
        return round(likeness.score)
    form = company_name(wanted.company).with_form
    return 101.0 if any(company_name(text).with_form == form for text in account.names) else 100.0


@lru_cache(maxsize=131_072)
def _hosts(account: Account) -> frozenset[str]:
    return frozenset(domain for text in account.domains if (domain := company_domain(text)))


@lru_cache(maxsize=131_072)
def _labels(account: Account) -> frozenset[str]:
    return frozenset(
        [*(label_of(host) for host in _hosts(account)), *(company_name(text).squashed for text in account.names)]
    )
