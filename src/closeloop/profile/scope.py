"""What conditions see of a touch and of a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from closeloop.process.nouns import Process
from closeloop.profile.nouns import Touch
from closeloop.profile.touches import page_path
from closeloop.record.nouns import Confirmation, Stored, Winners
from closeloop.record.typed import typed
from closeloop.rules import Scope


class TouchScope:
    """One touch: its own names first, then those of its person, if given."""

    __slots__ = ("_person", "_touch")

    def __init__(self, touch: Touch, person: Scope | None = None) -> None:
        self._touch = touch
        self._person = person

    @property
    def now(self) -> datetime:
        """The moment of the decision about the person, or without one that of the touch."""
        return self._person.now if self._person else self._touch.at

    def get(self, name: str) -> object | None:
        """A name of the touch vocabulary; any other is asked of the person."""
        match name:
            case "topic" | "depth" | "campaign" | "source" | "product":
                value: object | None = getattr(self._touch, name)
                return value
            case "url":
                return page_path(self._touch.url) if self._touch.url else None
            case _:
                return self._person.get(name) if self._person else None

    def related(self, entity: str) -> Sequence[Mapping[str, object]]:
        """The person's related records."""
        return self._person.related(entity) if self._person else ()

    def verified(self, name: str) -> bool:
        """Whether the person's value was confirmed."""
        return self._person is not None and self._person.verified(name)


@dataclass(frozen=True, slots=True)
class PersonScope:
    """One person, perhaps as the lead for one product in one region.

    Attributes:
        now: the moment of the decision, UTC.
        names: values by name, as conditions compare them; what the person's fields leave open is the account's.
        records: entity → its related records, each name → value.
        confirmed: fields whose present value somebody confirmed, with the moment when they last did.
    """

    now: datetime
    names: Mapping[str, object]
    records: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    confirmed: Mapping[str, datetime] = field(default_factory=dict)

    def get(self, name: str) -> object | None:
        """The value of a name, None when it is missing."""
        return self.names.get(name)

    def related(self, entity: str) -> Sequence[Mapping[str, object]]:
        """The related records of an entity."""
        return self.records.get(entity, ())

    def verified(self, name: str) -> bool:
        """Whether the value that the field has now was confirmed."""
        return name in self.confirmed

    def with_names(self, **names: object) -> PersonScope:
        """The same person with more names known, such as product, region, fit and interest."""
        return PersonScope(self.now, {**self.names, **names}, self.records, self.confirmed)


def person_scope(
    now: datetime,
    process: Process,
    person: Winners,
    account: Winners | None = None,
    *,
    related: Mapping[str, Collection[Winners]] | None = None,
    verified: Mapping[str, Collection[Confirmation]] | None = None,
    happened: Collection[str] = (),
    **names: object,
) -> PersonScope:
    """Put together what is known of a person.

    Args:
        now: the moment of the decision, UTC.
        process: the process in force.
        person: the person's winners.
        account: those of the account they belong to.
        related: entity → winners of each record that is theirs: "opportunity", "purchase" …
        verified: field → values that were ever confirmed; a field counts while its winner is one of them.
        happened: kinds of touches that happened since the moment that the condition is about.
        names: "product", "region", "fit", "interest", "source" … of the lead at hand; None is missing.
    """
    known = {**typed(account or {}, "account", process), **typed(person, "person", process), **names}
    known.update(dict.fromkeys(happened, True))
    records = {
        entity: [typed(winners, entity, process) for winners in held]
        for entity, held in (related or {}).items()
        if held
    }
    confirmed = {
        name: max(each.at for each in found)
        for name, values in (verified or {}).items()
        if name in person and (found := [each for each in values if _same(person[name].value, each.value)])
    }
    return PersonScope(now, known, records, confirmed)


def _same(left: Stored, right: Stored) -> bool:
    return type(left) is type(right) and left == right
