"""Who was put together over the systems, and why: what a plan tells of links, for which nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

MOST_LINKED = 2_000
"""So many links stand in a plan; how many there are in all stands beside them."""
HOLDS = (
    "These hold in the hub already, and nothing is written for them: what a system is to do about them is among the "
    "lines. One with an id is parted again by `closeloop unlink ID --by NAME`, or on the page Merges."
)
_USER = ".user"


@dataclass(frozen=True, slots=True)
class Linked:
    """Records that are taken for one person's, or one company's.

    Attributes:
        id: of the link, by which it is parted again; "" where a key in common says it: there is nothing to part.
        kind: "person" or "account".
        one, other: what each was known as: its name, its records ("crm Contact 003…"), its other keys.
        why: the rule, or the person, that says so.
        evidence: what else the weight is made of, in bits; "" where `why` says all of it, or a key did.
        entity_ids: whose they are.
    """

    id: str
    kind: str
    one: str
    other: str
    why: str
    evidence: str
    entity_ids: tuple[str, ...]


def by_link(
    link_id: str, kind: str, entity_ids: tuple[str, ...], why: str, evidence: str | None, snapshot: str | None
) -> Linked:
    """A link between two that were apart before.

    Args:
        evidence, snapshot: JSON, as identity keeps them: what was weighed, and both as they stood before.
    """
    stood = msgspec.json.decode(snapshot, type=dict[str, _Stood]) if snapshot else {}
    weighed = msgspec.json.decode(evidence, type=list[_Weighed]) if evidence else []
    one, other = (_known_as(stood.get(side, _Stood()), kind) for side in ("survivor", "loser"))
    return Linked(
        link_id, kind, one or entity_ids[0], other or entity_ids[1], why,
        ", ".join(each for each in map(str, weighed) if each not in why), entity_ids,
    )  # fmt: skip


def by_key(entity_ids: tuple[str, ...], keys: Sequence[tuple[str, str]], name: str) -> Linked:
    """Records that came to be one person's by a key that they have in common.

    Args:
        keys: kind and value of all that the person holds, the oldest first.
        name: what the person is called, "" when nobody knows.
    """
    records = [_key(each) for each in keys if is_record(each[0])]
    shared = [_key(each) for each in keys if not is_record(each[0])]
    why = f"both have {' or '.join(shared)}" if shared else "one of the records names the other"
    return Linked("", "person", _joined(name, records[:1]), ", ".join(records[1:]), why, "", entity_ids)


def is_record(kind: str) -> bool:
    """Whether a key of this kind is a record of a system: "crm.Contact", but not "form.user"."""
    return "." in kind and not kind.endswith(_USER)


class _Weighed(msgspec.Struct):
    comparison: str
    level: str
    weight: float

    def __str__(self) -> str:
        return f"{self.comparison} {self.level} {self.weight:+.1f}"


class _Won(msgspec.Struct):
    value: object = None


class _Stood(msgspec.Struct):
    keys: list[tuple[str, str]] = []
    winners: Mapping[str, _Won] = {}


def _known_as(stood: _Stood, kind: str) -> str:
    won = stood.winners.get("company" if kind == "account" else "name")
    return _joined(str(won.value) if won and won.value else "", map(_key, stood.keys))


def _joined(name: str, keys: Iterable[str]) -> str:
    said = ", ".join(keys)
    return f"{name}: {said}" if name and said else name or said


def _key(key: tuple[str, str]) -> str:
    return f"{key[0].replace('.', ' ')} {key[1]}"
