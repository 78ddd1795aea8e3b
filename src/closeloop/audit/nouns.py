"""What an audit finds, as frozen values. `report.json` is exactly these, so a field's name is a promise.

Shares are fractions (0.15 for 15 %), or None where there is nothing to count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ColumnRead:
    """A column of a file: `meaning` is what its values are taken for, "" when they are not used; `why` says why so."""

    header: str
    meaning: str
    filled: float
    why: str


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file and how it was read. `holds` is people or accounts; `refused` counts lines that could not be read."""

    name: str
    system: str
    holds: str
    kind: str
    encoding: str
    delimiter: str
    header_line: int
    records: int
    refused: int
    columns: tuple[ColumnRead, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One record as a report shows it; `line` counts as an editor or a spreadsheet counts."""

    system: str
    file: str
    line: int
    id: str
    name: str
    email: str
    phone: str
    title: str
    company: str
    by: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records side by side: `weight` in bits, `probability` that they are one person, reasons in words."""

    left: Shown
    right: Shown
    weight: float
    probability: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """Share of records that repeat another one, as an estimate with its bounds.

    `sure` records repeat another beyond doubt. `asked` is how many open questions there are and `likely` how many of
    them will turn out to be repetitions; `missed` repetitions are estimated to look too different to be found.
    `people` is records less sure, likely and missed.
    """

    scope: str
    records: int
    sure: int
    asked: int
    likely: float
    missed: float
    people: float
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of repeating: each repeating record belongs to one kind, the first that fits in this order."""

    kind: str
    title: str
    meaning: str
    records: int
    share: float | None
    by_system: Mapping[str, int]
    examples: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Records that are one person; `reasons` say of each record but the first what ties it to the others."""

    records: tuple[Shown, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SizeCount:
    """How many people have exactly `size` records in `scope`."""

    scope: str
    size: int
    people: int


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address that several different people share; it is no evidence about a person."""

    address: str
    kind: str
    people: int
    records: int
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """Addresses of several people: a rule "same e-mail, same person" would merge `wrong_merges` records wrongly."""

    addresses: int
    records: int
    wrong_merges: int
    examples: tuple[Mailbox, ...]


@dataclass(frozen=True, slots=True)
class Maker:
    """Who or what made repeating records, by one column: user, source, month, system."""

    by: str
    value: str
    records: int
    repeats: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Holding:
    """How many people the first system knows `left` times and the second `right` times; 3 stands for three or more."""

    left: int
    right: int
    people: int


@dataclass(frozen=True, slots=True)
class Parity:
    """Two systems compared, person by person. `share` is the one figure: `agreeing` of `known_to_both`."""

    left: str
    right: str
    people: int
    only_left: int
    only_right: int
    known_to_both: int
    once_in_both: int
    agreeing: int
    share: float | None
    disagree: Mapping[str, int]
    holdings: tuple[Holding, ...]
    lopsided: tuple[Group, ...]
    companies: tuple[Holding, ...]
    lopsided_companies: tuple[CompanySpellings, ...]


@dataclass(frozen=True, slots=True)
class CompanySpellings:
    """One company and how each system writes it: system → spellings, the usual one first."""

    company: str
    domain: str
    records: int
    spellings: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Companies:
    """Companies by their domain and name: `spelled_several_ways` have more than one spelling somewhere."""

    companies: int
    spelled_several_ways: int
    spellings: int
    examples: tuple[CompanySpellings, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason against values, how many have it, and a few of them."""

    reason: str
    records: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldValidity:
    """One field in one system: the four counts add up to its records."""

    system: str
    field: str
    valid: int
    doubtful: int
    invalid: int
    blank: int
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class Break:
    """A column whose values change their nature at a line, as when two were swapped; `what` says where and how."""

    file: str
    header: str
    what: str


@dataclass(frozen=True, slots=True)
class LeadToAccount:
    """What leads already have in the CRM, by the matcher that routes leads; the four outcomes add up to `leads`.

    `leads` are people. `accounts` is how many there were to choose from, `accounts_from` says where they come from.
    """

    leads: int
    known_contacts: int
    at_known_accounts: int
    asked: int
    new: int
    accounts: int
    accounts_from: str
    examples: tuple[LeadMatch, ...]


@dataclass(frozen=True, slots=True)
class LeadMatch:
    """A lead and what it belongs to: `outcome` is contact, same or ask; `why` speaks of the account."""

    lead: Shown
    contact: Shown | None
    account: str
    outcome: str
    why: str


@dataclass(frozen=True, slots=True)
class Cleanup:
    """What a clean-up would do: make `merge_people` of `merge_records` by itself, ask `ask` questions, leave the rest.

    `ask_records` are in a question and not merged anyway; with those merged and left they are all records.
    `ask_expected` of the questions will turn out to be one person.
    """

    merge_records: int
    merge_people: int
    ask: int
    ask_records: int
    ask_expected: float
    leave: int
    examples: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """One figure of a usual report as it is counted by records and as it would be by people."""

    effect: str
    title: str
    formula: str
    scope: str
    by_records: float
    by_people: float
    change: float | None
    n_records: int
    n_people: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one audit found. `definitions` says how each headline figure is meant."""

    made_at: str
    bundle: str
    same_at: float
    ask_at: float
    files: tuple[FileRead, ...]
    systems: tuple[str, ...]
    rates: tuple[Rate, ...]
    kinds: tuple[Kind, ...]
    sizes: tuple[SizeCount, ...]
    largest: tuple[Group, ...]
    mailboxes: Mailboxes
    makers: tuple[Maker, ...]
    parities: tuple[Parity, ...]
    companies: Companies
    validity: tuple[FieldValidity, ...]
    breaks: tuple[Break, ...]
    leads: LeadToAccount | None
    cleanup: Cleanup
    effects: tuple[Effect, ...]
    definitions: Mapping[str, str] = field(default_factory=dict)
