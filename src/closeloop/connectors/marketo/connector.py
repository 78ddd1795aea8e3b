"""Marketo as a `Connector`: the list of what it can do, each ability in a file of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from closeloop.connectors.marketo import costs
from closeloop.connectors.marketo.client import Rest, TooLarge
from closeloop.connectors.marketo.cursor import read_cursor
from closeloop.connectors.marketo.describe import describe
from closeloop.connectors.marketo.gone import erase, restore
from closeloop.connectors.marketo.imports import SIZE, File, Imports, files
from closeloop.connectors.marketo.inactive import change_active
from closeloop.connectors.marketo.lanes import Batch, Lane, batch, refusal
from closeloop.connectors.marketo.leads import BATCH, OBJECT, Leads, to_ref
from closeloop.connectors.marketo.lists import Lists, change_membership
from closeloop.connectors.marketo.merging import merge
from closeloop.connectors.marketo.names import KEY
from closeloop.connectors.marketo.pull import LOG_KEPT, LOOK_BACK, load_page, mark, pull_page
from closeloop.connectors.marketo.scan import scan_page
from closeloop.connectors.marketo.shapes import Usage
from closeloop.connectors.marketo.writes import create, survivor, update
from closeloop.ports import Answer, Command, Limits, Outcome, Owner, Pulled, Record, Ref, Shape, Verb
from closeloop.words.errors import Barred, EndError, Permanent, Transient

_DAILY_QUOTA = 50_000
_PATIENCE = timedelta(seconds=40)
"""Less than the hub's lease of a command: what takes longer is asked about again."""


