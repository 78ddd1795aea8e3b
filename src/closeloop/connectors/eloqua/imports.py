"""Many leads at once: an import of the Bulk API writes them, an export tells the new ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from closeloop.connectors.eloqua.bulk import Bulk, Item
from closeloop.connectors.eloqua.names import LEAD
from closeloop.declared.nouns import DeclaredObject
from closeloop.declared.rest.nouns import Moment
from closeloop.declared.rest.shapes import dig, shaped
from closeloop.declared.rows import to_row
from closeloop.ports import Answer, Command, Outcome, Ref, Value, Verb
from closeloop.words.errors import BadInput
from closeloop.words.moment import Clock

MOST = 5_000

_STATEMENTS = {
    "emailAddress": "C_EmailAddress",
    "firstName": "C_FirstName",
    "lastName": "C_LastName",
    "accountName": "C_Company",
    "country": "C_Country",
    "city": "C_City",
    "title": "C_Title",
    "businessPhone": "C_BusPhone",
    "mobilePhone": "C_MobilePhone",
}
"""Properties of the Application API → internal names, which the Bulk API goes by."""

_PAIRS = "fieldValues."
_CLOCK_MARGIN = timedelta(minutes=5)


class Imports:
    """Bulk writes of leads.

    Args:
        bulk: the instance.
        declared: the leads.
        moments: columns whose moments are written in another way than text.
        clock: since when an export tells what an import made.
    """

    def __init__(self, bulk: Bulk, declared: DeclaredObject, moments: Mapping[str, Moment], clock: Clock) -> None:
        self._bulk, self._declared, self._moments, self._clock = bulk, declared, moments, clock

    def of(self, commands: Sequence[Command]) -> list[list[Command]]:
        """Those of these that go as imports, one of each verb and set of columns, where it takes fewer calls.

        A column that a row leaves out is not promised to stay as it is, so rows of one import name the same ones. Of
        one contact the first command alone goes so: an import has no order.
        """
        seen: set[str] = set()
        alike: dict[tuple[Verb, frozenset[str]], list[Command]] = {}
        for command in commands:
            names = _names_of(command)
            if seen.isdisjoint(names) and self._takes(command):
                alike.setdefault((command.verb, frozenset(self._columns(command))), []).append(command)
            seen |= names
        return [group for group in alike.values() if len(group) > self.cost(group)]

    def cost(self, commands: Sequence[Command]) -> int:
        """The calls of one `write`, when its syncs are done at the first look and reject nothing."""
        return 7 if commands[0].verb is Verb.CREATE else 3

    def write(self, commands: Sequence[Command]) -> list[Answer]:
        """Write one of the groups that `of` found: one answer for each."""
        creating = commands[0].verb is Verb.CREATE
        rows: dict[str, Mapping[str, Value]] = {}
        refused: dict[str, str] = {}
        for command in commands:
            try:
                rows[command.key] = self._row(command)
            except BadInput as error:
                refused[command.key] = str(error)
        began_at = self._clock.now()
        rejected = self._import(list(rows.values()), creating=creating) if rows else {}
        made = self._made(began_at) if creating and rows else {}
        answers: list[Answer] = []
        for command in commands:
            reason = refused.get(command.key) or rejected.get(self._identity(rows.get(command.key, {}), creating))
            answers.append(_answer(command, reason, made))
        return answers

    def _import(self, rows: Sequence[Mapping[str, Value]], *, creating: bool) -> dict[str, str]:
        """Run one import: the identity of each rejected row, with the reason."""
        columns = dict.fromkeys(column for row in rows for column in row)
        fields = {column: self._statement(column) for column in columns}
        by = "emailAddress" if creating else "id"
        definition = {
            "name": "closeloop import of contacts",
            "fields": fields,
            "identifierFieldName": by,
            "isSyncTriggeredOnImport": True,
            "updateRule": "always",
        }
        sync = self._bulk.stage(self._bulk.define("/contacts/imports", definition), rows)
        if not self._bulk.wait(sync):
            return {}
        return {str(dig(one, "fieldValues") and _at(one, by)).lower(): _why(one) for one in self._bulk.rejects(sync)}

    def _made(self, began_at: datetime) -> dict[str, tuple[str, bool]]:
        """Our key → id and whether it is new, of what was written since then."""
        since = (began_at - _CLOCK_MARGIN).strftime("%Y-%m-%d %H:%M:%S")
        key = self._statement(self._declared.key or "")
        definition = {
            "name": "closeloop ids of contacts",
            "fields": {"id": "{{Contact.Id}}", "key": key, "made": "{{Contact.CreatedAt}}"},
            "filter": f"'{{{{Contact.UpdatedAt}}}}' >= '{since}'",
            "areSystemTimestampsInUTC": True,
        }
        sync = self._bulk.run(self._bulk.define("/contacts/exports", definition))
        self._bulk.wait(sync)
        found, more = self._bulk.rows(sync, 0)
        while more:
            page, more = self._bulk.rows(sync, len(found))
            found += page
        new_from = began_at.strftime("%Y-%m-%d %H:%M:%S")
        return {str(one["key"]): (str(one["id"]), str(one["made"]) >= new_from) for one in found if one.get("key")}

    def _row(self, command: Command) -> dict[str, Value]:
        row = to_row(self._declared, command.fields)
        shapes = {column: shaped({column: value}, (), self._moments, {}) for column, value in row.items()}
        written = {column: _text(dig(body, column)) for column, body in shapes.items()}
        if command.verb is Verb.CREATE and self._declared.key:
            written[self._declared.key] = command.our_key
        if command.ref is not None and command.verb is Verb.UPDATE:
            written["id"] = command.ref.id
        return written

    def _takes(self, command: Command) -> bool:
        """Whether it can be a row: a create with an address, or an update, of fields that an import can name."""
        if command.object != LEAD or command.refs or command.verb not in (Verb.CREATE, Verb.UPDATE):
            return False
        named = command.fields.get("email") and command.our_key if command.verb is Verb.CREATE else command.ref
        return bool(named) and all(self._statement(column) for column in self._columns(command))

    def _columns(self, command: Command) -> set[str]:
        known = self._declared.fields or {}
        return {known[name] for name in command.fields if name in known and name in self._declared.write}

    def _identity(self, row: Mapping[str, Value], creating: bool) -> str:  # noqa: FBT001 - it names itself at the call
        return str(row.get("emailAddress" if creating else "id")).lower()

    def _statement(self, column: str) -> str:
        if column == "id":
            return "{{Contact.Id}}"
        if column.startswith(_PAIRS):
            return f"{{{{Contact.Field({column.removeprefix(_PAIRS)})}}}}"
        internal = _STATEMENTS.get(column)
        return f"{{{{Contact.Field({internal})}}}}" if internal else ""


def _names_of(command: Command) -> set[str]:
    """Under which names a command knows its contact."""
    email = command.fields.get("email")
    known = {command.ref.id if command.ref else None, command.our_key, str(email).lower() if email else None}
    return {name for name in known if name}


def _answer(command: Command, reason: str | None, made: Mapping[str, tuple[str, bool]]) -> Answer:
    if reason:
        return Answer(command.key, Outcome.PERMANENT, command.ref, reason)
    if command.verb is Verb.UPDATE:
        return Answer(command.key, Outcome.DONE, command.ref)
    found = made.get(command.our_key or "")
    if found is None:
        reason = "imported, but an export does not show it yet; it is looked for by our key"
        return Answer(command.key, Outcome.TRANSIENT, reason=reason)
    return Answer(command.key, Outcome.DONE, Ref(LEAD, found[0]), created=found[1])


def _at(item: Item, name: str) -> object:
    values = item.get("fieldValues")
    return values.get(name) if isinstance(values, Mapping) else None


def _why(item: Item) -> str:
    values = item.get("fieldValues")
    shown = ", ".join(f"{name} = {value!r}" for name, value in values.items()) if isinstance(values, Mapping) else ""
    return f"{shown}: {item.get('message')} (Eloqua code {item.get('statusCode')})"


def _text(value: object) -> Value:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
