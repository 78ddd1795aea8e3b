"""Marketo as a `Connector`: the list of what it can do, each ability in a file of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from closeloop.connectors.marketo.client import Rest, TooLarge
from closeloop.connectors.marketo.cursor import read_cursor
from closeloop.connectors.marketo.describe import describe
from closeloop.connectors.marketo.inactive import change_active
from closeloop.connectors.marketo.lanes import Lane, batch, refusal
from closeloop.connectors.marketo.leads import BATCH, OBJECT, Leads, to_ref
from closeloop.connectors.marketo.lists import Lists, change_membership
from closeloop.connectors.marketo.merging import merge
from closeloop.connectors.marketo.names import KEY
from closeloop.connectors.marketo.pull import LOOK_BACK, pull_page
from closeloop.connectors.marketo.shapes import Usage
from closeloop.connectors.marketo.writes import create, survivor, update
from closeloop.ports import Answer, Command, Limits, Outcome, Pulled, Record, Ref, Shape, Verb
from closeloop.words.errors import EndError, Permanent, Transient

_DAILY_QUOTA = 50_000


class Marketo:
    """One Marketo instance.

    Args:
        rest: how to call it.
        extra_fields: fields of leads to be read besides the usual ones (`names.READ`).
        nurture_lists: names of the static lists that a deactivated lead must not be on.
        look_back: how far each round of reading goes back behind the beginning of the last one.
        daily_quota: calls a day by the contract; Marketo tells only how many were made.
    """

    system = "marketo"
    person_objects: tuple[str, ...] = (OBJECT,)
    can_merge = frozenset({OBJECT})
    batch_size = BATCH

    def __init__(
        self,
        rest: Rest,
        *,
        extra_fields: Sequence[str] = (),
        nurture_lists: Sequence[str] = (),
        look_back: timedelta = LOOK_BACK,
        daily_quota: int = _DAILY_QUOTA,
    ) -> None:
        self._rest, self._leads, self._lists = rest, Leads(rest, extra_fields), Lists(rest)
        self._nurture_lists, self._look_back, self._daily_quota = tuple(nurture_lists), look_back, daily_quota
        self._merged: dict[str, str] = {}

    def discover(self) -> Sequence[Shape]:
        """The lead's fields by the vendor's describe2, under the process's names."""
        return [describe(self._rest)]

    def pull(self, cursor: str | None) -> Pulled:
        """The next page of changed leads, acts, merges and deletions; what is as it was is not repeated."""
        pulled = pull_page(self._rest, self._leads, read_cursor(cursor), self._look_back)
        self._merged.update({record.id: record.became[0].id for record in pulled.records if record.became})
        return pulled

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands in calls of up to 300, keeping their order for each person.

        When Marketo cannot be reached or asks for patience, the calls that are left are not made.
        """
        refused = {command.key: why for command in commands if (why := refusal(command))}
        answers = {key: Answer(key, Outcome.PERMANENT, reason=why) for key, why in refused.items()}
        halted: Transient | None = None
        for one in batch([command for command in commands if command.key not in refused]):
            if halted is None:
                made, halted = self._attempt(one.lane, one.commands)
            else:
                made = _all(one.commands, halted)
            answers.update({answer.key: answer for answer in made})
        return [answers[command.key] for command in commands]

    def read_back(self, object_name: str, our_keys: Sequence[str]) -> Mapping[str, Record]:
        """The leads that carry these keys of ours, read now."""
        if object_name != OBJECT:
            raise Permanent(f"Marketo has no {object_name!r} that we write; valid is {OBJECT}")
        return {record.our_key: record for record in self._leads.records(KEY, our_keys) if record.our_key}

    def fetch(self, refs: Sequence[Ref]) -> Mapping[Ref, Record]:
        """These leads as they stand now. One that is gone is absent, or points to its winner if a merge was heard."""
        asked = [ref for ref in refs if ref.object == OBJECT and ref.id.isdigit()]
        found = {to_ref(record.id): record for record in self._leads.records("id", (ref.id for ref in asked))}
        for ref in asked:
            winner = survivor(ref.id, self._merged)
            if ref not in found and winner is not None:
                now = self._rest.clock.now()
                found[ref] = Record(OBJECT, ref.id, "person", now, became=(to_ref(winner),))
        return found

    def limits(self) -> Limits:
        """What is left of the daily quota; asking is a call."""
        usage = self._rest.get("stats/usage.json").rows(Usage)
        used = sum(day.total for day in usage)
        return Limits(max(self._daily_quota - used, 0), self._daily_quota)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Marketo does not sign webhooks, so none is believed."""
        return False

    def close(self) -> None:
        """Let go of connections."""
        self._rest.close()

    def _attempt(self, lane: Lane, commands: list[Command]) -> tuple[list[Answer], Transient | None]:
        try:
            return self._carry_out(lane, commands), None
        except TooLarge as error:
            if len(commands) == 1:
                return _all(commands, error), None
            half = len(commands) // 2
            first, halted = self._attempt(lane, commands[:half])
            if halted is not None:
                return first + _all(commands[half:], halted), halted
            second, halted = self._attempt(lane, commands[half:])
            return first + second, halted
        except Transient as error:
            return _all(commands, error), error
        except EndError as error:
            return _all(commands, error), None

    def _carry_out(self, lane: Lane, commands: list[Command]) -> list[Answer]:
        verb, detail = lane
        match verb:
            case Verb.CREATE:
                return create(self._leads, commands, detail)
            case Verb.JOIN | Verb.LEAVE:
                return change_membership(self._lists, self._leads, commands, verb, detail, self._merged)
            case Verb.MERGE:
                return [merge(self._rest, self._leads, command, self._merged) for command in commands]
            case Verb.DEACTIVATE | Verb.REACTIVATE:
                return change_active(self._leads, self._lists, self._nurture_lists, commands, self._merged)
            case _:
                return update(self._leads, commands, detail, self._merged)


def _all(commands: Sequence[Command], error: EndError) -> list[Answer]:
    """The same answer for all commands of a call that failed as a whole."""
    if not isinstance(error, Transient):
        return [Answer(command.key, Outcome.PERMANENT, command.ref, str(error)) for command in commands]
    after = error.retry_after.total_seconds() if error.retry_after else None
    return [Answer(command.key, Outcome.TRANSIENT, command.ref, str(error), after) for command in commands]
