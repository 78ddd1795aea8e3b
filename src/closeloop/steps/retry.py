"""A refused command that somebody tries again: its person is looked at anew, by the process in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from closeloop.identity import store as identity_store
from closeloop.lifecycle.nouns import Packet
from closeloop.lifecycle.situation import Draft
from closeloop.outbox import store as outbox_store
from closeloop.outbox.again import Again, decide_again, is_decided_anew, is_owned_already
from closeloop.outbox.compile import compile_again
from closeloop.outbox.nouns import Known, Planned, Posted
from closeloop.outbox.stale import NOT_NOW
from closeloop.ports import Verb
from closeloop.record import store as record_store
from closeloop.record.reread import reread
from closeloop.steps.batch import Batch
from closeloop.steps.settle import settle


def retry(batch: Batch) -> None:
    """outbox: a refused command is tried again; what is known of its person is read anew, and decided upon."""
    asked = {each.id: each.click.subject for each in batch.messages if each.click and each.click.verb == "retry"}
    if not asked:
        return
    found = outbox_store.load(batch.connection, asked.values())
    batch.retried = {key: posted for key, posted in found.items() if posted.state == "dead"}
    people = {
        id_: posted.planned.person_id or ""
        for id_, key in asked.items()
        if (posted := batch.retried.get(key)) is not None and is_decided_anew(posted)
    }
    locked = identity_store.lock(batch.connection, sorted(set(people.values()))) if people else {}
    batch.known.roots.update(locked)
    kinds = identity_store.kinds(batch.connection, locked) if locked else {}
    for id_, person in people.items():
        if person in locked:  # nobody is there any more who was erased meanwhile
            concerned = batch.retried_companies if kinds[person] == "account" else batch.parted
            concerned[id_] = (*concerned.get(id_, ()), locked[person])
    _read_anew(batch, sorted({locked[person] for person in people.values() if person in locked}))


def revive(batch: Batch) -> None:
    """What is not decided anew is tried again as it was."""
    as_it_was = [key for key, posted in batch.retried.items() if not is_decided_anew(posted)]
    if as_it_was:
        outbox_store.revive(batch.connection, as_it_was, batch.now)


def anew(
    batch: Batch,
    draft: Draft,
    known: Known,
    undone: Sequence[Posted],
    decided: Sequence[Planned],
    packets: Mapping[str, Packet],
) -> tuple[list[Planned], Again]:
    """What this person's refused commands say now, to be sent in their place.

    Args:
        undone: what waits for the person, is on its way or was refused.
        decided: what their fields and records outside need now, and nothing that waits brings.
        packets: lead id → what is handed over with it, for the leads of `leads_shown_again` at least.

    Returns:
        Those decided that no refused command carries, and what becomes of the refused ones.
    """
    retried = [
        each
        for each in undone
        if each.state == "dead" and is_decided_anew(each)  # another process may have decided it before
        if each.planned.command.key in batch.retried or each.is_set_aside
    ]
    if not retried:
        return list(decided), Again()
    of_leads = [_of_lead(batch, draft, known, each, packets) for each in retried if each.planned.lead_id is not None]
    return decide_again(retried, [*decided, *(each for each in of_leads if each is not None)], known)


def send_again(batch: Batch, again: Again) -> None:
    """Keep what became of the refused commands of everybody in the batch."""
    outbox_store.renew(batch.connection, again.renewed, batch.now)
    outbox_store.end(batch.connection, again.ended, batch.now)
    outbox_store.set_aside(batch.connection, {each.command.key for each in again.aside})
    _tell(batch, again)


def leads_shown_again(batch: Batch, undone: Iterable[Posted]) -> list[str]:
    """The leads whose handover was refused and is tried again, now or when nothing called for it."""
    asked = [*batch.retried.values(), *(each for each in undone if each.is_set_aside)]
    retried = [posted.planned for posted in asked if posted.planned.command.verb is Verb.CREATE]
    return sorted({planned.lead_id for planned in retried if planned.lead_id is not None})


def _of_lead(batch: Batch, draft: Draft, known: Known, posted: Posted, packets: Mapping[str, Packet]) -> Planned | None:
    lead = draft.leads.get(posted.planned.lead_id or "")
    if lead is None or not lead.is_open:
        return None
    planned = compile_again(posted, lead, known, draft.shown, packets, batch.process, draft.situation.cause)
    is_update = planned.command.verb is Verb.UPDATE
    return None if is_update and is_owned_already(planned, known) else planned


def _tell(batch: Batch, again: Again) -> None:
    keys = {each.command.key for each in again.renewed}
    aside = {each.command.key for each in again.aside}
    for message in batch.messages:
        if message.click is None or message.click.verb != "retry":
            continue
        if message.click.subject in keys:
            batch.notes[message.id] = "sent again, as it is decided now"
        elif message.click.subject in again.ended:
            batch.notes[message.id] = again.ended[message.click.subject]
        elif message.click.subject in aside:
            batch.notes[message.id] = f"{NOT_NOW}; it stays among the rejects, and goes out once it is called for"


def _read_anew(batch: Batch, people: Sequence[str]) -> None:
    """Their values and those of their companies, in the form that the process has now."""
    winners = record_store.load_winners(batch.connection, people) if people else {}
    accounts = {str(theirs["account"].value) for theirs in winners.values() if "account" in theirs}
    roots = {*people, *identity_store.roots_of(batch.connection, sorted(accounts)).values()} if people else set()
    if not roots:
        return
    identity_store.lock(batch.connection, sorted(roots))
    kinds = identity_store.kinds(batch.connection, roots)
    changed = reread(kinds, record_store.load_values(batch.connection, sorted(roots)), batch.process)
    record_store.replace_values(batch.connection, changed)
    settle(batch, roots)
