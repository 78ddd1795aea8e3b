"""The outbox hears what vendors answered; answers, clocks and clicks are then about the person they concern."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from closeloop.inbox.nouns import Key, Message
from closeloop.lifecycle import store as lifecycle_store
from closeloop.lifecycle.move import OPPORTUNITY
from closeloop.lifecycle.nouns import ShownAs
from closeloop.outbox import store as outbox_store
from closeloop.outbox.echo import merged, restored, written
from closeloop.outbox.merge import loser_of
from closeloop.outbox.nouns import ShadowKey
from closeloop.outbox.settle import settle as settle_command
from closeloop.ports import Command, Outcome, Ref, Verb
from closeloop.process.vocabulary import COMPANY_OBJECTS
from closeloop.steps.batch import Batch

_WRITING = (Verb.CREATE, Verb.UPDATE, Verb.MERGE, Verb.RESTORE)
"""After these the hub knows what the record holds."""


def settle_answers(batch: Batch) -> None:
    """outbox: what vendors answered settles its command, and names the record that was made."""
    answers = {message.answer.key: message.answer for message in batch.messages if message.answer is not None}
    if not answers:
        return
    batch.posted = outbox_store.load(batch.connection, answers)
    settlements = [settle_command(posted, answers[key], batch.now) for key, posted in batch.posted.items()]
    settled = {each.key for each in settlements if each is not None}
    outbox_store.settle(batch.connection, [each for each in settlements if each is not None])
    commands: list[tuple[ShadowKey, Command]] = []
    gone: dict[ShadowKey, tuple[Ref, ...]] = {}
    made = {}
    deals: list[tuple[str | None, str]] = []
    for key in [key for key in batch.posted if key in settled]:  # in the order in which they were sent
        answer, planned = answers[key], batch.posted[key].planned
        command, ref = planned.command, answer.ref or planned.command.ref
        done = answer.outcome is Outcome.DONE
        if done and command.verb is Verb.CONVERT and command.ref is not None and answer.became:
            gone[planned.source, command.ref.object, command.ref.id] = answer.became
            deals += [(planned.lead_id, ref.id) for ref in answer.became if ref.object == OPPORTUNITY]
        if done and ref is not None and command.verb in _WRITING:
            commands.append(((planned.source, ref.object, ref.id), command))
            if command.verb is Verb.MERGE:
                gone[loser_of(batch.posted[key].planned)] = (ref,)
            if command.verb is Verb.RESTORE and command.ref not in (None, ref):
                gone[planned.source, command.ref.object, command.ref.id] = (ref,)  # made anew: the old id leads there
            if command.verb is Verb.CREATE and command.our_key is not None and planned.source == batch.process.gate.to:
                made[command.our_key, ref.object] = ref.id
    shadows = dict(outbox_store.load_shadows(batch.connection, [*gone, *(record for record, _ in commands)]))
    for record, command in commands:
        shadows[record] = (restored if command.verb is Verb.RESTORE else written)(shadows.get(record), command)
    shadows |= {record: merged(shadows.get(record), *became) for record, became in gone.items()}
    outbox_store.save_shadows(batch.connection, shadows)
    leads = lifecycle_store.leads_shown(batch.connection, {our_key for our_key, _ in made})
    lifecycle_store.save_shown(
        batch.connection,
        [
            ShownAs(lead_id, name, our_key, id_)
            for (our_key, name), id_ in made.items()
            for lead_id, shown_as in leads.get(our_key, ())
            if shown_as == name
        ]
        + [ShownAs(lead_id, OPPORTUNITY, lead_id, id_) for lead_id, id_ in deals if lead_id is not None],
    )


def recognise(batch: Batch) -> None:
    """Answers, clocks and clicks are about the person of their command or lead."""
    lead_ids = {message.due.lead_id for message in batch.messages if message.due is not None}
    lead_ids |= {
        message.click.subject
        for message in batch.messages
        if message.click is not None and message.click.verb == "outcome"
    }
    persons = lifecycle_store.persons_of_leads(batch.connection, lead_ids) if lead_ids else {}
    for message in batch.messages:
        if message.click is not None and message.click.verb == "outcome" and message.click.subject not in persons:
            batch.refused[message.id] = f"no lead is known as {message.click.subject!r}; `closeloop why` finds leads"
    batch.messages = [_recognised(batch, message, persons) for message in batch.messages]


def _recognised(batch: Batch, message: Message, persons: Mapping[str, str]) -> Message:
    if message.answer is not None:
        posted = batch.posted.get(message.answer.key)
        if posted is None or posted.planned.person_id is None or posted.planned.command.object in COMPANY_OBJECTS:
            return message
        keys = [Key("closeloop", posted.planned.person_id)]
        command, answer = posted.planned.command, message.answer
        if (
            answer.outcome is Outcome.DONE
            and command.verb in (Verb.CREATE, Verb.RESTORE)
            and answer.ref is not None
            and command.our_key == posted.planned.person_id
        ):
            keys.append(Key(f"{posted.planned.source}.{answer.ref.object}", answer.ref.id))
        if answer.became:
            keys.append(Key(f"{posted.planned.source}.{answer.became[0].object}", answer.became[0].id))
        return replace(message, keys=tuple(keys))
    lead_id = (
        message.due.lead_id if message.due is not None else message.click.subject if message.click is not None else None
    )
    person_id = persons.get(lead_id) if lead_id is not None else None
    return message if person_id is None else replace(message, keys=(Key("closeloop", person_id),))
