"""MERGE: one lead goes into another. There is no way back, so it is asked once, and always read back."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import UTC, timedelta

from closeloop.connectors.marketo import activities, names, refusals
from closeloop.connectors.marketo.client import Params, Rest
from closeloop.connectors.marketo.leads import BATCH, Leads, to_ref
from closeloop.connectors.marketo.shapes import Happening
from closeloop.connectors.marketo.writes import survivor
from closeloop.ports import Answer, Command, Outcome, Ref

_LOOKED_BACK = timedelta(days=1)
_MOST_PAGES = 10
"""Of the log, which is read on the vendor's side through everything that happened in that time."""


def merge(rest: Rest, leads: Leads, command: Command, merged: MutableMapping[str, str]) -> Answer:
    """Merge one lead into another; a repeated command is looked for first, since its answer may be lost.

    Args:
        merged: losers of merges that were heard of → their winners; this one is added.
    """
    winner, loser = _ids(command)
    if command.attempt > 1 and (answer := _found(rest, leads, command, merged)) is not None:
        return answer
    try:
        # The hub merges in the CRM by itself, where the process says so.
        asked: Params = {"leadIds": loser, "mergeInCRM": "false"}
        rest.call("POST", f"leads/{winner}/merge.json", params=asked)
    except refusals.Refused as refused:
        if refused.code not in refusals.LEAD_GONE:
            raise
        gone = "one of the two is gone, and a read back still shows both"
        return _found(rest, leads, command, merged) or Answer(command.key, Outcome.TRANSIENT, command.ref, gone)
    merged[loser] = winner
    refused_fields = _write(leads, command)
    if {str(row["id"]) for row in leads.find("id", [loser])}:
        reason = "merged, but reading back does not show it yet"
        return Answer(command.key, Outcome.TRANSIENT, command.ref, reason)
    return Answer(command.key, Outcome.DONE, command.ref, refused_fields, verified=True)


def refusal(command: Command) -> str:
    """Why these two cannot be merged at all; "" when they can."""
    loser: Ref | None = command.refs.get("loser")
    if command.ref is None or loser is None:
        return 'merge needs the lead that survives and refs["loser"], the one that goes into it'
    if loser.object != command.object or not loser.id.isdigit() or loser == command.ref:
        return f"{loser.object} {loser.id!r} cannot go into Lead {command.ref.id}; valid is another Lead with a number"
    return ""


def _found(rest: Rest, leads: Leads, command: Command, merged: MutableMapping[str, str]) -> Answer | None:
    """What became of the two by now; None while both are there."""
    winner, loser = _ids(command)
    there = {str(row["id"]) for row in leads.find("id", [winner, loser])}
    if {winner, loser} <= there:
        return None
    if winner in there and (survivor(loser, merged) == winner or _is_logged(rest, winner, loser)):
        merged[loser] = winner
        reason = "; ".join(filter(None, ("merged by an earlier attempt", _write(leads, command))))
        return Answer(command.key, Outcome.DONE, command.ref, reason, verified=True)
    lost = winner if loser in there else loser
    lives_on = survivor(lost, merged)
    what = f"merged into {lives_on}" if lives_on else "deleted, or merged into another"
    became = (to_ref(lives_on),) if lives_on else ()
    reason = f"not merged: Lead {lost} is gone at Marketo, {what}"
    return Answer(command.key, Outcome.CHANGED, to_ref(lost), reason, became=became)


def _is_logged(rest: Rest, winner: str, loser: str) -> bool:
    """Whether the activity log of late says that the one went into the other."""
    since = (rest.clock.now() - _LOOKED_BACK).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    token = rest.get("activities/pagingtoken.json", {"sinceDatetime": since}).next_page_token
    for _ in range(_MOST_PAGES):
        if token is None:
            return False
        asked: Params = {"activityTypeIds": activities.MERGE, "leadIds": winner, "batchSize": BATCH}
        reply = rest.get("activities.json", {**asked, "nextPageToken": token})
        losers = {record.id for one in reply.rows(Happening) for record in activities.to_merged(one)}
        if loser in losers:
            return True
        token = reply.next_page_token if reply.more_result else None
    return False


def _write(leads: Leads, command: Command) -> str:
    """Write what the winner is to hold besides: why not, as far as it was refused. Marketo fills only its blanks."""
    if not command.fields:
        return ""
    winner, _ = _ids(command)
    row = {**names.to_lead(command.fields), "id": int(winner)}
    return "; ".join(refusals.of_record(status.causes, row) for status in leads.write("updateOnly", "id", [row]))


def _ids(command: Command) -> tuple[str, str]:
    """Winner and loser; a command without them was refused before."""
    return (command.ref.id if command.ref else ""), command.refs["loser"].id
