"""For each person, under their lock, what follows for their leads; then packets, owners and what is verified."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from closeloop.identity import store as identity_store
from closeloop.inbox.nouns import Message
from closeloop.lifecycle import store as lifecycle_store
from closeloop.lifecycle.decide import decide as decide_for
from closeloop.lifecycle.decide import hand_out, hand_over
from closeloop.lifecycle.move import OPPORTUNITY
from closeloop.profile import store as profile_store
from closeloop.profile.nouns import Touch
from closeloop.record import store as record_store
from closeloop.record.nouns import Verification, Winners
from closeloop.steps.batch import Batch
from closeloop.steps.dossier import load_dossiers, packet_of, situation_of


def decide(batch: Batch) -> None:
    """lifecycle: for each person, under their lock, what follows for their leads."""
    by_person = _by_person(batch)
    standing = lifecycle_store.standing(
        batch.connection, [message.due for message in batch.messages if message.due is not None]
    )
    batch.dossiers = load_dossiers(batch.connection, by_person, batch.known.roots, batch.process, batch.now)
    for person_id, (messages, touches) in by_person.items():
        situation = situation_of(
            batch.dossiers[person_id], messages, touches, batch.news, batch.first_read, standing, batch.process
        )
        batch.drafts.append(decide_for(situation, batch.process, batch.now))
    _hand_over(batch)
    if any(draft.wants_owner for draft in batch.drafts):
        desk = lifecycle_store.load_desk(batch.connection)
        for draft in batch.drafts:
            hand_out(draft, desk)
        lifecycle_store.save_desk(batch.connection, desk)
    lifecycle_store.save(batch.connection, batch.drafts)
    _verify(batch)
    for draft in batch.drafts:
        batch.refused.update(draft.refused)


def _by_person(batch: Batch) -> dict[str, tuple[list[Message], list[Touch]]]:
    """Root → its messages and touches, in the order of ids so that everybody locks and counts alike."""
    found: dict[str, tuple[list[Message], list[Touch]]] = {}
    deals = {
        batch.who.subject[message.id]
        for message in batch.messages
        if (message.entity in ("opportunity", "role") or message.own) and message.id in batch.who.subject
    }
    persons = record_store.load_winners(batch.connection, sorted({batch.root(deal) for deal in deals})) if deals else {}
    pursuing = _pursuing(batch)
    touches: dict[str, list[Touch]] = {}
    for touch in batch.touches:
        touches.setdefault(touch.id, []).append(touch)
    for message in batch.messages:
        person = _person(batch, message, persons)
        owners = {*batch.parted.get(message.id, ()), *([person] if person is not None else [])}
        owners |= {batch.root(each) for each in pursuing.get(message.id, ())}
        owners |= {batch.root(touch.person_id) for touch in touches.get(message.id, ()) if touch.person_id is not None}
        for owner in owners:
            theirs = found.setdefault(owner, ([], []))
            theirs[0].append(message)
            theirs[1].extend(
                touch
                for touch in touches.get(message.id, ())
                if touch.person_id is not None and batch.root(touch.person_id) == owner
            )
    return dict(sorted(found.items()))


def _pursuing(batch: Batch) -> dict[str, list[str]]:
    """Message about a deal → the people whose leads it shows: the deal itself names one person only."""
    deals = {
        message.id: message.record.id
        for message in batch.messages
        if message.record is not None and message.source == batch.process.gate.to
        if message.record.object == OPPORTUNITY
    }
    people = lifecycle_store.people_shown(batch.connection, OPPORTUNITY, deals.values()) if deals else {}
    new = {person for shown in people.values() for person in shown} - batch.known.roots.keys()
    if new:
        batch.known.roots.update(identity_store.lock(batch.connection, sorted(new)))
    return {message_id: people[deal] for message_id, deal in deals.items() if deal in people}


def _person(batch: Batch, message: Message, deals: Mapping[str, Winners]) -> str | None:
    kind = message.entity
    subject = batch.who.subject.get(message.id)
    if kind in ("person", "task", "activity"):
        return batch.root(subject) if subject is not None else None
    of_person = kind in ("opportunity", "role") or (message.own and "person" in batch.process.records[message.own].of)
    if of_person and subject is not None:
        related = batch.who.relations.get(message.id, {}).get("person")
        winner = deals.get(batch.root(subject), {}).get("person")
        person = related or (str(winner.value) if winner else None)
        return batch.root(person) if person is not None else None
    return None


def _hand_over(batch: Batch) -> None:
    wanting = [draft for draft in batch.drafts if draft.wants_packet]
    if not wanting:
        return
    history = profile_store.load_touches(batch.connection, [draft.situation.person_id for draft in wanting], 200)
    for draft in wanting:
        touches, person = history.get(draft.situation.person_id, []), batch.dossiers[draft.situation.person_id]
        hand_over(draft, touches, partial(packet_of, person, touches, batch.process))


def _verify(batch: Batch) -> None:
    rows = []
    for draft in batch.drafts:
        winners = batch.dossiers[draft.situation.person_id].winners
        for field, by, message_id in draft.confirmed:
            if field in winners:
                value = winners[field].value
                rows.append(Verification(draft.situation.person_id, field, value, batch.now, by, message_id))
    record_store.save_verifications(batch.connection, rows)
