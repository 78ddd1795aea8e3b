"""Commands become rows of outgoing files: creates and updates; what a folder cannot do is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.connectors.folder.outgoing import Outgoing, Wanted
from closeloop.connectors.folder.reading import Reader
from closeloop.declared.nouns import Declared, DeclaredObject
from closeloop.declared.rows import to_row
from closeloop.ports import Answer, Command, Outcome, Record, Ref, Value, Verb
from closeloop.words.errors import BadInput

Whole = Mapping[str, tuple[str, Record]]
_ONE_WAY = "a folder only takes rows to create and to update; do this in the system that reads and writes the files"


class Pusher:
    """Answers DONE when the row is in a file that nobody can see half-written."""

    def __init__(self, declared: Declared, reader: Reader, outgoing: Outgoing) -> None:
        self._declared, self._reader, self._outgoing = declared, reader, outgoing
        self._keys: dict[str, Mapping[str, Ref]] = {}

    def push(self, commands: Sequence[Command]) -> list[Answer]:
        """One answer for each command, in order."""
        self._keys.clear()
        repeated = any(each.attempt > 1 for each in commands)
        written = self._outgoing.written() if repeated else set()
        wanted: list[Wanted] = []
        answers: list[Answer] = []
        for command in commands:
            try:
                answer, row = self._plan(command)
            except BadInput as error:
                answer, row = Answer(command.key, Outcome.PERMANENT, ref=command.ref, reason=str(error)), None
            answers.append(answer)
            if row and command.key not in written:
                wanted.append(Wanted(command.key, command.verb.value, command.object, row))
        self._outgoing.write(wanted)
        return answers

    def _plan(self, command: Command) -> tuple[Answer, Mapping[str, Value] | None]:
        if command.verb not in (Verb.CREATE, Verb.UPDATE):
            raise BadInput(f"{command.verb.value} is not possible: {_ONE_WAY}")
        declared = self._declared.objects.get(command.object)
        if declared is None:
            raise BadInput(f"no object {command.object!r} is declared; there are {', '.join(self._declared.objects)}")
        if not declared.write:
            raise BadInput(f"{declared.name} has nothing under `write` in its declaration, so nothing is written")
        if command.verb is Verb.CREATE:
            return self._create(declared, command)
        return self._update(declared, command)

    def _create(self, declared: DeclaredObject, command: Command) -> tuple[Answer, Mapping[str, Value] | None]:
        if declared.key is None:
            raise BadInput(f"{declared.name} has no `key` in its declaration; name the column that holds our key")
        our_key = command.our_key or command.key
        if our_key in self._by_key(declared):
            return Answer(command.key, Outcome.DONE, ref=self._by_key(declared)[our_key]), None
        fields = {name: value for name, value in command.fields.items() if value is not None}
        row = {declared.key: our_key, **to_row(declared, fields, command.refs)}
        return Answer(command.key, Outcome.DONE, created=True), row

    def _by_key(self, declared: DeclaredObject) -> Mapping[str, Ref]:
        if declared.name not in self._keys:
            records = (record for _, record in self._reader.whole(declared).values())
            self._keys[declared.name] = {each.our_key: Ref(each.object, each.id) for each in records if each.our_key}
        return self._keys[declared.name]

    def _update(self, declared: DeclaredObject, command: Command) -> tuple[Answer, Mapping[str, Value] | None]:
        known = self._reader.whole(declared).get(command.ref.id) if command.ref else None
        if known is None or known[1].deleted or known[1].became:
            where = "is not in the files" if known is None else "is deleted" if known[1].deleted else "was merged"
            became = known[1].became if known else ()
            why = f"{command.object} {command.ref.id if command.ref else ''} {where}"
            return Answer(command.key, Outcome.CHANGED, ref=command.ref, reason=why, became=became), None
        values = to_row(declared, command.fields, command.refs)
        parts = dict(zip(declared.id, known[1].id.split(":", len(declared.id) - 1), strict=True))
        return Answer(command.key, Outcome.DONE, ref=command.ref), {**parts, **values} if values else None
