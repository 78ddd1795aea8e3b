"""Eloqua as a `Connector`: its data by declaration, and what a declaration cannot say: activities, lists, bulk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

import msgspec

from closeloop.connectors.eloqua.activities import OBJECT as ACTIVITY
from closeloop.connectors.eloqua.activities import Activities, Round
from closeloop.connectors.eloqua.bulk import Bulk, SyncFailed
from closeloop.connectors.eloqua.imports import MOST, Imports
from closeloop.connectors.eloqua.lists import Lists, refusal
from closeloop.connectors.eloqua.names import LEAD, hub_record, vendor_command
from closeloop.declared.rest.system import RestSystem, put_off_all
from closeloop.ports import Answer, Command, Limits, Outcome, Owner, Pulled, Record, Ref, Shape, ShapeField, Verb
from closeloop.words.errors import Barred, EndError, Permanent, Transient

_MEMBERSHIP = (Verb.JOIN, Verb.LEAVE)
_MOST_WAITS = 60
_EARLIEST = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where both readings stand: `records` as the declaration's own cursor, None before its first page."""

    records: str | None
    acts: Round
    reading: bool = True


class Eloqua:
    """One instance.

    Args:
        rest: its data, by declaration.
        bulk: its Bulk API.
        activities: what its contacts did.
        nurture_lists: names of the shared lists that a deactivated lead must not be on.
        pause: waits for so many seconds.
        poll_seconds: between two looks at an export that a scan waits for.
    """

    system = "eloqua"
    can_merge: frozenset[str] = frozenset()
    bulk_size = MOST

    def __init__(
        self,
        rest: RestSystem,
        bulk: Bulk,
        activities: Activities,
        *,
        nurture_lists: Sequence[str] = (),
        pause: Callable[[float], None],
        poll_seconds: float,
    ) -> None:
        self._rest, self._activities, self._lists = rest, activities, Lists(bulk)
        self._nurture_lists, self._pause, self._poll_seconds = tuple(nurture_lists), pause, poll_seconds
        self._clock, lead = rest.wire.clock, rest.listings[LEAD]
        self._imports = Imports(bulk, lead.declared, lead.calls.moments, self._clock)
        self.person_objects, self.batch_size = rest.person_objects, rest.batch_size
        self.bulk_from = self.batch_size + 1

    @property
    def calls(self) -> int:
        """Requests made, those that only sign in left out."""
        return self._rest.calls

    def cost(self, commands: Sequence[Command]) -> int:
        """Calls of one push; of a sync, one look."""
        imports = self._imports_of(commands)
        imported = {command.key for group in imports for command in group}
        singly = [command for command in commands if command.key not in imported]
        return sum(map(self._imports.cost, imports)) + self._cost_of(singly)

    def _cost_of(self, commands: Sequence[Command]) -> int:
        total = 0
        known: set[str] = set()
        for (member, name), group in groupby(commands, _lane):
            if member:
                ready = [command for command in group if not refusal(command)]
                ids, emails = any(one.ref for one in ready), any(not one.ref for one in ready)
                total += self._lists.cost(name, by_id=ids, by_email=emails) - (name in known) if ready else 0
                known.add(name)
        singles = [vendor_command(one, self._writable()) for one in commands if one.verb not in _MEMBERSHIP]
        total += self._rest.cost(singles)
        total += sum(one.verb is Verb.TELL and one.ref is None for one in commands)
        off = sum(one.verb is Verb.DEACTIVATE and one.object == LEAD for one in commands)
        if off:
            lists = self._nurture_lists
            total += sum(self._lists.cost(name, by_id=True, by_email=False) - (name in known) for name in lists)
            total += (off - 1) * 3 * len(self._nurture_lists)
        return total

    def discover(self) -> Sequence[Shape]:
        """The declared objects; of what stands in lists of fields, the type by Eloqua's own catalogue."""
        return [self._typed(shape) for shape in self._rest.discover()]

    def owners(self) -> Sequence[Owner]:
        """Those that the declaration names; Eloqua's own has none, since its contacts have no owner."""
        return self._rest.owners()

    def pull(self, cursor: str | None) -> Pulled:
        """The next page of changed records, and after them, when they are due, of activities."""
        at = self._read(cursor)
        if at.reading or at.records is None:
            pulled = self._rest.pull(at.records)
            due = not pulled.more and self._activities.is_due(at.acts)
            after = replace(at, records=pulled.cursor, reading=pulled.more)
            after = after if due else replace(after, reading=True)
            return Pulled(tuple(map(hub_record, pulled.records)), _text(after), pulled.more or due)
        records, acts, more = self._activities.step(at.acts)
        # An export that is not done yet is looked for again after the next records.
        return Pulled(tuple(records), _text(replace(at, acts=acts, reading=not more)), more)

    def mark(self) -> str:
        """A cursor for now."""
        now = self._clock.now()
        return _text(Cursor(self._rest.mark(), Round(since=now, floor=now)))

    def objects(self) -> Sequence[str]:
        """The declared objects, and the activities of a year."""
        return [*self._rest.objects(), ACTIVITY]

    def count(self, object_name: str) -> int | None:
        """What Eloqua says; of activities it does not."""
        return None if object_name == ACTIVITY else self._rest.count(object_name)

    def scan(self, object_name: str, after: str | None) -> Pulled:
        """The next page of an object; for activities, an export is waited for."""
        if object_name != ACTIVITY:
            pulled = self._rest.scan(object_name, after)
            return replace(pulled, records=tuple(map(hub_record, pulled.records)))
        at = msgspec.json.decode(after, type=Round) if after else self._from_the_first()
        for _ in range(_MOST_WAITS):
            records, at, more = self._activities.step(at)
            if records or more or at.began_at is None:
                text = msgspec.json.encode(at).decode()
                return Pulled(tuple(records), text, more=at.began_at is not None)
            self._pause(self._poll_seconds)
        raise Transient("Eloqua's export of activities takes longer than we wait; scan on later from the same place")

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands; many of one kind as imports, then the rest in order, memberships of one list together."""
        answers: dict[str, Answer] = {}
        for group in self._imports_of(commands):
            try:
                answers |= {answer.key: answer for answer in self._imports.write(group)}
            except SyncFailed as error:
                answers |= {answer.key: answer for answer in put_off_all(group, error)}
            except (Transient, Barred) as error:
                left = [command for command in commands if command.key not in answers]
                answers |= {answer.key: answer for answer in put_off_all(left, error)}
                break
            except EndError as error:
                answers |= {one.key: Answer(one.key, Outcome.PERMANENT, one.ref, str(error)) for one in group}
        answers |= {one.key: one for one in self._in_order([one for one in commands if one.key not in answers])}
        return [answers[command.key] for command in commands]

    def _in_order(self, commands: Sequence[Command]) -> list[Answer]:
        answers: list[Answer] = []
        try:
            for (member, name), group in groupby(commands, _lane):
                if member:
                    answers += self._membership(list(group), name)
                else:
                    for command in group:
                        answers.append(self._one(command))
        except (Transient, Barred) as error:
            return [*answers, *put_off_all(commands[len(answers) :], error)]
        return answers

    def read_back(self, object_name: str, our_keys: Sequence[str]) -> Mapping[str, Record]:
        """The records that carry these keys of ours, read now."""
        return {key: hub_record(one) for key, one in self._rest.read_back(object_name, our_keys).items()}

    def fetch(self, refs: Sequence[Ref]) -> Mapping[Ref, Record]:
        """These records as they stand now. One that is gone is absent: Eloqua does not say into what it was merged."""
        return {ref: hub_record(one) for ref, one in self._rest.fetch(refs).items()}

    def limits(self) -> Limits:
        """By the setting `daily_quota`; Oracle publishes no figure and sends none."""
        return self._rest.limits()

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Eloqua does not sign its calls in a way that we know, so none is believed."""
        return False

    def close(self) -> None:
        """Let go of connections."""
        self._rest.close()

    def _imports_of(self, commands: Sequence[Command]) -> list[list[Command]]:
        if len(commands) <= self.batch_size:
            return []
        return self._imports.of([vendor_command(one, self._writable()) for one in commands])

    def _writable(self) -> frozenset[str]:
        return self._rest.listings[LEAD].declared.write

    def _membership(self, lane: Sequence[Command], name: str) -> list[Answer]:
        refused = {one.key: why for one in lane if (why := refusal(one))}
        ready = [one for one in lane if one.key not in refused]
        answers = {key: Answer(key, Outcome.PERMANENT, reason=why) for key, why in refused.items()}
        try:
            made = self._lists.change(lane[0].verb, name, ready) if ready else []
        except (Transient, Barred):
            raise
        except EndError as error:
            made = [Answer(one.key, Outcome.PERMANENT, one.ref, str(error)) for one in ready]
        answers.update({answer.key: answer for answer in made})
        return [answers[command.key] for command in lane]

    def _one(self, command: Command) -> Answer:
        """Carry out one command. Raises Transient when Eloqua is away or asks for patience."""
        try:
            if command.verb is Verb.TELL and command.ref is None:
                command = replace(command, ref=self._by_email(command))
            answer = self._rest.carry_out(vendor_command(command, self._writable()))
            off = command.verb is Verb.DEACTIVATE and command.object == LEAD and answer.outcome is Outcome.DONE
            for name in self._nurture_lists if off and command.ref else ():
                self._lists.leave(name, [command.ref.id if command.ref else ""])
        except (Transient, Barred):
            raise
        except EndError as error:
            return Answer(command.key, Outcome.PERMANENT, command.ref, str(error))
        return answer

    def _by_email(self, command: Command) -> Ref:
        email, listing = command.fields.get("email"), self._rest.listings[LEAD]
        if not email:
            raise Permanent("tell needs the contact's id or its email")
        rows = listing.twins({"email": email})
        if not rows:
            raise Permanent(f"email = {email!r}: Eloqua has no such contact; create it first")
        return Ref(LEAD, listing.record(rows[0]).id)

    def _from_the_first(self) -> Round:
        earliest = self._clock.now() - _EARLIEST
        return Round(since=earliest, floor=earliest)

    def _read(self, cursor: str | None) -> Cursor:
        if cursor is None:
            return Cursor(None, self._from_the_first())
        try:
            return msgspec.json.decode(cursor, type=Cursor)
        except msgspec.DecodeError as error:
            raise Permanent(f"{cursor[:100]!r} is no cursor of Eloqua's ({error}); start over without one") from None

    def _typed(self, shape: Shape) -> Shape:
        listing = self._rest.listings[shape.object]
        kinds = {str(one.get("internalName")): str(one.get("dataType")) for one in listing.catalogue()}
        columns = listing.declared.fields or {}
        fields = [
            replace(field, type=kinds.get(columns.get(field.name, "").removeprefix("fieldValues."), field.type))
            for field in shape.fields
        ]
        named = [ShapeField("name", "text", writable=True)] if shape.object == LEAD else []
        return replace(shape, fields=(*fields, *named))


def _lane(command: Command) -> tuple[Verb | None, str]:
    """JOIN or LEAVE and its list; None and "" for all other commands, which go one by one."""
    member = command.verb in _MEMBERSHIP
    return (command.verb, str(command.fields.get("list") or "")) if member else (None, "")


def _text(at: Cursor) -> str:
    return msgspec.json.encode(at).decode()
