"""A merge of the hub is carried out in outside systems too: which two records there, and which of them survives."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from closeloop.outbox.nouns import Held, Link, Planned, Posted, Settlement, Shadow, ShadowKey, is_gone
from closeloop.outbox.sync import written_fields
from closeloop.ports import Command, Ref, Value, Verb
from closeloop.process.nouns import Process

LOSER = "loser"
"""The reference of a MERGE to the record that goes."""
ACCOUNT = "Account"
ACCOUNT_REF = "account"
"""The reference of a MERGE or a CONVERT to the account that its outcome is to belong to."""
PERSON = "person"
"""The reference of a CONVERT to the contact that the lead goes into."""


def plan_merges(
    held: Sequence[Held],
    links: Sequence[Link],
    shadows: Mapping[ShadowKey, Shadow],
    process: Process,
    message_id: str,
) -> list[Planned]:
    """Commands that make one of two records of one object, where two people were linked and each brought one along.

    The record of the oldest survives. Two records of one entity are no merge of the hub's and stay two, and so does one
    of which nothing was read yet.

    Args:
        held: the records of one person, those of the oldest entity first, and of one entity the oldest.
        links: between that person's entities, in the order in which they were made.
        shadows: what these records are known to hold.
    """
    planned = []
    for group in _groups(held, shadows):
        survivor = group[0]
        for loser in group[1:]:
            link = _joined_by(links, loser.entity_id, survivor.entity_id)
            if link is not None:
                kept = _kept(process, survivor, shadows[survivor.key], shadows[loser.key])
                planned.append(_planned(survivor, loser, link, kept, process, message_id))
    return planned


def lead_beside_contact(held: Sequence[Held], shadows: Mapping[ShadowKey, Shadow]) -> Iterator[tuple[Held, Held]]:
    """A lead and a contact that are one person now: none goes into the other, since that is a conversion."""
    living = [each for each in held if lives(shadows, each.key)]
    for contact in living:
        if contact.object == "Contact":
            for lead in living:
                if (lead.source, lead.object) == (contact.source, "Lead") and lead.entity_id != contact.entity_id:
                    yield lead, contact


def lives(shadows: Mapping[ShadowKey, Shadow], key: ShadowKey) -> bool:
    """Whether a record was read and is not gone."""
    return bool(shadows.get(key)) and not is_gone(shadows[key])


def loser_of(merge: Planned) -> ShadowKey:
    """The record that a MERGE lets go."""
    ref = merge.command.refs[LOSER]
    return merge.source, ref.object, ref.id


def survivor_of(merge: Planned) -> ShadowKey:
    """The record that a MERGE lets live."""
    ref = merge.command.ref
    if ref is None:
        raise ValueError(f"the merge {merge.command.key} names no survivor")
    return merge.source, ref.object, ref.id


def is_parted(posted: Posted, roots: Mapping[ShadowKey, str]) -> bool:
    """Whether the two records of a MERGE are two people's now; `roots` says whose each is."""
    loser = roots.get(loser_of(posted.planned))
    return loser is None or loser != roots.get(survivor_of(posted.planned))


def call_back(posted: Posted, now: datetime) -> Settlement:
    """A MERGE that must not be sent any more: nothing is left to do."""
    reason = "not sent any more: the hub's merge was undone"
    return Settlement(posted.planned.command.key, "done", now, None, reason, now, verified=False)


def is_carried_out(posted: Posted) -> bool:
    """Whether the vendor has merged the two."""
    return posted.state == "done" and posted.verified


def said_of_undoing(posted: Posted, *, carried_out: bool) -> str:
    """What a person who undoes a merge is to know of one outside."""
    source, name, loser = loser_of(posted.planned)
    survivor = survivor_of(posted.planned)[2]
    if carried_out:
        return (
            f"{source} has merged {name} {loser} into {survivor}: it is asked to restore {loser}, or to make it anew "
            f"where it cannot; what hung on it, and an account it brought, stay with {survivor}, and the two are not "
            "merged again from here"
        )
    return f"the merge of {name} {loser} into {survivor} is not sent to {source} any more"


def _groups(held: Sequence[Held], shadows: Mapping[ShadowKey, Shadow]) -> Collection[list[Held]]:
    """The living records by system and object."""
    groups: dict[tuple[str, str], list[Held]] = {}
    for each in held:
        if lives(shadows, each.key):
            groups.setdefault((each.source, each.object), []).append(each)
    return groups.values()


def _joined_by(links: Sequence[Link], one: str, other: str) -> Link | None:
    """The link that made one of two entities; None when they are the same one, or not linked."""
    if one == other:
        return None
    into: dict[str, str] = {}
    for link in links:
        survivor, loser = _top(into, link.survivor_id), _top(into, link.loser_id)
        if survivor != loser:
            into[loser] = survivor
        if _top(into, one) == _top(into, other):
            return link
    return None


def _top(into: Mapping[str, str], entity: str) -> str:
    while entity in into:
        entity = into[entity]
    return entity


def _kept(process: Process, survivor: Held, holds: Shadow, goes: Shadow) -> dict[str, Value]:
    """What only the loser holds, so that nothing is lost; an opt-out of either stays one."""
    kept: dict[str, Value] = {}
    for name, rule in written_fields(process, survivor.source, survivor.object):
        value = goes.get(name)
        blank = holds.get(name) in (None, "")
        if value not in (None, "") and (blank or (rule.any_true and value is True and holds.get(name) is not True)):
            kept[name] = value
    return kept


def _planned(
    survivor: Held, loser: Held, link: Link, kept: Mapping[str, Value], process: Process, message_id: str
) -> Planned:
    command = Command(
        f"merge:{link.id}:{loser.source}.{loser.object}:{loser.id}",
        Verb.MERGE,
        survivor.object,
        Ref(survivor.object, survivor.id),
        fields=kept,
        refs={LOSER: Ref(loser.object, loser.id)},
    )
    why = f"{process.signed} matching.merge_in: {link.why}"
    return Planned(survivor.source, command, why, message_id, survivor.root_id)
