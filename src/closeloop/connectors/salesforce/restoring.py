"""RESTORE: what was deleted or merged away is taken out of the bin, or made anew under our key if it has left it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from closeloop.connectors.salesforce.answers import failed
from closeloop.connectors.salesforce.batches import in_parts
from closeloop.connectors.salesforce.client import MOST_RECORDS, Client, Errors
from closeloop.connectors.salesforce.reading import Reader
from closeloop.connectors.salesforce.refusals import outcome_of, reason_of
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.connectors.salesforce.soap import ids_call
from closeloop.ports import HANDOVER, Answer, Command, Outcome, Record, Ref, Value, Verb
from closeloop.words.errors import EndError


class Restorer:
    """Carries out RESTORE commands; `write` carries out commands of one verb and object."""

    def __init__(
        self, client: Client, shapes: Shapes, reader: Reader, write: Callable[[Sequence[Command]], list[Answer]]
    ) -> None:
        self._client, self._shapes, self._reader, self._write = client, shapes, reader, write

    def restore(self, group: Sequence[Command]) -> list[Answer]:
        """One answer for each. What stands is read first, so a repeat does only what is left. Raises EndError."""
        lacking = 'restore needs the record concerned ("ref")'
        answers = [Answer(c.key, Outcome.PERMANENT, None, lacking) for c in group if c.ref is None]
        group = [command for command in group if command.ref is not None]
        found = self._reader.fetch(_refs(group), whole=False)
        converted = [command for command in group if _is_converted(_of(command, found))]
        answers += [_moved(command, found) for command in converted]
        undeleted = self._undelete([c for c in group if _is_in_bin(_of(c, found))])
        answers += [answer for answer in undeleted.values() if answer is not None]
        anew = [command for command in group if _of(command, found) is None]
        there = [c for c in group if c not in anew and c not in converted and undeleted.get(c.key) is None]
        answers += self._checked(there, self._written(there))
        made = self._write([replace(self._writing(c, Verb.CREATE), ref=None) for c in anew]) if anew else []
        return answers + [replace(one, verified=one.outcome is Outcome.DONE) for one in made]

    def _undelete(self, commands: Sequence[Command]) -> dict[str, Answer | None]:
        """Key of each → why it is still in the bin, None when it is not."""
        answers: dict[str, Answer | None] = {}
        for some in in_parts(commands, MOST_RECORDS):
            ids = [ref.id for ref in _refs(some)]
            try:
                errors = self._client.soap(partial(ids_call, name="undelete", ids=ids), len(ids))
            except EndError as error:
                answers.update((command.key, failed(command, error)) for command in some)
                continue
            answers.update((c.key, self._refused(c, one) if one else None) for c, one in zip(some, errors, strict=True))
        return answers

    def _refused(self, command: Command, errors: Errors) -> Answer:
        why = reason_of(command, errors, {}, self._shapes.fields_if_told(command.object))
        return Answer(command.key, outcome_of(command, errors), command.ref, f"not taken out of the bin: {why}")

    def _written(self, commands: Sequence[Command]) -> list[Answer]:
        updates = [self._writing(command, Verb.UPDATE) for command in commands]
        blank = [Answer(one.key, Outcome.DONE, one.ref) for one in updates if not one.fields and not one.refs]
        return blank + self._write([one for one in updates if one.fields or one.refs])

    def _writing(self, command: Command, verb: Verb) -> Command:
        """The command that gives the record back what it held, as far as it can be written."""
        able = self._shapes.updatable(command.object)
        fields: dict[str, Value] = {n: v for n, v in command.fields.items() if n in able or _is_ours(n, command)}
        return replace(command, verb=verb, fields=fields)

    def _checked(self, commands: Sequence[Command], written: Sequence[Answer]) -> list[Answer]:
        after = self._reader.fetch(_refs(commands), whole=False) if commands else {}
        back = {ref for ref, record in after.items() if not record.deleted and not record.became}
        late = "restored, but a read back does not show it yet"
        return [
            replace(one, verified=True)
            if one.outcome is Outcome.DONE and one.ref in back
            else replace(one, outcome=Outcome.TRANSIENT, reason=late)
            if one.outcome is Outcome.DONE
            else replace(one, reason=f"taken out of the bin, but not as it was: {one.reason}")
            for one in written
        ]


def _is_ours(name: str, command: Command) -> bool:
    return name in HANDOVER or name == "Country" or (name == "Name" and "LastName" not in command.fields)


def _refs(commands: Sequence[Command]) -> list[Ref]:
    return [command.ref for command in commands if command.ref]


def _of(command: Command, found: Mapping[Ref, Record]) -> Record | None:
    return found.get(command.ref) if command.ref else None


def _is_in_bin(record: Record | None) -> bool:
    return record is not None and bool(record.fields.get("IsDeleted"))


def _is_converted(record: Record | None) -> bool:
    return record is not None and bool(record.became) and not _is_in_bin(record)


def _moved(command: Command, found: Mapping[Ref, Record]) -> Answer:
    record = _of(command, found)
    became = record.became if record else ()
    why = "not restored: it was converted, which Salesforce does not take back"
    return Answer(command.key, Outcome.CHANGED, command.ref, why, became=became)
