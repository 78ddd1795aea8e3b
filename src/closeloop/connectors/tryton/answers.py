"""What the hub is told of commands: done, failed, gone, merged away, not possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from closeloop.connectors.tryton.judging import Refused
from closeloop.ports import Answer, Command, Outcome, Record, Ref, Verb
from closeloop.words.errors import EndError, Transient

_INSTEAD = {
    Verb.JOIN: "Tryton keeps no lists for nurture: use the marketing system",
    Verb.LEAVE: "Tryton keeps no lists for nurture: use the marketing system",
    Verb.TELL: "feedback is for the marketing system",
    Verb.CONVERT: "a seller does that in Tryton, by moving the opportunity on",
    Verb.MERGE: "only parties can be replaced by each other: cancel one of the opportunities instead",
    Verb.MAIL: "use the connector for mail",
}


def our_key(command: Command) -> str:
    """The key under which the record of a CREATE or RESTORE is found again."""
    return command.our_key or command.key


def done(command: Command, ref: Ref | None = None, *, created: bool = False, verified: bool = False) -> Answer:
    """As wanted."""
    return Answer(command.key, Outcome.DONE, ref or command.ref, created=created, verified=verified)


def made_before(command: Command, ref: Ref) -> Answer:
    """A CREATE whose record is there already, made by an attempt whose answer was lost."""
    return Answer(command.key, Outcome.DONE, ref, "made by an earlier attempt")


def failed(command: Command, error: EndError) -> Answer:
    """A call that failed.

    A lost race for a record is TRANSIENT: CHANGED would end the command, and the record lives on under its id. What is
    not the row's own fault, such as a refused sign-in or a missing category, waits for its repair like an outage.
    """
    outcome = Outcome.PERMANENT if isinstance(error, Refused) else Outcome.TRANSIENT
    after = error.retry_after.total_seconds() if isinstance(error, Transient) and error.retry_after else None
    return Answer(command.key, outcome, command.ref, str(error), after)


def gone(command: Command) -> Answer:
    """The record of the command was deleted in Tryton."""
    return Answer(command.key, Outcome.CHANGED, command.ref, f"{command.object} is not in Tryton any more")


def moved(command: Command, became: Sequence[Ref]) -> Answer:
    """The record lives on as another."""
    return Answer(command.key, Outcome.CHANGED, command.ref, "it turned into another record", became=tuple(became))


def read_after(command: Command, record: Record | None) -> Answer:
    """A DEACTIVATE or REACTIVATE, judged by what was read after it."""
    if record is not None and stands(command, record):
        return done(command, verified=True)
    reason = f"written, but a read back does not show the {command.verb} yet"
    return Answer(command.key, Outcome.TRANSIENT, command.ref, reason)


def stands(command: Command, record: Record) -> bool:
    """Whether the record is as the command wanted it; a deal that is won is left alone."""
    return record.fields.get("state") == "won" or record.active is (command.verb is Verb.REACTIVATE)


def cannot(command: Command) -> Answer:
    """A verb that has no meaning here."""
    why = _INSTEAD.get(command.verb, "it knows Account, Contact, Lead and Opportunity")
    return Answer(
        command.key, Outcome.PERMANENT, command.ref, f"tryton cannot {command.verb} a {command.object}: {why}"
    )


def id_of(ref: Ref | None) -> int:
    """The id as Tryton counts. Raises Refused where it is none of Tryton's."""
    if ref is None or not ref.id.isdigit():
        raise Refused(f"{ref.object if ref else 'a record'} {ref.id if ref else ''!r} is no id of Tryton: a number is")
    return int(ref.id)


def ids_of(commands: Iterable[Command]) -> list[int]:
    """The ids of the commands' records, those that are none of Tryton's left out."""
    return sorted({int(command.ref.id) for command in commands if command.ref and command.ref.id.isdigit()})
