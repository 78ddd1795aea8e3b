"""A small business in the tables, for tests that look in from the side: Joe of Acme and others, September 2026."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, Text, insert

from closeloop.db import Database, metadata
from closeloop.process.nouns import Milestone, Move, OutcomeRule, Process, Region, Respond, SendBack, Stage
from closeloop.words.moment import to_us
from closeloop.words.worktime import WorkCalendar, parse_hours
from support.small_process import small_process

NOW = datetime(2026, 9, 2, 11, 0, tzinfo=UTC)
JOE, JOSEPH, ANA, BEN, KIM = (f"0199e000-0000-7000-8000-00000000000{n}" for n in range(1, 6))
ACME = "0199e000-0000-7000-8000-00000000000a"
LEAD_JOE, LEAD_ANA, LEAD_BEN, LEAD_KIM = (f"0199e100-0000-7000-8000-00000000000{n}" for n in range(1, 5))
LINK = "0199e200-0000-7000-8000-000000000001"


def business() -> Process:
    """b2b@7 with the stages telemarketing, inside_sales, field and customer, in one region."""
    hours = WorkCalendar(parse_hours("Mon-Fri 09:00-18:00"), ZoneInfo("Europe/Berlin"))
    respond = Respond(timedelta(hours=4), working=True, remind_before=timedelta(hours=1), text="4h working")
    return small_process(
        regions={"dach": Region("dach", frozenset({"DE", "AT", "CH"}), hours)},
        stages={
            "telemarketing": _stage(
                "telemarketing",
                respond,
                {"qualified": Move(to="inside_sales"), "wrong_number": Move(send_back="bad_data")},
            ),
            "inside_sales": _stage(
                "inside_sales", respond, {"converted": Move(to="field"), "not_now": Move(send_back="bad_timing")}
            ),
            "field": _stage(
                "field", respond, {"won": Move(to="customer"), "lost": Move(send_back="lost_deal")}, ("proposal",)
            ),
            "customer": Stage("customer", (), None, None, None, None, {}, {}),
        },
        send_back={reason: SendBack(reason, None, None) for reason in ("bad_data", "bad_timing", "lost_deal")},
    )


def at(day: int, hour: int = 9, minute: int = 0, month: int = 9) -> int:
    """A moment of 2026 as it is stored."""
    return to_us(datetime(2026, month, day, hour, minute, tzinfo=UTC))


@dataclass(slots=True)
class Seen:
    """A window on the business at `NOW`."""

    database: Database
    process: Process = field(default_factory=business)

    def now(self) -> datetime:
        return NOW


@dataclass
class Seed:
    """Writes rows with what every row needs filled in; `rows` collects them until `write`."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def person(self, person_id: str, when: int, root: str | None = None, kind: str = "person") -> None:
        self._add("entities", id=person_id, kind=kind, root_id=root or person_id, created_at=when, message_id="form:1")

    def key(self, entity_id: str, kind: str, value: str, when: int) -> None:
        self._add("keys", kind=kind, value=value, entity_id=entity_id, at=when, message_id="form:1")

    def value(
        self,
        entity_id: str,
        name: str,
        value: object,
        path: str,
        when: int,
        *,
        wins: str | None = None,
        given: object = None,
    ) -> None:
        """A reported value; `wins` is the reason for which it is believed, if it is."""
        row = {
            "entity_id": entity_id,
            "field": name,
            "path": path,
            "at": when,
            "value": json.dumps(value),
            "given": json.dumps(value if given is None else given),
            "valid": 1,
            "message_id": f"{path.split('.', maxsplit=1)[0]}:{when}",
        }
        self._add("field_values", **row)
        if wins:
            self._add("winners", **row, why=f"b2b@7 fields.person.{name}: {wins}")

    def touch(self, touch_id: str, person_id: str | None, kind: str, when: int, **more: Any) -> None:
        row = dict.fromkeys(("visitor", "campaign", "product", "topic", "url", "seller"))
        source = touch_id.partition(":")[0]
        self._add(
            "touches",
            **{
                **row,
                "id": touch_id,
                "person_id": person_id,
                "identified": 1,
                "kind": kind,
                "at": when,
                "source": source,
                "props": json.dumps(more.pop("props", {})),
                "depth": None,
                **more,
            },
        )

    def lead(self, lead_id: str, person_id: str, when: int, **more: Any) -> None:
        row: dict[str, Any] = dict.fromkeys(
            (
                "owner",
                "campaign",
                "touch_id",
                "assigned_at",
                "respond_by",
                "responded_at",
                "reason",
                "amount_minor",
                "currency",
                "closed_at",
            )
        )
        row |= {
            "id": lead_id,
            "person_id": person_id,
            "product": "robot",
            "region": "dach",
            "cycle": 1,
            "stage": "telemarketing",
            "status": "open",
            "previous_owners": "[]",
            "created_at": when,
            "stage_at": when,
            "counts": "{}",
            "n_events": 1,
        }
        self._add("leads", **(row | more))

    def events(
        self, lead_id: str, *events: tuple[int, str, str, str | None, str | None], cycle: int = 1, first: int = 1
    ) -> None:
        """Each event: (at, kind, stage after it, owner, choice)."""
        for no, (when, kind, stage, owner, choice) in enumerate(events, first):
            self._add(
                "lead_events",
                lead_id=lead_id,
                no=no,
                at=when,
                kind=kind,
                stage=stage,
                owner=owner,
                choice=choice,
                cycle=cycle,
                who="b2b@7",
                why=f"stages.{stage}: {choice or kind}",
                message_id=f"crm:{lead_id[-1]}-{no}",
            )

    def message(
        self,
        message_id: str,
        when: int,
        *,
        state: str = "decided",
        reason: str | None = None,
        flags: str | None = None,
        subject: str | None = None,
    ) -> None:
        source = message_id.partition(":")[0]
        self._add(
            "receipts",
            id=f"receipt {message_id}",
            source=source,
            door="segment",
            received_at=when,
            headers="{}",
            body=b"{}",
        )
        self._add(
            "messages",
            id=message_id,
            receipt_id=f"receipt {message_id}",
            position=0,
            kind="event",
            occurred_at=when,
            received_at=when,
            state=state,
            reason=reason,
            flags=flags,
            subject_id=subject,
            batch=1,
        )

    def command(self, key: str, source: str, verb: str, when: int, **more: Any) -> None:
        row: dict[str, Any] = dict.fromkeys(
            (
                "ref_object",
                "ref_id",
                "our_key",
                "after",
                "person_id",
                "lead_id",
                "leased_by",
                "leased_until",
                "answer_id",
                "reason",
                "answered_at",
            )
        )
        row |= {
            "key": key,
            "source": source,
            "verb": verb,
            "object": "Lead",
            "fields": "{}",
            "refs": "{}",
            "why": "b2b@7 stages.telemarketing.show_as",
            "message_id": "form:1",
            "created_at": when,
            "state": "done",
            "attempts": 1,
            "not_before": when,
            "verified": 0,
        }
        self._add("commands", **(row | more))

    def other(self, table: str, **row: Any) -> None:
        """A row of any other table, complete."""
        self._add(table, **row)

    def write(self, connection: Connection) -> None:
        """Insert everything collected, once."""
        for name, rows in self.rows.items():
            table = metadata.tables[name]
            connection.execute(insert(table), [_complete(table, no, row) for no, row in enumerate(rows, 1)])

    def _add(self, table: str, **row: Any) -> None:
        self.rows.setdefault(table, []).append(row)


def _stage(name: str, respond: Respond, outcomes: dict[str, Move], milestones: Iterable[str] = ()) -> Stage:
    rules = {outcome: OutcomeRule(outcome, (), None, (), move, None, None) for outcome, move in outcomes.items()}
    return Stage(
        name, ("round_robin",), "lead", "task", respond, None, rules, {each: Milestone(each, ()) for each in milestones}
    )


def _complete(table: Table, no: int, row: dict[str, Any]) -> dict[str, Any]:
    # What the story does not speak of and the table must have: the row's number, or nothing.
    filling = {
        column.name: "" if isinstance(column.type, Text) else no for column in table.columns if not column.nullable
    }
    return {name: value for name, value in (filling | row).items() if name in table.columns}
