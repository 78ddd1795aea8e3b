"""What the outbox is handed of Joe: his winners, his records outside, and one lead of his."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from closeloop.inbox.nouns import Key
from closeloop.lifecycle.nouns import Lead
from closeloop.outbox.nouns import Known, Planned, Posted, Shadow, ShadowKey
from closeloop.ports import Command, Ref, Value, Verb
from closeloop.process.load import load
from closeloop.process.nouns import Process
from closeloop.record.nouns import Stored, Winner, Winners

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)
B2B = Path(__file__).resolve().parents[2] / "processes" / "b2b.yaml"


def b2b() -> Process:
    """The project's own agreement."""
    return load(B2B)


def winners(**values: Stored | tuple[Stored, Stored]) -> Winners:
    """Field → winner; a pair is (normal form, as given)."""
    found = {}
    for name, said in values.items():
        value, given = said if isinstance(said, tuple) else (said, said)
        found[name] = Winner(name, value, given, True, f"form.{name}", AT, "form:1", "b2b@7")
    return found


JOE = winners(email=("joe@acme.example", "Joe@ACME.example"), name="Joe Miller", phone="+49301234567", country="DE")
ACME = winners(company="Acme Corp", employees=1200)
LEAD = Lead(
    "lead-1", "joe", "robot", "dach", 1, "telemarketing", "open", AT, AT,
    owner="abel", campaign="spring-webinar", n_events=2,
)  # fmt: skip


def known(
    shadows: Mapping[ShadowKey, Shadow] | None = None,
    *,
    person: Winners = JOE,
    account: Winners = ACME,
    pending: Mapping[tuple[str, str], str] | None = None,
    keys: tuple[Key, ...] | None = None,
) -> Known:
    """Joe with these records outside, and the keys that come of them."""
    found = shadows or {}
    theirs = tuple(Key(f"{source}.{name}", id_) for source, name, id_ in found if name != "Account")
    return Known("joe", theirs if keys is None else keys, person, account, found, pending or {})


def lead(**changes: Any) -> Lead:
    """Joe's lead for robots in DACH, of Abel's."""
    return replace(LEAD, **changes)


def planned(
    key: str,
    verb: Verb = Verb.UPDATE,
    *,
    source: str = "crm",
    person_id: str | None = "joe",
    after: str | None = None,
    ref: Ref | None = Ref("Lead", "L1"),
    fields: Mapping[str, Value] | None = None,
    refs: Mapping[str, Ref] | None = None,
) -> Planned:
    """A command about Joe."""
    name = "message" if verb is Verb.MAIL else ref.object if ref else "Lead"
    our_key = person_id if verb is Verb.CREATE else None
    command = Command(key, verb, name, None if verb is Verb.CREATE else ref, our_key, fields or {}, refs or {})
    return Planned(source, command, "b2b@7 stages.telemarketing", "form:1", person_id, None, after)


def posted(key: str = "k", *, n_answers: int = 0, state: Any = "leased") -> Posted:
    """A command under way."""
    return Posted(planned(key), state, n_answers, AT)
