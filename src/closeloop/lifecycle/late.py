"""Clocks that ran out: reminders, clawback from a seller who did not respond, another try, the end of nurture."""

from __future__ import annotations

from dataclasses import replace

from closeloop.inbox.nouns import Due
from closeloop.lifecycle.move import follow, wake
from closeloop.lifecycle.nouns import Lead, Prompt
from closeloop.lifecycle.scopes import LeadScope
from closeloop.lifecycle.situation import Draft
from closeloop.process.nouns import Move, Nurture, Stage
from closeloop.process.sides import told


def run_out(draft: Draft, message_id: str, due: Due) -> None:
    """One clock; those that were changed meanwhile are not handed on, and one changed in this decision is over too."""
    if (due.lead_id, due.clock) in draft.clocks:
        return
    draft.clock(due.lead_id, due.clock, None)
    lead = draft.leads.get(due.lead_id)
    if lead is None or not lead.is_open:
        return
    match due.clock:
        case "remind" if lead.responded_at is None and lead.status == "open":
            _remind(draft, lead, message_id)
        case "respond" if lead.responded_at is None and lead.status == "open":
            _claw_back(draft, lead, message_id)
        case "assign" if lead.owner is None and lead.status == "open":
            # Entering a stage leaves no moment of assignment, and whom the lead was taken from is excluded; waking from
            # nurture leaves the earlier one, and anybody may have it.
            draft.wants_owner[lead.id] = lead.assigned_at is None
        case "assign" if lead.owner is not None and lead.status == "open" and _has_left(draft, lead.owner):
            draft.wants_owner[lead.id] = True
        case "wake" if lead.status == "nurturing":
            wake(draft, lead, draft.rule("stages", lead.stage) + f": nurture {lead.programme} is over", message_id)
        case _:
            pass


def _has_left(draft: Draft, owner: str) -> bool:
    member = draft.process.member(owner)
    return member is None or member.is_away(draft.now)


def wake_on_interest(draft: Draft) -> None:
    """A nurtured lead is woken before its time by a new act of the person, if the condition holds with it.

    Without an act, an interest that was there before would end every nurture as it begins.
    """
    for before in draft.situation.leads:
        lead = draft.leads[before.id]
        if before.status != "nurturing" or lead.status != "nurturing":
            continue
        nurture = _nurture_of(draft.stage(lead), lead.programme)
        if nurture is None or nurture.wake_when is None or not draft.acts(lead.product):
            continue
        if nurture.wake_when.test(LeadScope(draft.situation.asks(lead.product), lead, draft.situation.last_acts)):
            when = told(nurture.wake_when, "sales", draft.process)  # the owner is mailed this
            wake(
                draft,
                lead,
                draft.rule("stages", lead.stage) + f": nurture {nurture.programme} wakes when {when}",
                draft.situation.cause,
            )


def _remind(draft: Draft, lead: Lead, message_id: str) -> None:
    stage = draft.stage(lead)
    why = (
        draft.rule("stages", stage.name, "respond")
        + f": respond within {stage.respond.text if stage.respond else ''}, soon over"
    )
    lead = draft.note(lead, "reminded", why, message_id)
    draft.clock(lead.id, "remind", None)
    draft.intents.append(Prompt(lead, why))


def _claw_back(draft: Draft, lead: Lead, message_id: str) -> None:
    stage = draft.stage(lead)
    why = (
        draft.rule("stages", stage.name, "if_late")
        + f": no response within {stage.respond.text if stage.respond else ''}"
    )
    count = f"late:{stage.name}"
    n = lead.counts.get(count, 0) + 1
    lead = draft.note(replace(lead, counts={**lead.counts, count: n}), "late", why, message_id, who=lead.owner)
    draft.clock(lead.id, "respond", None)
    draft.clock(lead.id, "remind", None)
    if stage.if_late is None:
        return
    if n > stage.if_late.at_most:
        follow(draft, lead, stage.if_late.then, f"{why}; moved {stage.if_late.at_most} times already", message_id)
    else:
        follow(
            draft, lead, Move(to=stage.if_late.move), why, message_id, exclude_previous=stage.if_late.except_previous
        )


def _nurture_of(stage: Stage, programme: str | None) -> Nurture | None:
    """The nurture of the stage that put leads into this programme."""
    moves = [move for outcome in stage.outcomes.values() for move in (outcome.move, outcome.then)]
    moves.append(stage.if_late.then if stage.if_late else None)
    return next(
        (
            move.nurture
            for move in moves
            if move is not None and move.nurture is not None and move.nurture.programme == programme
        ),
        None,
    )
