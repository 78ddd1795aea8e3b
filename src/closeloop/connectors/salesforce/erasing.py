"""ERASE: deleted, and taken out of the bin, so that nobody can bring the record back. Gone already counts as done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.connectors.salesforce.batches import in_parts
from closeloop.connectors.salesforce.client import MOST_RECORDS, Client, Errors
from closeloop.connectors.salesforce.refusals import outcome_of, reason_of
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.connectors.salesforce.soap import ids_call
from closeloop.ports import Answer, Command, Outcome

_IN_BIN = {"ENTITY_IS_DELETED"}
_GONE = {"INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND", "INVALID_ID_FIELD"}


class Eraser:
    """Carries out ERASE commands."""

    def __init__(self, client: Client, shapes: Shapes) -> None:
        self._client, self._shapes = client, shapes

    def erase(self, group: Sequence[Command]) -> list[Answer]:
        """One answer for each; a repeat goes on where the first attempt ended. Raises EndError."""
        lacking = 'erase needs the record concerned ("ref")'
        answers = [Answer(c.key, Outcome.PERMANENT, None, lacking) for c in group if c.ref is None]
        for some in in_parts([command for command in group if command.ref is not None], MOST_RECORDS):
            deleted = [result.errors for result in self._client.delete(_ids(some))]
            answers += [self._refused(c, one) for c, one in zip(some, deleted, strict=True) if not _may_go_on(one)]
            left = [command for command, one in zip(some, deleted, strict=True) if _may_go_on(one)]
            emptied = self._empty(_ids(left)) if left else {}
            answers += [self._ended(command, emptied) for command in left]
        return answers

    def _empty(self, ids: Sequence[str]) -> Mapping[str, Errors]:
        errors = self._client.soap(lambda session: ids_call(session, "emptyRecycleBin", ids), len(ids))
        return dict(zip(ids, errors, strict=True))

    def _ended(self, command: Command, emptied: Mapping[str, Errors]) -> Answer:
        errors = emptied[command.ref.id] if command.ref else ()
        if all(error.code in _GONE | _IN_BIN for error in errors):
            return Answer(command.key, Outcome.DONE, command.ref, "gone" if errors else "")
        return self._refused(command, errors)

    def _refused(self, command: Command, errors: Errors) -> Answer:
        why = reason_of(command, errors, {}, self._shapes.fields_if_told(command.object))
        return Answer(command.key, outcome_of(command, errors), command.ref, f"not erased: {why}")


def _may_go_on(errors: Errors) -> bool:
    return all(error.code in _IN_BIN | _GONE for error in errors)


def _ids(commands: Sequence[Command]) -> list[str]:
    return [command.ref.id for command in commands if command.ref]
