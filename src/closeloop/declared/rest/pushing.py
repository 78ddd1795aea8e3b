"""Carrying out commands: each a request as the declaration says, one answer each, a create never twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from closeloop.declared.rest.listing import GONE, Listing, Row
from closeloop.declared.rest.nouns import Call
from closeloop.declared.rest.refusals import Refused
from closeloop.declared.rest.shapes import dig, shaped
from closeloop.declared.rows import recipe, to_row
from closeloop.declared.values import as_text
from closeloop.ports import Answer, Command, Outcome, Ref, Value, Verb
from closeloop.words.errors import BadInput, Barred, Changed, EndError, Permanent, Transient

_CONFLICT = 409
_CLASH = (400, _CONFLICT, 422)
"""How vendors say that a record with the same unique value is there."""


class NotShown(Transient):
    """The vendor took a write, but does not show it yet: a matter of this record alone."""


class Pushing:
    """Writes to the objects of one vendor."""

    def __init__(self, vendor: str, listings: Mapping[str, Listing]) -> None:
        self._vendor, self._listings = vendor, listings

    def answer(self, command: Command) -> Answer:
        """Carry out one command, whatever the vendor says to it.

        Raises:
            Transient, Barred: the vendor cannot be reached, asks for patience or does not let us in; so it is with the
                next command.
        """
        try:
            return self._carried_out(command)
        except NotShown as error:
            return Answer(command.key, Outcome.TRANSIENT, command.ref, str(error))
        except (Transient, Barred):
            raise
        except Changed as error:
            return Answer(command.key, Outcome.CHANGED, command.ref, str(error))
        except (EndError, BadInput) as error:
            return Answer(command.key, Outcome.PERMANENT, command.ref, self._in_names(command, str(error)))

    def _in_names(self, command: Command, reason: str) -> str:
        """A vendor that knows fields by numbers names them so when it refuses a value."""
        listing = self._listings.get(command.object)
        for names in listing.names().values() if listing and not listing.n_unasked() else ():
            for number, name in names.items():
                reason = reason.replace(f" {number} = ", f" {name} = ")
        return reason

    def cost(self, command: Command) -> int:
        """How many calls `answer` would make when nothing fails; names of fields are asked for apart."""
        listing = self._listings.get(command.object)
        if listing is None:
            return 0
        try:
            return self._cost(command, listing)
        except (BadInput, Permanent):
            return 0

    def _cost(self, command: Command, listing: Listing) -> int:
        match command.verb:
            case Verb.CREATE | Verb.RESTORE:
                self._needed(listing, "create")
                to_row(listing.declared, command.fields, command.refs)
                return 1 + (command.attempt > 1 or command.verb is Verb.RESTORE)
            case Verb.UPDATE | Verb.TELL:
                self._needed(listing, "update")
                return self._update_calls(listing) * bool(self._row(command, listing))
            case Verb.DEACTIVATE | Verb.REACTIVATE:
                self._recipe(command, listing)
                return self._update_calls(listing) + 1
            case Verb.ERASE:
                self._needed(listing, "delete")
                return 1
        return 0

    def _update_calls(self, listing: Listing) -> int:
        return 2 if listing.calls.whole or listing.calls.send else 1

    def _carried_out(self, command: Command) -> Answer:
        listing = self._listings.get(command.object)
        if listing is None:
            valid = ", ".join(self._listings)
            raise Permanent(f"{self._vendor} has no {command.object!r} in its declaration; valid are {valid}")
        match command.verb:
            case Verb.CREATE:
                return self._create(command, listing)
            case Verb.UPDATE | Verb.TELL:
                return self._update(command, listing)
            case Verb.DEACTIVATE | Verb.REACTIVATE:
                return self._change_active(command, listing)
            case Verb.RESTORE:
                return self._restore(command, listing)
            case Verb.ERASE:
                return self._erase(command, listing)
            case Verb.MERGE:
                raise Permanent(
                    f"{self._vendor} does not merge records by its interface; merge the two there, and the hub follows"
                )
            case Verb.CONVERT:
                raise Permanent(f"{self._vendor} does not convert leads; make the contact and the account apart")
            case Verb.JOIN | Verb.LEAVE:
                raise Permanent(f"{self._vendor} has no lists in its declaration; write a field that it watches")
            case _:
                raise Permanent(f"{self._vendor} does not {command.verb}; that belongs to another system")

    def _create(self, command: Command, listing: Listing) -> Answer:
        call = self._needed(listing, "create")
        key, our_key = listing.declared.key, command.our_key
        if not key or not our_key:
            raise Permanent(
                f"{command.object}: a create needs our_key and the column `key`; without them it is not safe"
            )
        row = {**to_row(listing.declared, command.fields, command.refs), key: our_key}
        if command.attempt > 1 and (there := listing.by_key(our_key)) is not None:
            return Answer(command.key, Outcome.DONE, Ref(command.object, listing.record(there).id))
        try:
            reply = listing.ask(call, body=self._body(listing, row))
        except Refused as refused:
            other = self._in_the_way(command, listing) if refused.status in _CLASH else None
            if other is None and command.attempt > 1 and refused.status == _CONFLICT:
                # It may be our own, which reads do not show yet.
                raise NotShown(f"{refused} It may be what an earlier attempt made") from refused
            if other is None:
                raise
            ref = Ref(command.object, listing.record(other).id)
            self._write(listing, ref.id, row)
            return Answer(command.key, Outcome.DONE, ref, "was there already, and is taken")
        return self._made(command, listing, as_text(dig(reply.body, call.id)), our_key)

    def _made(self, command: Command, listing: Listing, id_: str | None, our_key: str) -> Answer:
        if id_ is None:
            there = listing.by_key(our_key)
            if there is None:
                raise NotShown(f"{self._vendor} made a {command.object}, but neither tells its id nor finds it yet")
            id_ = listing.record(there).id
        return Answer(command.key, Outcome.DONE, Ref(command.object, id_), created=True)

    def _in_the_way(self, command: Command, listing: Listing) -> Row | None:
        """The record that a refused create would have doubled."""
        try:
            rows = listing.twins(command.fields)
        except BadInput:
            return None
        return rows[0] if len(rows) == 1 else None

    def _update(self, command: Command, listing: Listing) -> Answer:
        row = self._row(command, listing)
        ref = self._ref(command)
        if row:
            self._write(listing, ref.id, row)
        return Answer(command.key, Outcome.DONE, ref)

    def _row(self, command: Command, listing: Listing) -> dict[str, Value]:
        told = command.verb is Verb.TELL
        fields = {name: value for name, value in command.fields.items() if not (told and name == "email")}
        return to_row(listing.declared, fields, command.refs)

    def _change_active(self, command: Command, listing: Listing) -> Answer:
        ref, row = self._ref(command), self._recipe(command, listing)
        self._write(listing, ref.id, row)
        there = listing.one(ref.id)
        wanted = command.verb is Verb.REACTIVATE
        if there is not None and listing.record(there).active is wanted:
            return Answer(command.key, Outcome.DONE, ref, verified=True)
        raise NotShown(f"{command.object} {ref.id} was written, but reading it back does not show it yet")

    def _recipe(self, command: Command, listing: Listing) -> dict[str, Value]:
        self._needed(listing, "update")
        active = command.verb is Verb.REACTIVATE
        row = recipe(listing.declared, active=active, present=listing.wire.clock.now().isoformat())
        reason = "reason" if "reason" in (listing.declared.fields or {}) and not active else ""
        if reason and reason in listing.declared.write:
            row.update(to_row(listing.declared, {reason: command.fields.get(reason)}))
        if active and "owner" in listing.declared.refs and "owner" in listing.declared.write:
            owner = as_text(command.fields.get("owner"))
            if owner:
                row.update(to_row(listing.declared, {}, {"owner": Ref(listing.declared.refs["owner"].to, owner)}))
        return row

    def _restore(self, command: Command, listing: Listing) -> Answer:
        there = listing.by_key(command.our_key) if command.our_key else None
        if there is not None:
            return Answer(command.key, Outcome.DONE, Ref(command.object, listing.record(there).id))
        return self._create(replace(command, verb=Verb.CREATE, attempt=1), listing)

    def _erase(self, command: Command, listing: Listing) -> Answer:
        call, ref = self._needed(listing, "delete"), self._ref(command)
        try:
            listing.ask(call, ref.id)
        except Refused as refused:
            if refused.status not in GONE:
                raise
            listing.check_alive()
        return Answer(command.key, Outcome.DONE, ref)

    def _write(self, listing: Listing, id_: str, row: Mapping[str, object]) -> None:
        call, calls = self._needed(listing, "update"), listing.calls
        if calls.whole or calls.send:
            there = listing.one(id_)
            if there is None:
                raise Changed(self._gone(listing, id_))
            row = {**{name: there[name] for name in there if calls.whole or name in calls.send}, **row}
        try:
            listing.ask(call, id_, self._body(listing, row))
        except Refused as refused:
            if refused.status not in GONE:
                raise
            listing.check_alive()
            raise Changed(self._gone(listing, id_)) from refused

    def _gone(self, listing: Listing, id_: str) -> str:
        return f"{listing.declared.name} {id_} is gone at {self._vendor}: deleted, or merged into another"

    def _body(self, listing: Listing, row: Mapping[str, object]) -> object:
        calls = listing.calls
        body = shaped(row, calls.pairs, calls.moments, listing.names())
        return {calls.wrap: body} if calls.wrap else body

    def _ref(self, command: Command) -> Ref:
        if command.ref is None or command.ref.object != command.object:
            raise Permanent(f"{command.verb} needs the id of a {command.object} at {self._vendor}")
        return command.ref

    def _needed(self, listing: Listing, name: str) -> Call:
        calls = listing.calls
        call = {"create": calls.create, "update": calls.update, "delete": calls.delete}[name]
        if call is None:
            raise Permanent(
                f"{listing.declared.name} has no `rest.{name}` in its declaration, so the hub does not {name} it at"
                f" {self._vendor}; add the request there, or leave it to that system"
            )
        return call
