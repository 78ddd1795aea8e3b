"""What the hub is told of commands that were not simply done: failed, found, not verified, not possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from closeloop.connectors.salesforce.judging import BadCall
from closeloop.connectors.salesforce.recipes import RECIPES, stands
from closeloop.ports import Answer, Command, Outcome, Record, Ref
from closeloop.words.errors import EndError, Transient


def failed(command: Command, error: EndError) -> Answer:
    """A call that failed as a whole. A sign-in that is refused waits for its repair like an outage."""
    after = error.retry_after.total_seconds() if isinstance(error, Transient) and error.retry_after else None
    outcome = Outcome.PERMANENT if isinstance(error, BadCall) else Outcome.TRANSIENT
    return Answer(command.key, outcome, command.ref, str(error), after)


def cannot(command: Command) -> Answer:
    """A verb that has no meaning here."""
    what = f"salesforce cannot {command.verb} a {command.object}"
    able = "it can create, update, merge, restore and erase records, convert Leads, and deactivate and reactivate "
    able += ", ".join(sorted(RECIPES))
    return Answer(command.key, Outcome.PERMANENT, command.ref, f"{what}: {able}")


def made_before(command: Command, record: Record) -> Answer:
    """A CREATE whose record is there already, made by an attempt whose answer was lost."""
    if record.became or record.deleted:
        since = "turned into another record" if record.became else "deleted"
        why = f"made by an earlier attempt, and {since} since"
        return Answer(command.key, Outcome.CHANGED, ref_of(record), why, became=record.became)
    return Answer(command.key, Outcome.DONE, ref_of(record), "made by an earlier attempt")


def read_after(command: Command, answer: Answer, after: Mapping[Ref, Record]) -> Answer:
    """A written DEACTIVATE or REACTIVATE, judged by what was read `after` it."""
    record = after.get(answer.ref) if answer.ref else None
    if record is not None and stands(command, record.fields):
        return replace(answer, verified=True)
    reason = f"written, but a read back does not show the {command.verb} yet"
    return replace(answer, outcome=Outcome.TRANSIENT, reason=reason)


def ref_of(record: Record) -> Ref:
    """What points to a record."""
    return Ref(record.object, record.id)
