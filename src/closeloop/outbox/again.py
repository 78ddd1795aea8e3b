"""A refused command that somebody tries again is decided anew: it says what is right now, or is not needed any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from closeloop.outbox.nouns import Known, Planned, Posted
from closeloop.outbox.stale import NOT_NEEDED, is_of_fields
from closeloop.ports import Verb


@dataclass(slots=True)
class Again:
    """What becomes of refused commands.

    Attributes:
        renewed: those that go out once more, under the key that they had, as they are decided now.
        ended: key → why it is not sent again.
        aside: creates that nothing calls for now: they stay refused, and go out once something calls for them.
    """

    renewed: list[Planned] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)
    aside: list[Planned] = field(default_factory=list)

    def add(self, other: Again) -> None:
        """What becomes of those of somebody else as well."""
        self.renewed += other.renewed
        self.ended |= other.ended
        self.aside += other.aside

    @property
    def unmade(self) -> set[str]:
        """Keys of those whose record nothing has to wait for any more; a name may be called for at any time."""
        return {*self.ended, *(each.command.key for each in self.aside if each.lead_id is not None)}


def is_decided_anew(posted: Posted) -> bool:
    """Whether what a command says is decided again: a person's fields, and what a lead is in the CRM.

    Everything else goes out as it is.
    """
    command = posted.planned.command
    if posted.planned.person_id is None or command.verb not in (Verb.CREATE, Verb.UPDATE):
        return False
    return posted.planned.lead_id is None or command.verb is Verb.CREATE or "owner" in command.refs


def decide_again(retried: Sequence[Posted], decided: Sequence[Planned], known: Known) -> tuple[list[Planned], Again]:
    """Let each of these say what is decided for its record now.

    Args:
        retried: of one person, none sent or waiting.
        decided: what is right now, and neither waits nor is under way.

    Returns:
        Those decided that none of the retried is about, and what becomes of the retried.
    """
    left, again = list(decided), Again()
    for posted in retried:
        key = posted.planned.command.key
        now = next((each for each in left if _is_same(posted.planned, each)), None)
        if now is None and _may_be_called_for(posted.planned, known):
            again.aside.append(posted.planned)
        elif now is None:
            again.ended[key] = f"{NOT_NEEDED}: nothing differs any more, or something else that is sent brings it there"
        else:
            left.remove(now)
            again.renewed.append(replace(now, command=replace(now.command, key=key)))
    return left, again


def not_blocked(undone: Sequence[Posted], retried: Mapping[str, Posted]) -> Sequence[Posted]:
    """What waits and what was refused, without refusals of the records that are tried again."""
    if not retried:
        return undone
    records = {
        (each.planned.source, each.planned.command.ref) for each in retried.values() if is_of_fields(each.planned)
    }
    return [
        each
        for each in undone
        if each.state != "dead" or (each.planned.source, each.planned.command.ref) not in records
    ]


def is_owned_already(planned: Planned, known: Known) -> bool:
    """Whether nobody need be told of the owner: the record has this one, or the command names none."""
    ref, owner = planned.command.ref, planned.command.refs.get("owner")
    held = known.shadows.get((planned.source, ref.object, ref.id), {}) if ref is not None else {}
    return owner is None or held.get("_owner") == owner.id


def _may_be_called_for(planned: Planned, known: Known) -> bool:
    """Whether a create can be asked for later, which is under the same key: a lead comes back, custody changes."""
    return planned.command.verb is Verb.CREATE and (planned.lead_id is not None or not known.records(planned.source))


def _is_same(old: Planned, new: Planned) -> bool:
    if old.command.verb is Verb.CREATE:
        return new.command.key == old.command.key
    of_old, of_new = ((each.source, each.lead_id, each.command.verb, each.command.ref) for each in (old, new))
    return of_old == of_new
