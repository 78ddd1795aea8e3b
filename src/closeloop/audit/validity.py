"""Can the values be used? One standard for every source, field by field, with reasons and examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from closeloop.audit.base import Base, Entry
from closeloop.audit.nouns import Doubt, FieldValidity
from closeloop.words.country import normalise_country
from closeloop.words.lists import list_versions
from closeloop.words.validity import judge

_EXAMPLES = 3

_FIELDS: Mapping[str, tuple[str, Callable[[Entry], str]]] = {
    "email": ("email", lambda entry: entry.given.email),
    "phone": ("phone", lambda entry: entry.given.phone),
    "name": ("name", lambda entry: entry.name),
    "company": ("company", lambda entry: entry.given.company),
    "title": ("title", lambda entry: entry.given.title),
    "country": ("country", lambda entry: entry.given.country),
}
"""Field → (its kind in words.validity, where it stands)."""


def definition() -> str:
    """The standard, with the editions of the lists that it stands on."""
    lists = "; ".join(f"{what}: {edition}" for what, edition in list_versions().items())
    return (
        "Invalid is what cannot be used for what the field is for, doubtful what can, but not for all of it: a role "
        f"mailbox can be written to, but is no person. Whether anybody reads there, no list can say. Lists: {lists}."
    )


def validity(base: Base) -> tuple[FieldValidity, ...]:
    """Every field that any record of a system says something in."""
    found = []
    for system in base.systems:
        entries = [base.entries[row] for row in base.of(system)]
        for field, (kind, read) in _FIELDS.items():
            if any(read(entry) for entry in entries):
                found.append(_judged(system, field, kind, read, entries))
    return tuple(found)


def _judged(system: str, field: str, kind: str, read: Callable[[Entry], str], entries: list[Entry]) -> FieldValidity:
    verdicts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    examples: dict[str, dict[str, None]] = {}
    for entry in entries:
        value = read(entry)
        if not value:
            verdicts["blank"] += 1
            continue
        judged = judge(kind, value, normalise_country(entry.given.country) if entry.given.country else None)
        verdicts[judged.verdict] += 1
        if judged.reason:
            said = f"{judged.verdict}: {judged.reason}"
            reasons[said] += 1
            shown = examples.setdefault(said, {})
            if len(shown) < _EXAMPLES:
                shown[value[:80]] = None
    doubts = tuple(Doubt(said, n, tuple(examples[said])) for said, n in reasons.most_common())
    return FieldValidity(
        system, field, verdicts["valid"], verdicts["doubtful"], verdicts["invalid"], verdicts["blank"], doubts
    )
