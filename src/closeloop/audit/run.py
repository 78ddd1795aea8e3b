"""One audit from files to report: read, match, count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from closeloop.audit import validity
from closeloop.audit.base import Base
from closeloop.audit.cleanup import cleanup, largest
from closeloop.audit.companies import Houses, companies
from closeloop.audit.effects import effects
from closeloop.audit.kinds import kinds
from closeloop.audit.leads import leads
from closeloop.audit.mailboxes import mailboxes
from closeloop.audit.makers import makers
from closeloop.audit.match import match
from closeloop.audit.nouns import Report
from closeloop.audit.parity import DEFINITION as PARITY
from closeloop.audit.parity import parities
from closeloop.audit.rates import rates, sizes
from closeloop.audit.read import Loaded, Named, load
from closeloop.matching.bundle import Bundle
from closeloop.words.errors import BadInput


@dataclass(frozen=True, slots=True)
class Audit:
    """What one audit made: the report, and the base that the list of groups is written from."""

    report: Report
    base: Base


def audit(
    files: Sequence[Named],
    bundle: Bundle,
    now: datetime,
    on_progress: Callable[[str], None] = lambda _said: None,
    on_rows: Callable[[int], None] = lambda _n: None,
) -> Audit:
    """Read exports and find everything.

    Args:
        files: one export or several; those of one system count together.
        bundle: decides who is who.
        now: when the audit is made; nothing else depends on it.
        on_progress: told what begins.
        on_rows: told how many more rows were read.

    Raises:
        BadInput: no file, a file that cannot be read or used, or only files of companies.
    """
    n_called = Counter(named.path.name for named in files)
    loaded = []
    for named in files:
        on_progress(f"reading {named.path.name}")
        called = named.path.name if n_called[named.path.name] == 1 else str(named.path)
        loaded.append(load(replace(named, called=named.called or called), on_rows))
    return find(loaded, bundle, now, on_progress)


def find(
    loaded: Sequence[Loaded], bundle: Bundle, now: datetime, on_progress: Callable[[str], None] = lambda _said: None
) -> Audit:
    """Find everything in files that were read.

    Raises:
        BadInput: none of them holds people.
    """
    entries = [entry for each in loaded if each.told.holds != "accounts" for entry in each.entries]
    accounts = [entry for each in loaded if each.told.holds == "accounts" for entry in each.entries]
    if not entries:
        raise BadInput("no file with people was named: an audit needs at least one export of leads, contacts or people")
    on_progress(f"matching {len(entries):,} records")
    base = Base(entries, match(entries, bundle))
    on_progress("counting")
    houses = Houses(base)
    report = Report(
        now.astimezone(UTC).isoformat(timespec="seconds"), base.matched.bundle, base.matched.same_at,
        base.matched.ask_at, tuple(each.told for each in loaded), base.systems, rates(base), kinds(base), sizes(base),
        largest(base), mailboxes(base), makers(base), parities(base, houses), companies(houses),
        validity.validity(base), tuple(found for each in loaded for found in each.breaks),
        leads(base, houses, [each.told for each in loaded], accounts), cleanup(base), effects(base), definitions(),
    )  # fmt: skip
    return Audit(report, base)


def definitions() -> Mapping[str, str]:
    """How each headline figure is meant."""
    return {
        "duplicate_rate": (
            "Records that repeat another record of the same person in the same system, of all its records: "
            "1 − people ÷ records. What is merged beyond doubt counts one, an open question its probability, half at "
            "most where a guard speaks. What looks too different to be found is estimated by capture and recapture, "
            "from the pairs found by an address or number and those found without. The bounds are two standard "
            "deviations of the answers, and nothing missed or twice as much."
        ),
        "people": (
            "Records less expected repetitions. Two records are one person by the weight of all evidence, not by a key."
        ),
        "parity": PARITY,
        "email_rule": (
            "Duplicates that are exact copies or share one mailbox in all its spellings: what a CRM's own rule finds."
        ),
        "validity": validity.definition(),
        "company": (
            "Records with one company domain (no free mail) or one name without its legal form. A name that resembles "
            "no other at its domain is another company: somebody who moved."
        ),
    }
