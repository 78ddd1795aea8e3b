"""Two parties made one by Tryton's wizard "Replace": the loser stays, inactive, and points to its survivor."""

from __future__ import annotations

from collections.abc import Sequence

from closeloop.connectors.tryton.answers import cannot, done, failed, gone, id_of, moved
from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.judging import Refused
from closeloop.connectors.tryton.names import PARTIES
from closeloop.connectors.tryton.parties import Parties
from closeloop.connectors.tryton.reading import Reader
from closeloop.connectors.tryton.tagged import Row
from closeloop.connectors.tryton.wizards import CALLS, run
from closeloop.ports import Answer, Command, Outcome, Ref
from closeloop.words.errors import EndError

CAN_MERGE = frozenset(PARTIES)


class Merger:
    """Carries out MERGE."""

    def __init__(self, client: Client, reader: Reader, parties: Parties) -> None:
        self._client, self._reader, self._parties = client, reader, parties

    def merge(self, group: Sequence[Command]) -> list[Answer]:
        """Each loser into its survivor; the fields are written first, so that a repeat finds them right."""
        rows = self._reader.parties(_ids(group))
        answers: list[Answer] = []
        todo: list[Command] = []
        for command in group:
            answer = _before(command, rows)
            if answer is None:
                todo.append(command)
            else:
                answers.append(answer)
        answers += self._written(todo, rows)
        refused = {answer.key for answer in answers if answer.outcome is not Outcome.DONE}
        merged = {command.key: self._replace(command) for command in todo if command.key not in refused}
        kept = [answer for answer in answers if answer.key not in merged]
        after = self._reader.parties(_ids([command for command in todo if command.key in merged])) if merged else {}
        return kept + [_after(command, merged[command.key], after) for command in todo if command.key in merged]

    def cost(self, group: Sequence[Command]) -> int:
        """Calls when nothing fails: a warning, such as of two names that differ, costs two more."""
        return 2 + self._parties.cost_to_write(group) + CALLS * len(group)

    def _written(self, todo: Sequence[Command], rows: dict[int, Row]) -> list[Answer]:
        return self._parties.written(todo, rows) if todo else []

    def _replace(self, command: Command) -> EndError | None:
        said: dict[str, object] = {"source": id_of(command.refs["loser"]), "destination": id_of(command.ref)}
        try:
            run(self._client, "party.replace", said, "replace")
        except EndError as error:
            return error
        return None


def _before(command: Command, rows: dict[int, Row]) -> Answer | None:
    """The answer to a merge that needs no wizard, or that none can help."""
    loser_ref = command.refs.get("loser")
    if command.object not in CAN_MERGE:
        return cannot(command)
    if loser_ref is None or loser_ref.object != command.object:
        return failed(command, Refused(f"a {command.object} merges with another {command.object}: refs name no loser"))
    survivor, loser = rows.get(_id(command.ref)), rows.get(_id(loser_ref))
    if survivor is None or loser is None:
        return gone(command)
    if _replaced_by(loser) == survivor["id"]:
        return done(command, verified=True)
    if _replaced_by(survivor) is not None:
        return moved(command, ())
    return None


def _after(command: Command, error: EndError | None, rows: dict[int, Row]) -> Answer:
    loser = rows.get(_id(command.refs["loser"]))
    if loser is not None and _replaced_by(loser) == _id(command.ref):
        return done(command, verified=True)
    unseen = Answer(command.key, Outcome.TRANSIENT, command.ref, "merged, but a read back does not show it yet")
    return failed(command, error) if error else unseen


def _replaced_by(row: Row) -> int | None:
    return int(row["replaced_by."]["id"]) if row.get("replaced_by.") else None


def _ids(group: Sequence[Command]) -> list[int]:
    refs = [ref for command in group for ref in (command.ref, command.refs.get("loser"))]
    return sorted({_id(ref) for ref in refs} - {0})


def _id(ref: Ref | None) -> int:
    return int(ref.id) if ref and ref.id.isdigit() else 0
