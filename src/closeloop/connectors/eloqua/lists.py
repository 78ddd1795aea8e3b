"""JOIN and LEAVE: shared lists, changed by sync actions of the Bulk API, any number of contacts in one run."""

from __future__ import annotations

from collections.abc import Sequence

from closeloop.connectors.eloqua.bulk import Bulk
from closeloop.connectors.eloqua.names import LEAD
from closeloop.declared.rest.shapes import dig
from closeloop.ports import Answer, Command, Outcome, Verb
from closeloop.words.errors import Permanent

_ACTION = {Verb.JOIN: "add", Verb.LEAVE: "remove"}
_BY_ID, _BY_EMAIL = "{{Contact.Id}}", "{{Contact.Field(C_EmailAddress)}}"


class Lists:
    """The shared lists of one instance; their numbers are asked for once."""

    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk
        self._numbers: dict[str, str] = {}

    def change(self, verb: Verb, name: str, commands: Sequence[Command]) -> list[Answer]:
        """Carry out JOIN or LEAVE commands about one list: contacts by id, or by address where there is no id.

        Raises:
            Permanent: there is no list of this name.
        """
        rejected: set[str] = set()
        by_id = [command.ref.id for command in commands if command.ref]
        by_email = [str(command.fields["email"]) for command in commands if not command.ref]
        for statement, values in ((_BY_ID, by_id), (_BY_EMAIL, by_email)):
            if values:
                rejected |= self.move(verb, name, statement, values)
        return [self._answer(command, rejected) for command in commands]

    def leave(self, name: str, ids: Sequence[str]) -> None:
        """Take contacts off a list. Raises as `change`."""
        self.move(Verb.LEAVE, name, _BY_ID, ids)

    def cost(self, name: str, *, by_id: bool, by_email: bool) -> int:
        """The calls of one `change`."""
        return 3 * (by_id + by_email) + (name not in self._numbers)

    def move(self, verb: Verb, name: str, statement: str, values: Sequence[str]) -> set[str]:
        """Add or remove contacts, known by what `statement` says: the values that no contact has."""
        definition = {
            "name": f"closeloop {verb} {name}",
            "fields": {"who": statement},
            "identifierFieldName": "who",
            "isSyncTriggeredOnImport": True,
            "syncActions": [{"action": _ACTION[verb], "destination": f"{{{{ContactList[{self._number(name)}]}}}}"}],
        }
        uri = self._bulk.define("/contacts/syncActions", definition)
        sync = self._bulk.stage(uri, [{"who": value} for value in dict.fromkeys(values)])
        if not self._bulk.wait(sync):
            return set()
        return {str(dig(one, "fieldValues.who")) for one in self._bulk.rejects(sync)}

    def _number(self, name: str) -> str:
        if name not in self._numbers:
            number = self._bulk.list_of(name)
            if number is None:
                raise Permanent(
                    f"list = {name!r}: Eloqua has no such shared list; make it there, or name one that exists"
                )
            self._numbers[name] = number
        return self._numbers[name]

    def _answer(self, command: Command, rejected: set[str]) -> Answer:
        if command.ref is not None:
            if command.ref.id in rejected:
                reason = f"Lead {command.ref.id} is gone at Eloqua: deleted, or merged into another"
                return Answer(command.key, Outcome.CHANGED, command.ref, reason)
            return Answer(command.key, Outcome.DONE, command.ref)
        email = str(command.fields["email"])
        if email in rejected:
            reason = f"email = {email!r}: Eloqua has no such contact; create it first"
            return Answer(command.key, Outcome.PERMANENT, reason=reason)
        return Answer(command.key, Outcome.DONE)


def refusal(command: Command) -> str:
    """Why this JOIN or LEAVE makes no sense; "" when it does."""
    if not command.fields.get("list"):
        return f"{command.verb} needs fields['list'], the name of a shared list"
    if command.ref is None and not command.fields.get("email"):
        return f"{command.verb} needs the contact's id or its email"
    if command.object != LEAD or (command.ref is not None and command.ref.object != LEAD):
        return f"only a {LEAD} can be on a shared list of contacts"
    return ""
