"""Records switched off and on, and read back: a party is made inactive, a deal is lost, a lead's deal is cancelled.

A party has no field for the reason, so it is left as a note on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.connectors.tryton.answers import done, failed, gone, ids_of, moved, read_after, stands
from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.deals import Deals
from closeloop.connectors.tryton.halving import halved
from closeloop.connectors.tryton.leads import party_id
from closeloop.connectors.tryton.names import PARTY
from closeloop.connectors.tryton.reading import Reader
from closeloop.connectors.tryton.tagged import Row, Values
from closeloop.ports import Answer, Command, Record, Ref, Value, Verb
from closeloop.words.errors import EndError


class Switch:
    """Carries out DEACTIVATE and REACTIVATE."""

    def __init__(self, client: Client, reader: Reader, deals: Deals) -> None:
        self._client, self._reader, self._deals = client, reader, deals

    def switch(self, group: Sequence[Command]) -> list[Answer]:
        """Commands of one verb and object, each judged by what is read after them."""
        off, name = group[0].verb is Verb.DEACTIVATE, group[0].object
        before = self._reader.fetch([command.ref for command in group if command.ref])
        answers: list[Answer] = []
        todo: list[Command] = []
        for command in group:
            record = before.get(command.ref) if command.ref else None
            if record is None:
                answers.append(gone(command))
            elif record.became:
                answers.append(moved(command, record.became))
            elif stands(command, record):
                answers.append(done(command, verified=True))
            else:
                todo.append(command)
        if not todo:
            return answers
        errors = self._switch_deals(todo, off=off) if name == "Opportunity" else self._switch_parties(todo, off=off)
        answers += [failed(command, errors[command.key]) for command in todo if command.key in errors]
        switched = [command for command in todo if command.key not in errors]
        after = self._reader.fetch([command.ref for command in switched if command.ref])
        return answers + [read_after(command, _record(command, after)) for command in switched]

    def cost(self, group: Sequence[Command]) -> int:
        """Calls when nothing fails and every record stands otherwise."""
        off, name = group[0].verb is Verb.DEACTIVATE, group[0].object
        reading = 2 if name in ("Contact", "Lead") else 1
        told = any(command.fields.get("reason" if off else "owner") for command in group)
        if name == "Opportunity":
            return 2 * reading + 1 + (told if off else 1)
        lead = (2 if off else 2 + told) if name == "Lead" else 0
        return 2 * reading + 1 + (told if off else 0) + lead

    def _switch_parties(self, todo: Sequence[Command], *, off: bool) -> dict[str, EndError]:
        errors = self._lead_deals(todo, off=off) if off and todo[0].object == "Lead" else {}
        left = [command for command in todo if command.key not in errors]
        if off:
            errors |= self._note(left)
        left = [command for command in left if command.key not in errors]
        results = halved(left, lambda some: self._set_active(some, active=not off))
        errors |= _wrong(left, results)
        if not off and todo[0].object == "Lead":
            errors |= self._lead_deals([command for command in left if command.key not in errors], off=False)
        return errors

    def _lead_deals(self, todo: Sequence[Command], *, off: bool) -> dict[str, EndError]:
        """The opportunities that make these parties leads: cancelled, or leads again with their owner."""
        if not todo:
            return {}
        deals = self._reader.lead_deals(ids_of(todo))
        oldest = {command.key: deals[party_id(command)][0] for command in todo if party_id(command) in deals}
        concerned = [command for command in todo if command.key in oldest]
        moving = [each for each in concerned if (oldest[each.key]["state"] == "cancelled") is not off]
        pressed = self._deals.pressed("cancelled" if off else "lead", [_id(oldest[each.key]) for each in moving])
        errors = _wrong(moving, pressed)
        if not off:
            owned = [each for each in concerned if each.fields.get("owner") and each.key not in errors]
            errors |= self._change(owned, {each.key: _id(row) for each in owned if (row := oldest[each.key])})
        return errors

    def _switch_deals(self, todo: Sequence[Command], *, off: bool) -> dict[str, EndError]:
        ids = {command.key: party_id(command) for command in todo}
        if not off:
            errors = _wrong(todo, self._deals.pressed("lead", list(ids.values())))
            return errors | self._change([each for each in todo if each.key not in errors], ids)
        explained = [command for command in todo if command.fields.get("reason")]
        reasons = [(ids[each.key], _because(each)) for each in explained]
        errors = _wrong(explained, self._deals.changed(reasons, {}))
        left = [command for command in todo if command.key not in errors]
        return errors | _wrong(left, self._deals.pressed("lost", [ids[each.key] for each in left]))

    def _change(self, commands: Sequence[Command], ids: Mapping[str, int]) -> dict[str, EndError]:
        changes = [(ids[command.key], _again(command)) for command in commands]
        return _wrong(commands, self._deals.changed(changes, {}))

    def _note(self, commands: Sequence[Command]) -> dict[str, EndError]:
        told = [command for command in commands if command.fields.get("reason")]
        return _wrong(told, halved(told, self._write_notes))

    def _write_notes(self, some: Sequence[Command]) -> list[None]:
        notes = [{"resource": f"{PARTY},{party_id(each)}", "message": _note_of(each.fields["reason"])} for each in some]
        self._client.tell("model.ir.note.create", notes)
        return [None] * len(some)

    def _set_active(self, some: Sequence[Command], *, active: bool) -> list[None]:
        self._client.tell(f"model.{PARTY}.write", [party_id(each) for each in some], {"active": active})
        return [None] * len(some)


def _because(command: Command) -> Values:
    return {"lost_reason": str(command.fields["reason"])}


def _again(command: Command) -> Values:
    owner = command.fields.get("owner")
    employee: Values = {"employee": int(str(owner))} if owner and str(owner).isdigit() else {}
    return employee if command.object == "Lead" else {**employee, "end_date": None, "lost_reason": None}


def _note_of(reason: Value) -> str:
    return f"Closeloop: {reason}"


def _wrong(commands: Sequence[Command], results: Sequence[EndError | None]) -> dict[str, EndError]:
    return {command.key: result for command, result in zip(commands, results, strict=True) if result is not None}


def _id(row: Row) -> int:
    return int(row["id"])


def _record(command: Command, found: Mapping[Ref, Record]) -> Record | None:
    return found.get(command.ref) if command.ref else None
