"""CONVERT: a lead goes into a contact, its account, perhaps a deal, made anew where none is named. Always read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.connectors.salesforce.answers import failed
from closeloop.connectors.salesforce.batches import in_parts
from closeloop.connectors.salesforce.client import Client
from closeloop.connectors.salesforce.judging import BadCall, VendorError
from closeloop.connectors.salesforce.reading import Reader
from closeloop.connectors.salesforce.refusals import outcome_of, reason_of
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.connectors.salesforce.soap import convert_call
from closeloop.ports import Answer, Command, Outcome, Record, Ref
from closeloop.words.errors import EndError, Permanent

MOST_CONVERSIONS = 100
QUEUE = "00G"
"""How ids of queues begin."""
_DEAL = "opportunity"
_INTO = (("person", "a Contact"), ("account", "an Account"), (_DEAL, "an Opportunity"))
"""The relations that name what a lead goes into, and what each may point to."""


class Converter:
    """Carries out CONVERT commands.

    `refs`: "person" (a Contact), "account" and "opportunity" it goes into, "owner" of what is made (for a lead that a
    queue owns there must be one). `fields`: `opportunity`, the name of a deal to be made, none is made without it;
    `status`, what the lead's status becomes.
    """

    def __init__(self, client: Client, shapes: Shapes, reader: Reader) -> None:
        self._client, self._shapes, self._reader = client, shapes, reader
        self._status: str | None = None

    @property
    def knows_status(self) -> bool:
        """Whether it can be told without a call what the status of a converted lead is."""
        return self._status is not None

    def convert(self, group: Sequence[Command]) -> list[Answer]:
        """One answer for each; a repeated command is looked for first: its answer may be lost. Raises EndError."""
        answers = [Answer(c.key, Outcome.PERMANENT, c.ref, why) for c in group if (why := refusal(c))]
        sound = [command for command in group if not refusal(command)]
        repeated = [command for command in sound if command.attempt > 1]
        before = self._reader.fetch((c.ref for c in repeated if c.ref), whole=False) if repeated else {}
        done = [command for command in repeated if _stands(command, before)]
        answers += [_done(command, before, "converted by an earlier attempt") for command in done]
        for some in in_parts([command for command in sound if command not in done], MOST_CONVERSIONS):
            answers += self._send(some)
        return answers

    def _send(self, commands: Sequence[Command]) -> list[Answer]:
        accounts = self._accounts_of(commands)
        said = [self._asked(command, accounts) for command in commands]
        try:
            errors = self._client.soap(lambda session: convert_call(session, said), len(said))
        except BadCall as refused:
            if len(commands) == 1:
                return [failed(commands[0], refused)]
            half = len(commands) // 2  # nothing was done, so the rest of it may be sent again
            return self._send(commands[:half]) + self._send(commands[half:])
        except EndError as error:
            return [failed(command, error) for command in commands]
        after = self._reader.fetch((command.ref for command in commands if command.ref), whole=False)
        return [self._answer(*one, after) for one in zip(commands, said, errors, strict=True)]

    def _accounts_of(self, commands: Sequence[Command]) -> Mapping[Ref, Record]:
        """Salesforce wants the account along with a contact: it is that contact's own."""
        alone = [command.refs["person"] for command in commands if needs_account(command)]
        return self._reader.fetch(alone, whole=False) if alone else {}

    def _asked(self, command: Command, accounts: Mapping[Ref, Record]) -> dict[str, object]:
        person, account = command.refs.get("person"), command.refs.get("account")
        if person is not None and account is None and person in accounts:
            account = accounts[person].refs.get("account")
        name, owner, deal = command.fields.get(_DEAL), command.refs.get("owner"), command.refs.get(_DEAL)
        wanted = {
            "accountId": account and account.id,
            "contactId": person and person.id,
            "opportunityId": deal and deal.id,
            "opportunityName": name,
            "ownerId": owner.id if owner else command.fields.get("owner"),
        }
        return {
            "convertedStatus": command.fields.get("status") or self._converted(),
            "doNotCreateOpportunity": not (deal or name),
            "leadId": command.ref.id if command.ref else "",
            "overwriteLeadSource": False,
            "sendNotificationEmail": False,
            **{name: value for name, value in wanted.items() if value},
        }

    def _converted(self) -> str:
        if self._status is None:
            where = "WHERE IsConverted = true ORDER BY SortOrder LIMIT 1"
            rows, _ = self._client.query_start("LeadStatus", ("MasterLabel",), where, living=True)
            if not rows:
                raise Permanent(
                    "salesforce has no lead status that means converted: mark one in the set-up of Lead Status"
                )
            self._status = str(rows[0]["MasterLabel"])
        return self._status

    def _answer(
        self,
        command: Command,
        said: Mapping[str, object],
        errors: Sequence[VendorError],
        after: Mapping[Ref, Record],
    ) -> Answer:
        ours = not errors or command.attempt > 1 or not command.refs.keys().isdisjoint(("person", "account"))
        if ours and _stands(command, after):
            return _done(command, after)
        lead = after.get(command.ref) if command.ref else None
        if lead is not None and (lead.became or lead.deleted):
            why = "it was deleted"
            if lead.became:
                why = f"it became {lead.became[0].object} {lead.became[0].id}"
            return Answer(command.key, Outcome.CHANGED, command.ref, f"not converted: {why}", became=lead.became)
        if lead is not None and str(lead.fields.get("OwnerId")).startswith(QUEUE) and not said.get("ownerId"):
            why = f'Lead {lead.id} belongs to a queue, and a contact must belong to a user: say whom in refs["owner"]'
            return Answer(command.key, Outcome.PERMANENT, command.ref, why)
        if not errors:
            return Answer(
                command.key, Outcome.TRANSIENT, command.ref, "converted, but a read back does not show it yet"
            )
        fields = self._shapes.fields_if_told(command.object)
        return Answer(
            command.key, outcome_of(command, errors), command.ref, reason_of(command, errors, dict(said), fields)
        )


def needs_account(command: Command) -> bool:
    """Whether the account of the contact must be read first."""
    return "person" in command.refs and "account" not in command.refs


def refusal(command: Command) -> str:
    """Why this cannot be converted at all; "" when it can."""
    if command.object != "Lead" or command.ref is None or command.ref.object != "Lead":
        return f"salesforce converts Leads alone, and not a {command.object}"
    for name, wanted in _INTO:
        if (into := command.refs.get(name)) is not None and into.object != wanted.partition(" ")[2]:
            return f'a Lead goes into {wanted}, and refs["{name}"] is the {into.object} {into.id}'
    if _DEAL in command.refs and command.fields.get(_DEAL):
        return 'a Lead goes into one Opportunity: refs["opportunity"] names it, fields["opportunity"] one to be made'
    if _DEAL in command.refs and command.refs.keys().isdisjoint(("person", "account")):
        return 'a Lead goes into an Opportunity along with its Account: say which in refs["account"]'
    return ""


def _stands(command: Command, read: Mapping[Ref, Record]) -> bool:
    """Whether the lead was read as converted into what was wanted; where none was named, by an earlier attempt."""
    lead = read.get(command.ref) if command.ref else None
    if lead is None or not lead.fields.get("IsConverted"):
        return False
    wanted = [command.refs[name] for name, _ in _INTO if name in command.refs]
    return all(one in lead.became for one in wanted)


def _done(command: Command, read: Mapping[Ref, Record], reason: str = "") -> Answer:
    became = read[command.ref].became if command.ref else ()
    return Answer(command.key, Outcome.DONE, command.ref, reason, verified=True, became=became)
