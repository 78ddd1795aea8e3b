"""Refused commands one by one: what was to be written, what the system holds and allows, whose it is, and the rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text

from closeloop.measure.people import called_each
from closeloop.measure.stored import Plain, in_words, mapping_of, moment, text_of
from closeloop.outbox.rejects import Cause, cause_of, fields_named, is_of_an_owner_who_left
from closeloop.outbox.sync import written_fields
from closeloop.ports import HANDOVER
from closeloop.process.nouns import FieldRule, Process
from closeloop.process.places import decided_at, line_of
from closeloop.words.verbs import Verb

_AT_ONCE = 500
_MOST_NAMED = 12
_OF_FIELDS = frozenset({Verb.CREATE, Verb.UPDATE, Verb.MERGE, Verb.RESTORE})
"""Verbs whose fields are the record's; of others they are words of ours."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One field of a command.

    Attributes:
        name: the system's own; "owner" is whom the record was to be given to.
        tried: what was to be written; None empties it, or is what a field got that was not given and must be.
        held: what the system is known to hold; None where it holds nothing or was not read.
        allowed: what the system says that it takes, in words; "" where it told nothing.
        rule, line: where the process file decides it ("fields.person.title"); of the
            command where it does not by field.
        seen_by: the only side that sees the field; "" is both.
        is_named: whether the reason is about it.
    """

    name: str
    tried: Plain
    held: Plain
    allowed: str
    rule: str
    line: int
    seen_by: str
    is_named: bool


@dataclass(frozen=True, slots=True)
class RejectRow:
    """One command and how it stands.

    Attributes:
        record_id: what it was for, or what it made.
        called, owner: who it is about, and whose that is: of the lead, else of the record, else of the person.
        why, rule, line: what brought it about, and where the process file has it; "" and 0 where it has not.
        told_at: when the system said what it allows; None where it did not.
        state: "dead" where it was given up.
    """

    key: str
    source: str
    verb: str
    object: str
    record_id: str | None
    person_id: str | None
    called: str
    lead_id: str | None
    owner: str
    cause: Cause
    reason: str
    why: str
    rule: str
    line: int
    answered_at: datetime | None
    told_at: datetime | None
    state: str
    fields: tuple[Tried, ...]

    @property
    def named(self) -> tuple[Tried, ...]:
        """The fields that the reason is about; the only one where it names none and there is but one."""
        found = tuple(field for field in self.fields if field.is_named)
        return found or (self.fields if len(self.fields) == 1 else ())


def _among(query: str, *names: str) -> Any:  # noqa: ANN401 - what SQLAlchemy makes of a text
    return text(query).bindparams(*(bindparam(name, expanding=True) for name in names))


_COMMANDS = _among("SELECT * FROM v_commands WHERE key IN :keys", "keys")
_SHADOWS = _among(
    """SELECT source, object, record_id, fields FROM v_shadows WHERE source IN :sources AND object IN :objects
    AND record_id IN :ids""",
    "sources",
    "objects",
    "ids",
)
_LEADS = _among("SELECT id, owner FROM v_leads WHERE id IN :ids", "ids")
_COMPANIES = _among("SELECT root_id, value FROM v_winners WHERE field = 'company' AND root_id IN :ids", "ids")
_OWNERS = _among("SELECT root_id, value FROM v_winners WHERE field = 'owner' AND root_id IN :ids", "ids")
_SHAPES = text("SELECT source, object, fields, told_at FROM v_shapes")


def reject_rows(connection: Connection, process: Process, keys: Sequence[str]) -> Iterator[RejectRow]:
    """The commands of these keys, in this order; those that are not known are left out."""
    seen = _Seen(process, connection)
    for start in range(0, len(keys), _AT_ONCE):
        yield from seen.rows(keys[start : start + _AT_ONCE])


class _Seen:
    """What is read once for all rows: shapes, and where fields are decided."""

    def __init__(self, process: Process, connection: Connection) -> None:
        self._process, self._connection = process, connection
        self._shapes = {
            (row.source, row.object): (mapping_of(row.fields), moment(row.told_at))
            for row in connection.execute(_SHAPES)
        }
        self._written: dict[tuple[str, str], dict[str, FieldRule]] = {}

    def rows(self, keys: Sequence[str]) -> Iterator[RejectRow]:
        found = {row.key: row for row in self._connection.execute(_COMMANDS, {"keys": list(keys)})}
        lines = [found[key] for key in keys if key in found]
        shadows = self._shadows(lines)
        people = {line.person_id for line in lines if line.person_id is not None}
        names = called_each(self._connection, people)
        names |= {id_: text_of(value) for id_, value in self._of(_COMPANIES, people - names.keys()).items()}
        leads = self._of(_LEADS, {line.lead_id for line in lines if line.lead_id is not None})
        owners = self._of(_OWNERS, people)
        for line in lines:
            held = shadows.get((line.source, line.ref_object, line.ref_id), {})
            owner = leads.get(line.lead_id) or self._member(held.get("_owner"))
            reason = line.reason or ""
            rule, no = decided_at(self._process, line.why)
            yield RejectRow(
                line.key, line.source, line.verb, line.ref_object or line.object, line.ref_id or line.answer_id,
                line.person_id, names.get(line.person_id, ""), line.lead_id,
                owner or self._member(text_of(owners.get(line.person_id))), cause_of(line.verb, line.object, reason),
                reason, line.why, rule, no,
                moment(line.answered_at), self._shapes.get((line.source, line.object), ({}, None))[1], line.state,
                tuple(self._tried(line, held, reason, rule, no)),
            )  # fmt: skip

    def _tried(
        self, line: Row[Any], held: Mapping[str, Plain], reason: str, rule_of_row: str, line_of_row: int
    ) -> Iterator[Tried]:
        fields = mapping_of(line.fields)
        named = fields_named(line.object, reason)
        unquoted = re.sub(r"'[^']*'", "", reason)
        if cause_of(line.verb, line.object, reason).key.startswith("required:"):
            fields = {**dict.fromkeys(named), **fields}
        for name, value in fields.items():
            if name == "packet":
                continue  # what is handed over, as one long text of ours
            is_named = name in named or re.search(rf"\b{re.escape(name)}\b", unquoted) is not None
            rule = self._rule(line.source, line.object, name)
            place = ("fields", rule.entity, rule.name) if rule is not None else ()
            yield Tried(
                name, value, held.get(name),
                self._allowed(line.source, line.object, name) if line.verb in _OF_FIELDS else "",
                ".".join(place) or rule_of_row, line_of(self._process, *place) or line_of_row,
                (rule.seen_by if rule else None) or "", is_named,
            )  # fmt: skip
        owner = mapping_of(line.refs).get("owner")
        if isinstance(owner, list) and owner:
            yield Tried(
                "owner", self._member(owner[-1]), self._member(held.get("_owner")) or None, "", rule_of_row,
                line_of_row, "", is_of_an_owner_who_left(reason),
            )  # fmt: skip

    def _rule(self, source: str, object_name: str, name: str) -> FieldRule | None:
        key = (source, object_name)
        if key not in self._written:
            rules: dict[str, FieldRule] = {}
            for written, rule in written_fields(self._process, source, object_name):
                rules.setdefault(written, rule)
            self._written[key] = rules
        of_company = self._process.fields.get("account", {}).get(name.lower()) if name.lower() in HANDOVER else None
        return self._written[key].get(name) or of_company

    def _allowed(self, source: str, object_name: str, name: str) -> str:
        fields, _ = self._shapes.get((source, object_name), ({}, None))
        field = fields.get(name)
        if not isinstance(field, dict):
            return "no such field may be written there" if fields and name not in HANDOVER else ""
        values, most = field.get("allowed"), field.get("max_length")
        said = [str(field.get("type"))]
        if isinstance(values, list) and values:
            more = f" and {len(values) - _MOST_NAMED:,} more" if len(values) > _MOST_NAMED else ""
            said = [f"one of {', '.join(map(str, values[:_MOST_NAMED]))}{more}"]
        elif most is not None:
            said.append(f"at most {in_words(most)} characters")
        return ", ".join([*said, *(["must be given"] if field.get("required") else [])])

    def _shadows(self, lines: Sequence[Row[Any]]) -> Mapping[tuple[str, str, str], Mapping[str, Plain]]:
        keys = [(line.source, line.ref_object, line.ref_id) for line in lines if line.ref_id is not None]
        sources, objects, ids = (sorted({key[at] for key in keys}) for at in range(3))
        found = self._connection.execute(_SHADOWS, {"sources": sources, "objects": objects, "ids": ids}) if keys else ()
        return {(row.source, row.object, row.record_id): mapping_of(row.fields) for row in found}

    def _of(self, query: Any, ids: set[str]) -> Mapping[str, Any]:  # noqa: ANN401 - a statement of SQLAlchemy
        return {row[0]: row[1] for row in self._connection.execute(query, {"ids": sorted(ids)})} if ids else {}

    def _member(self, user: Plain) -> str:
        """A user of a system by the team's name for them, if they are of the team."""
        member = self._process.member_by_user(str(user)) if user else None
        return member.name if member is not None else in_words(user)
