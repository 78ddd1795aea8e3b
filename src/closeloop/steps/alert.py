"""Sellers hear of what concerns their deals and leads, once."""

from __future__ import annotations

from closeloop.alerts import store as alerts_store
from closeloop.alerts.tell import tell
from closeloop.outbox.nouns import MAIL, Planned
from closeloop.ports import Command, Verb
from closeloop.steps.batch import Batch


def alert(batch: Batch) -> None:
    """alerts: sellers hear of what concerns their deals and leads, once."""
    if not batch.process.alerts:
        return
    found = []
    for draft in batch.drafts:
        if not draft.leads and not draft.situation.deals:
            continue  # only owners of leads and deals hear
        person = batch.dossiers[draft.situation.person_id]
        for touch in draft.situation.touches:
            scope = draft.situation.asks(
                touch.product or (batch.process.products[0] if len(batch.process.products) == 1 else "")
            )
            found += tell(
                person.id,
                person.called,
                [touch],
                scope,
                list(draft.leads.values()),
                draft.situation.deals,
                batch.process,
                batch.now,
            )
    for alert in alerts_store.save_new(batch.connection, found, batch.process.signed) if found else ():
        fields = {"to": alert.member.email, "subject": alert.subject, "text": alert.text}
        batch.planned.append(
            Planned(
                MAIL,
                Command(f"alert:{alert.id}", Verb.MAIL, "message", fields=fields),
                alert.why,
                alert.touch_id,
                alert.person_id,
            )
        )
