"""Persons and companies made and changed: parties, many in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from closeloop.connectors.tryton.answers import done, failed, gone, id_of, ids_of, made_before, moved, our_key
from closeloop.connectors.tryton.bodies import party_values
from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.ground import Ground, Grounds
from closeloop.connectors.tryton.halving import halved
from closeloop.connectors.tryton.looking import look_ups, looked_up
from closeloop.connectors.tryton.names import KEY, PARTY
from closeloop.connectors.tryton.reading import Reader
from closeloop.connectors.tryton.tagged import Row, Values
from closeloop.ports import HANDOVER, Answer, Command, Ref, Verb
from closeloop.words.errors import EndError, Permanent

Pair = tuple[Command, Values]


class Parties:
    """Makes and changes parties.

    `locks` sends back the stamps that were read, so that Tryton refuses to write over what somebody wrote since.
    """

    locks = True

    def __init__(self, client: Client, grounds: Grounds, reader: Reader) -> None:
        self._client, self._grounds, self._reader = client, grounds, reader

    def create(self, group: Sequence[Command]) -> list[Answer]:
        """One party for each command, or the one that an earlier attempt made."""
        repeated = [our_key(command) for command in group if command.attempt > 1]
        found = self._reader.parties_by_key(repeated, merged=group[0].verb is Verb.CREATE) if repeated else {}
        before = [command for command in group if command.attempt > 1 and our_key(command) in found]
        answers = [made_before(command, Ref(command.object, str(found[our_key(command)]["id"]))) for command in before]
        made = self.made([command for command in group if command not in before])
        for command, party in made:
            if isinstance(party, int):
                answers.append(done(command, Ref(command.object, str(party)), created=True))
            else:
                answers.append(failed(command, party))
        return answers

    def cost_to_create(self, group: Sequence[Command]) -> int:
        """Calls when nothing fails."""
        return look_ups(group) + 1

    def made(self, commands: Sequence[Command]) -> list[tuple[Command, int | EndError]]:
        """New parties: the id of each, or why it could not be made."""
        if not commands:
            return []
        ground = self._grounds.get()
        looked = looked_up(self._client, commands)
        sound, unsound = told_apart(
            commands, lambda command: self._new(command, ground, party_values(command, None, ground, looked))
        )
        made = halved(sound, lambda some: self._client.tell(f"model.{PARTY}.create", [values for _, values in some]))
        parties = [found if isinstance(found, EndError) else int(found) for found in made]
        return [*zip([command for command, _ in sound], parties, strict=True), *unsound]

    def update(self, group: Sequence[Command]) -> list[Answer]:
        """Each command's fields written into its party as it stands."""
        rows = self._reader.parties(ids_of(group))
        there = [command for command in group if command.ref and _row(command, rows)]
        answers = [gone(command) for command in group if command not in there]
        replaced = [command for command in there if _row(command, rows).get("replaced_by.")]
        became = self._reader.party_records([_row(command, rows) for command in replaced]) if replaced else []
        by_id = {record.id: record.became for record in became}
        answers += [moved(command, by_id[str(id_of(command.ref))]) for command in replaced]
        return answers + self.written([command for command in there if command not in replaced], rows)

    def cost_to_update(self, group: Sequence[Command]) -> int:
        """Calls when nothing fails."""
        return 1 + self.cost_to_write(group)

    def written(self, commands: Sequence[Command], rows: dict[int, Row], **always: object) -> list[Answer]:
        """Fields written into parties that were read as `rows`; `always` goes into each."""
        ground = self._grounds.get()
        looked = looked_up(self._client, commands)
        sound, unsound = told_apart(
            commands, lambda command: {**party_values(command, _row(command, rows), ground, looked), **always}
        )
        changes = [(command, values) for command, values in sound if values]
        results = halved(changes, lambda some: self._write(some, rows))
        answers = [done(command) for command, values in sound if not values]
        answers += [failed(command, error) for command, error in unsound]
        for (command, _), result in zip(changes, results, strict=True):
            answers.append(failed(command, result) if isinstance(result, EndError) else done(command))
        return answers

    def cost_to_write(self, commands: Sequence[Command]) -> int:
        """Calls when nothing fails and every command changes something."""
        return look_ups(commands) + any(is_about_party(command) for command in commands)

    def _write(self, some: Sequence[Pair], rows: dict[int, Row]) -> list[None]:
        params: list[object] = []
        stamps: dict[str, object] = {}
        for command, values in some:
            row = _row(command, rows)
            params += [[row["id"]], values]
            stamps[f"{PARTY},{row['id']}"] = row["_timestamp"]
            stamps |= {f"party.contact_mechanism,{one['id']}": one["_timestamp"] for one in row["contact_mechanisms."]}
        lock = {"_timestamp": stamps} if self.locks else {}
        self._client.tell(f"model.{PARTY}.write", *params, **lock)
        return [None] * len(some)

    def _new(self, command: Command, ground: Ground, values: Values) -> Values:
        person = {} if command.object == "Account" else {"categories": [["add", [ground.person]]]}
        return {**values, **person, "identifiers": [["create", [{"code": KEY + our_key(command)}]]]}


def is_about_party(command: Command) -> bool:
    """Whether a command has something that a party holds, and not only what its opportunity does."""
    return bool(command.fields.keys() - HANDOVER - {"done"}) or "account" in command.refs


def told_apart(
    commands: Sequence[Command], values_of: Callable[[Command], Values]
) -> tuple[list[Pair], list[tuple[Command, EndError]]]:
    """The commands with their values, and those whose values Tryton cannot hold."""
    sound: list[Pair] = []
    unsound: list[tuple[Command, EndError]] = []
    for command in commands:
        try:
            sound.append((command, values_of(command)))
        except Permanent as error:
            unsound.append((command, error))
    return sound, unsound


def _row(command: Command, rows: dict[int, Row]) -> Row:
    return rows.get(int(command.ref.id), {}) if command.ref and command.ref.id.isdigit() else {}
