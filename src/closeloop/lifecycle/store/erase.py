"""One person's leads as counts: stages, moments, owners and amounts stay, what was said of the person does not."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from closeloop.db import among
from closeloop.identity.erasure import ERASED
from closeloop.lifecycle.nouns import ShownAs
from closeloop.lifecycle.store import clocks, lead_events, leads, load_shown, packets, shown, verdicts


def lead_ids(connection: Connection, family: Sequence[str]) -> list[str]:
    """The leads that were ever opened for the person."""
    return list(connection.execute(select(leads.c.id).where(among(leads.c.person_id, family))).scalars())


def shown_of(connection: Connection, family: Sequence[str]) -> list[ShownAs]:
    """What the person's leads are in the CRM."""
    found = load_shown(connection, lead_ids(connection, family))
    return [each for of_lead in found.values() for each in of_lead]


def forget(connection: Connection, family: Sequence[str]) -> None:
    """Take away packets, verdicts, clocks and words; a lead that was open waits for nobody any more."""
    theirs = lead_ids(connection, family)
    for each in (packets, clocks):
        connection.execute(delete(each).where(among(each.c.lead_id, theirs)))
    connection.execute(delete(verdicts).where(among(verdicts.c.person_id, family)))
    connection.execute(update(shown).where(among(shown.c.lead_id, theirs)).values(record_id=None))
    words = {"why": "", "message_id": ERASED}
    connection.execute(update(lead_events).where(among(lead_events.c.lead_id, theirs)).values(words))
    of_theirs = update(leads).where(among(leads.c.id, theirs))
    connection.execute(of_theirs.values(touch_id=None))
    waits = leads.c.status.in_(("open", "nurturing"))
    ended = {"status": "sent_back", "reason": ERASED, "respond_by": None, "programme": None}
    connection.execute(of_theirs.where(waits).values(ended))


def unname_causes(connection: Connection, message_ids: Sequence[str]) -> None:
    """Verdicts of others that these messages brought about stay, but not the names of the messages."""
    statement = update(verdicts).where(among(verdicts.c.message_id, message_ids))
    connection.execute(statement.values(message_id=ERASED))