class Marketo:
    """One Marketo instance.

    Args:
        rest: how to call it.
        extra_fields: fields of leads to be read besides the usual ones (`names.READ`).
        nurture_lists: names of the static lists and programmes that a deactivated lead must not be on.
        look_back: how far each round of reading goes back behind the beginning of the last one.
        daily_quota: calls a day by the contract; Marketo tells only how many were made.
        since: the day from which there are leads; None has it found out.
        log_kept: how long Marketo keeps its log of deletions.
        programme_status: what somebody who joins a programme is given.
        patience: how long an import of many is waited for.
        pause: waits that many seconds.
        listen_every: how long a round of reading rests after the last one; a round is at least four calls.
    """

    system = "marketo"
    person_objects: tuple[str, ...] = (OBJECT,)
    can_merge = frozenset({OBJECT})
    batch_size = BATCH
    bulk_size = SIZE
    bulk_from = 0

    def __init__(
        self,
        rest: Rest,
        *,
        extra_fields: Sequence[str] = (),
        nurture_lists: Sequence[str] = (),
        look_back: timedelta = LOOK_BACK,
        daily_quota: int = _DAILY_QUOTA,
        since: datetime | None = None,
        log_kept: timedelta = LOG_KEPT,
        programme_status: str = "Member",
        patience: timedelta = _PATIENCE,
        pause: Callable[[float], object] = threading.Event().wait,
        listen_every: timedelta = timedelta(0),
    ) -> None:
        self._rest, self._leads = rest, Leads(rest, extra_fields)
        self._lists = Lists(rest, programme_status)
        self._imports = Imports(rest, self._leads, pause, patience)
        self._nurture_lists, self._look_back, self._daily_quota = tuple(nurture_lists), look_back, daily_quota
        self._since, self._log_kept, self._pause = since, log_kept, pause
        self._listen_every, self._rests_until = listen_every, rest.clock.now()
        self._merged: dict[str, str] = {}

    @property
    def calls(self) -> int:
        """Requests made, those for a token left out."""
        return self._rest.calls

    def cost(self, commands: Sequence[Command]) -> int:
        """How many calls a `push` of these would make, when nothing fails."""
        files, batches = self._sorted([command for command in commands if not refusal(command)])
        return sum(map(costs.of_file, files)) + costs.of_batches(batches, self._nurture_lists, self._lists.knows)

    def discover(self) -> Sequence[Shape]:
        """The lead's fields by the vendor's describe2, under the process's names."""
        return [describe(self._leads)]

    def owners(self) -> Sequence[Owner]:
        """Leads of Marketo have no owner there."""
        return ()

    def pull(self, cursor: str | None) -> Pulled:
        """The next page of changed leads, acts, merges and deletions; what is as it was is not repeated.

        From the beginning (None), all leads and the acts that are kept come first, by bulk extract.
        """
        at = None if cursor is None else read_cursor(cursor)
        if at is None or at.load is not None:
            pulled = load_page(self._rest, self._leads, at, self._since, self._look_back)
        elif at.began_at is None and self._rest.clock.now() < self._rests_until:
            return Pulled((), at.text(), more=False)
        else:
            pulled = pull_page(self._rest, self._leads, at, self._look_back, self._log_kept)
            self._rests_until = self._rest.clock.now() + self._listen_every
        self._merged.update({record.id: record.became[0].id for record in pulled.records if record.became})
        return pulled

    def mark(self) -> str:
        """A cursor that stands for now."""
        return mark(self._rest).text()

    def objects(self) -> Sequence[str]:
        """Leads alone: acts are told by `pull`, and the vendor throws them away after a time."""
        return (OBJECT,)

    def count(self, object_name: str) -> int | None:
        """None: Marketo does not say how many leads there are."""
        _must_be_lead(object_name)
        return None

    def scan(self, object_name: str, after: str | None) -> Pulled:
        """The next page of all leads, by bulk extract over windows of 31 days; waits for each file to be made."""
        _must_be_lead(object_name)
        return scan_page(self._rest, self._leads, self._since, after, self._pause)

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands in calls of up to 300, keeping their order for each person; far more go as files.

        When Marketo cannot be reached or asks for patience, the calls that are left are not made.
        """
        refused = {command.key: why for command in commands if (why := refusal(command))}
        answers = {key: Answer(key, Outcome.PERMANENT, reason=why) for key, why in refused.items()}
        files, batches = self._sorted([command for command in commands if command.key not in refused])
        jobs: list[tuple[Sequence[Command], Callable[[Sequence[Command]], list[Answer]]]] = []
        jobs += [(file.commands, partial(self._import, file)) for file in files]
        jobs += [(one.commands, partial(self._carry_out, one.lane)) for one in batches]
        halted: Transient | Barred | None = None
        for several, carry_out in jobs:
            made = _all(several, halted) if halted is not None else []
            if halted is None:
                made, halted = _attempt(carry_out, several)
            answers.update({answer.key: answer for answer in made})
        return [answers[command.key] for command in commands]

    def read_back(self, object_name: str, our_keys: Sequence[str]) -> Mapping[str, Record]:
        """The leads that carry these keys of ours, read now."""
        _must_be_lead(object_name)
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

    def _sorted(self, commands: Sequence[Command]) -> tuple[list[File], list[Batch]]:
        """What goes as files, and in batches afterwards; nobody is in both."""
        sent = files(commands) if len(commands) > BATCH else []
        filed = {command.key for file in sent for command in file.commands}
        return sent, batch([command for command in commands if command.key not in filed])

    def _import(self, file: File, commands: Sequence[Command]) -> list[Answer]:
        return self._imports.carry_out(file.part(commands), self._merged)

    def _carry_out(self, lane: Lane, commands: Sequence[Command]) -> list[Answer]:
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
            case Verb.ERASE:
                return erase(self._leads, commands)
            case Verb.RESTORE:
                return restore(self._leads, commands, self._merged)
            case _:
                return update(self._leads, commands, detail, self._merged)


def _must_be_lead(object_name: str) -> None:
    if object_name != OBJECT:
        raise Permanent(f"Marketo has no {object_name!r} that is listed or written; valid is {OBJECT}")


def _attempt(
    carry_out: Callable[[Sequence[Command]], list[Answer]], commands: Sequence[Command]
) -> tuple[list[Answer], Transient | Barred | None]:
    try:
        return carry_out(commands), None
    except TooLarge as error:
        if len(commands) == 1:
            return _all(commands, error), None
        half = len(commands) // 2
        first, halted = _attempt(carry_out, commands[:half])
        if halted is not None:
            return first + _all(commands[half:], halted), halted
        second, halted = _attempt(carry_out, commands[half:])
        return first + second, halted
    except (Transient, Barred) as error:
        return _all(commands, error), error
    except EndError as error:
        return _all(commands, error), None


def _all(commands: Sequence[Command], error: EndError) -> list[Answer]:
    """The same answer for all commands of a call that failed as a whole."""
    if not isinstance(error, Transient | Barred):
        return [Answer(command.key, Outcome.PERMANENT, command.ref, str(error)) for command in commands]
    asked = error.retry_after if isinstance(error, Transient) else None
    after = asked.total_seconds() if asked else None
    return [Answer(command.key, Outcome.TRANSIENT, command.ref, str(error), after) for command in commands]
