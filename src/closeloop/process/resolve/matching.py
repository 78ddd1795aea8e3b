"""Matching: the systems in which a merge is carried out too, and what chooses among accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.matching.companies_ties import tie_breakers
from closeloop.process.document import At
from closeloop.process.nouns import Matching
from closeloop.process.resolve.agreement import Agreement
from closeloop.process.sources import SourceDecl
from closeloop.words.errors import BadInput

CAN_MERGE = ("salesforce", "tryton", "marketo")
"""Kinds of systems in which two records of a person can be made one."""
CAN_CONVERT = ("salesforce",)
"""Kinds of systems that convert leads."""
FACTS_OF_ACCOUNTS = ("people", "records", "created")
"""What "most" and "least" may ask: people who belong to it, records that systems have of it, when it came to be."""


def resolve_matching(agreement: Agreement, sources: Mapping[str, SourceDecl]) -> Matching:
    """What follows outside from a merge, and what chooses among accounts."""
    part = agreement.part.matching
    able = {name: source for name, source in sources.items() if source.kind in CAN_MERGE}
    for index, name in enumerate(part.merge_in):
        at: At = ("matching", "merge_in", index)
        if name in part.merge_in[:index]:
            agreement.faults.add(at, f"'{name}' stands there twice; valid is once")
        elif name in sources and name not in able:
            kind, valid = sources[name].kind, ", ".join(sorted(able)) or "none"
            agreement.faults.add(at, f"'{name}' is {kind}, in which records cannot be merged; valid: {valid}")
        else:
            agreement.known(at, "system", name, able)
    convert_in = tuple(name for name in part.merge_in if name in able and able[name].kind in CAN_CONVERT)
    if part.convert and not convert_in:
        valid = ", ".join(CAN_CONVERT)
        agreement.faults.add(("matching", "convert"), f"no system of `merge_in` converts leads; valid kinds: {valid}")
    for index, name in enumerate(part.account_ties):
        _check_tie(agreement, ("matching", "account_ties", index), name, part.account_ties[:index])
    return Matching(
        tuple(part.merge_in),
        tuple(part.account_ties),
        convert_in if part.convert else (),
        convert_in if part.convert == "accounts" else (),
    )


def _check_tie(agreement: Agreement, at: At, name: str, before: Sequence[str]) -> None:
    try:
        (breaker,) = tie_breakers([name])
    except BadInput as error:
        agreement.faults.add(at, str(error))
        return
    if name in before:
        agreement.faults.add(at, f"'{name}' stands there twice; valid is once")
    elif breaker.fact and breaker.fact not in FACTS_OF_ACCOUNTS:
        agreement.faults.unknown(at, "fact of an account", breaker.fact, FACTS_OF_ACCOUNTS)
