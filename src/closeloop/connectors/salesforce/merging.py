"""MERGE: two records of one object become one. There is no way back, so it is asked once, and always read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from closeloop.connectors.salesforce.answers import failed
from closeloop.connectors.salesforce.client import MOST_RECORDS, Body, Client
from closeloop.connectors.salesforce.judging import BadCall, VendorError
from closeloop.connectors.salesforce.reading import Reader
from closeloop.connectors.salesforce.refusals import outcome_of, reason_of
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.connectors.salesforce.soap import merge_call
from closeloop.connectors.salesforce.writing import body
from closeloop.ports import Answer, Command, Outcome, Record, Ref
from closeloop.words.errors import EndError

CAN_MERGE = frozenset({"Lead", "Contact", "Account"})


class Merger:
    """Carries out MERGE commands of one object."""

    def __init__(self, client: Client, shapes: Shapes, reader: Reader) -> None:
        self._client, self._shapes, self._reader = client, shapes, reader

    def merge(self, group: Sequence[Command], now: datetime) -> list[Answer]:
        """One answer for each; a repeated command is looked for first: its answer may be lost. Raises EndError."""
        answers = [Answer(c.key, Outcome.PERMANENT, c.ref, why) for c in group if (why := refusal(c))]
        open_ones = [command for command in group if not refusal(command)]
        repeated = [command for command in open_ones if command.attempt > 1]
        before = self._reader.fetch(map(_loser, repeated), whole=False) if repeated else {}
        done = [command for command in repeated if _stands(command, before)]
        answers += [Answer(c.key, Outcome.DONE, c.ref, "merged by an earlier attempt", verified=True) for c in done]
        fresh = [command for command in open_ones if command not in done]
        for start in range(0, len(fresh), MOST_RECORDS):
            answers += self._send(fresh[start : start + MOST_RECORDS], now)
        return answers

    def _send(self, commands: Sequence[Command], now: datetime) -> list[Answer]:
        said = [body(command, command.fields, now) for command in commands]
        try:
            merges = [(one, _loser(c).id) for one, c in zip(said, commands, strict=True)]
            errors = self._client.soap(lambda session: merge_call(session, merges), len(merges))
        except BadCall as refused:
            if len(commands) == 1:
                return [failed(commands[0], refused)]
            half = len(commands) // 2  # nothing was done, so the rest of it may be sent again
            return self._send(commands[:half], now) + self._send(commands[half:], now)
        except EndError as error:
            return [failed(command, error) for command in commands]
        pairs = (ref for command in commands for ref in (_loser(command), command.ref) if ref)
        after = self._reader.fetch(pairs, whole=False)
        failing = [command for command, found in zip(commands, errors, strict=True) if found]
        after |= self._reader.fetch((c.refs["account"] for c in failing if "account" in c.refs), whole=False)
        return [
            self._answer(command, one, found, after) for command, one, found in zip(commands, said, errors, strict=True)
        ]

    def _answer(
        self,
        command: Command,
        said: Body,
        errors: Sequence[VendorError],
        after: Mapping[Ref, Record],
    ) -> Answer:
        if _stands(command, after):
            return Answer(command.key, Outcome.DONE, command.ref, verified=True)
        if not errors:
            reason = "merged, but a read back does not show it yet"
            return Answer(command.key, Outcome.TRANSIENT, command.ref, reason)
        outcome = outcome_of(command, errors)
        if outcome is Outcome.CHANGED:
            return _moved(command, errors, after)
        reason = reason_of(command, errors, said, self._shapes.fields_if_told(command.object))
        return Answer(command.key, outcome, command.ref, reason)


def refusal(command: Command) -> str:
    """Why these two cannot be merged at all; "" when they can."""
    loser = command.refs.get("loser")
    if command.ref is None or loser is None:
        return 'merge needs the record that survives and refs["loser"], the one that goes into it'
    if command.object not in CAN_MERGE or loser.object != command.object or command.ref.object != command.object:
        valid = ", ".join(sorted(CAN_MERGE))
        return f"salesforce merges no {loser.object} into a {command.object}; valid are two of one object: {valid}"
    return ""


def _loser(command: Command) -> Ref:
    return command.refs["loser"]


def _stands(command: Command, read: Mapping[Ref, Record]) -> bool:
    """Whether the loser was read as a part of the survivor."""
    loser = read.get(_loser(command))
    return loser is not None and command.ref in loser.became


def _moved(command: Command, errors: Sequence[VendorError], read: Mapping[Ref, Record]) -> Answer:
    """One of the two is not what it was; where it lives on, as far as it can be read."""
    never_there = any(error.code == "INVALID_CROSS_REFERENCE_KEY" for error in errors)
    for ref in (_loser(command), command.ref):
        record = read.get(ref) if ref else None
        if record is not None and record.became:
            what = f"{record.object} {record.id} became {record.became[0].object} {record.became[0].id}"
            return Answer(command.key, Outcome.CHANGED, ref, f"not merged: {what}", became=record.became)
        if ref is not None and (never_there if record is None else record.deleted):
            return Answer(command.key, Outcome.CHANGED, ref, f"not merged: {ref.object} {ref.id} was deleted")
    account = command.refs.get("account")
    if account is not None and ((record := read.get(account)) is None or record.deleted or record.became):
        reason = f"not merged: Account {account.id} is gone; try it again, and it goes to the person's account of then"
        return Answer(command.key, Outcome.PERMANENT, command.ref, reason)
    reason = "one of the two is gone, and a read back still shows both"
    return Answer(command.key, Outcome.TRANSIENT, command.ref, reason)
