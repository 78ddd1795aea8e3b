"""What vendors would say, said to the hub without a vendor: answers to commands, and records as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from closeloop.inbox.answers import encode_answers
from closeloop.inbox.nouns import Click, Receipt
from closeloop.ports import Answer, Outcome, Record, Ref, Value
from closeloop.words import ids
from support.road import INTERESTED, Road, page_of

JOE = "joe@acme.example"
LEAD = "00Q5g0000000001EAA"
CONTACT = "0035g0000000001AAA"


def joe_is_a_lead(road: Road, **more: object) -> str:
    """Joe fills in a form and comes to the webinar; returns his lead's id."""
    road.act("form.submitted", "f1", email=JOE, campaign="spring-webinar", **(INTERESTED | more))
    road.act("webinar.attended", "w1", email=JOE, campaign="spring-webinar")
    road.decide()
    return str(road.one("SELECT id FROM leads"))


def answered(road: Road, key: str, ref: Ref | None = None, source: str = "crm", **more: object) -> None:
    """The vendor carried out a command."""
    answer = replace(Answer(key, Outcome.DONE, ref), **more)  # type: ignore[arg-type] # the names are those of Answer
    now = road.clock.now()
    road.hub.take_in([Receipt(ids.new(now), source, "answer", "live", now, {}, encode_answers([answer]))])
    road.decide()


def lead_record(road: Road, our_key: str | None = None, record_id: str = LEAD, **fields: Value) -> Record:
    """A Lead in the CRM as it stands."""
    return Record("Lead", record_id, "person", road.clock.now(), fields, our_key=our_key)


def told(road: Road, *records: Record) -> None:
    """The CRM is read."""
    road.hub.take_in([page_of(records, road.clock.now())])
    road.decide()


def clicked(road: Road, click: Click) -> tuple[str, str | None]:
    """Somebody chooses something on the console; returns what became of it, and why."""
    receipt = road.hub.click(click)
    road.decide()
    ((state, reason),) = road.rows("SELECT state, reason FROM messages WHERE receipt_id = :r", r=receipt.id)
    return str(state), None if reason is None else str(reason)


def commands(road: Road, verb: str, source: str | None = None) -> list[Mapping[str, object]]:
    """Commands that were planned, the oldest first."""
    rows = road.rows(
        "SELECT key, source, object, fields, state FROM commands WHERE verb = :v ORDER BY created_at, key", v=verb
    )
    names = ("key", "source", "object", "fields", "state")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return [each for each in found if source in (None, each["source"])]
