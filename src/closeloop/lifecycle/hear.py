"""What sellers write in their CRM, and click on the console, becomes the outcome of a lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from closeloop.inbox.nouns import Click
from closeloop.lifecycle.move import OPPORTUNITY, follow
from closeloop.lifecycle.nouns import Confirmed, Deal, Lead, ShownAs, Tell
from closeloop.lifecycle.scopes import LeadScope
from closeloop.lifecycle.situation import Draft, Heard
from closeloop.ports import Record
from closeloop.process.nouns import Heard as HeardAs
from closeloop.process.nouns import OutcomeRule

_WORKED = frozenset({"Status", "StageName", "IsConverted", "CallDisposition"})
"""What sellers change in their CRM when they work on a lead, a task or a deal."""
OWNER = "_owner"
"""Among the news of a record: its owner."""
_REOPENED = "Open"
"""The status that the hub itself gives to a record which is sales' again."""


def hear(draft: Draft, heard: Heard) -> bool:
    """Find the lead that the record speaks of, then its response, its amount, its milestones and its outcome.

    Returns:
        Whether it speaks of any lead.
    """
    lead = _lead_of(draft, heard)
    if lead is None or _is_older(draft, lead, heard):
        return False
    _link(draft, lead, heard)
    lead = _given(draft, lead, heard)
    lead = _responded(draft, lead, heard)
    lead = _amount(draft, lead, heard)
    stage = draft.stage(lead)
    for milestone in stage.milestones.values():
        if lead.is_open and _matches(milestone.heard_as, heard):
            why = draft.rule("stages", stage.name, "milestones", milestone.name)
            lead = draft.note(lead, "milestone", why, heard.message.id, choice=milestone.name)
    for outcome in stage.outcomes.values():
        if outcome.heard_as and _matches(outcome.heard_as, heard) and _allowed(draft, lead, outcome):
            _apply(draft, lead, outcome, heard.message.id, who=_seller(draft, heard))
            break
    return True


def choose_outcome(draft: Draft, message_id: str, click: Click) -> str | None:
    """Carry out a choice made on the console; returns why not, when it cannot be."""
    lead = draft.leads.get(click.subject)
    if lead is None or not lead.is_open:
        return "the lead is not open any more: look at its history for what became of it"
    outcome = draft.stage(lead).outcomes.get(click.choice)
    if outcome is None:
        valid = ", ".join(draft.stage(lead).outcomes)
        return f"{click.choice!r} is no outcome of stage {lead.stage}; valid: {valid}"
    if not _allowed(draft, lead, outcome):
        return f"{click.choice!r} needs {outcome.only_when.text if outcome.only_when else ''}, which does not hold"
    if lead.responded_at is None:
        lead = _mark_responded(draft, lead, message_id, click.by, "answered on the console")
    _apply(draft, lead, outcome, message_id, who=click.by)
    return None


def _lead_of(draft: Draft, heard: Heard) -> Lead | None:
    """The lead that the record shows; else the person's open lead, the seller's own before others, the newest first."""
    record = _crm_record(draft, heard)
    if record is not None:
        for lead_id, shown in draft.shown.items():
            if any(_shows(each, record) for each in shown):
                return draft.leads.get(lead_id)
        if record.our_key is not None and record.our_key.partition("/")[0] in draft.leads:
            return None  # what the lead was in an earlier cycle says nothing about this one
    open_leads = [lead for lead in draft.leads.values() if lead.is_open]
    if record is not None and record.object == OPPORTUNITY:
        deal = _deal(draft.situation.deals, record.id)
        same = [lead for lead in open_leads if deal is not None and deal.product in (None, lead.product)]
        open_leads = [
            lead
            for lead in same
            if not any(each.object == OPPORTUNITY and each.record_id for each in draft.shown.get(lead.id, []))
        ]
    member = draft.process.member_by_user(heard.seller) if heard.seller else None
    own = [lead for lead in open_leads if member is not None and lead.owner == member.name]
    return max(own or open_leads, key=lambda lead: (lead.stage_at, lead.id), default=None)


def _crm_record(draft: Draft, heard: Heard) -> Record | None:
    """The record, if it is the CRM's: marketing's system calls its people Lead as well, and they bear the same key."""
    return heard.message.record if heard.message.source == draft.process.gate.to else None


def _shows(shown: ShownAs, record: Record) -> bool:
    if record.entity == "role":  # what somebody's part in a deal says, it says of the deal
        return (shown.object, shown.record_id) == (OPPORTUNITY, _deal_id(record))
    if shown.object != record.object:
        return False
    return shown.record_id == record.id or (record.our_key is not None and shown.our_key == record.our_key)


def _is_older(draft: Draft, lead: Lead, heard: Heard) -> bool:
    """Whether a record that sellers made, read for the first time, tells of a time before the lead was there."""
    record = _crm_record(draft, heard)
    ours = record is None or record.our_key is not None
    return heard.is_first and not ours and heard.message.occurred_at < lead.created_at


def _seller(draft: Draft, heard: Heard) -> str | None:
    """The team's name of the seller who did it, or their id in the CRM."""
    member = draft.process.member_by_user(heard.seller) if heard.seller is not None else None
    return member.name if member is not None else heard.seller


def _link(draft: Draft, lead: Lead, heard: Heard) -> None:
    """Follow a conversion to its deal, and a deal to its lead."""
    record = _crm_record(draft, heard)
    if record is None:
        return
    for ref in record.became:
        if ref.object == OPPORTUNITY:
            draft.show(ShownAs(lead.id, OPPORTUNITY, lead.id, ref.id))
            return
    if record.object == OPPORTUNITY:
        draft.show(ShownAs(lead.id, OPPORTUNITY, record.our_key or lead.id, record.id))
    elif record.our_key is not None and record.object in ("Lead", "Task"):
        draft.show(ShownAs(lead.id, record.object, record.our_key, record.id))


def _given(draft: Draft, lead: Lead, heard: Heard) -> Lead:
    """Somebody in the CRM gave what shows the lead to another member of the teams: it is theirs, its clock goes on."""
    record = _crm_record(draft, heard)
    owner = record.refs.get("owner") if record is not None else None
    if record is None or owner is None or heard.is_first or OWNER not in heard.news:
        return lead
    member = draft.process.member_by_user(owner.id)
    shows = any(_shows(each, record) for each in draft.shown.get(lead.id, []))
    if member is None or not shows or not lead.is_open or lead.owner in (None, member.name):
        return lead
    lead = replace(lead, owner=member.name, previous_owners=(*lead.previous_owners, member.name))
    lead = draft.note(lead, "assigned", f"{record.object} was given to {member.name} in the CRM", heard.message.id)
    draft.intents.append(Tell(lead, None))
    return lead


def _responded(draft: Draft, lead: Lead, heard: Heard) -> Lead:
    """A seller's call, or a change that a seller made to the record, stops the clock; how the hub made it does not."""
    record, act = _crm_record(draft, heard), heard.message.act
    if record is None or lead.responded_at is not None or lead.assigned_at is None or not lead.is_open:
        return lead
    if heard.seller is not None and act is not None:
        return _mark_responded(draft, lead, heard.message.id, _seller(draft, heard), act.kind)
    worked = frozenset[str]() if heard.message.own else _WORKED & heard.news
    made_by_us = heard.is_first and record.our_key is not None
    if not worked or made_by_us or record.fields.get("Status") == _REOPENED:
        return lead
    return _mark_responded(draft, lead, heard.message.id, None, f"{record.object}.{min(worked)} changed in the CRM")


def _mark_responded(draft: Draft, lead: Lead, message_id: str, who: str | None, what: str) -> Lead:
    lead = draft.note(replace(lead, responded_at=draft.now), "responded", what, message_id, who=who)
    draft.clock(lead.id, "respond", None)
    draft.clock(lead.id, "remind", None)
    return lead


def _apply(draft: Draft, lead: Lead, outcome: OutcomeRule, message_id: str, who: str | None) -> None:
    """An outcome is a fact first, then what the process says follows from it."""
    why = draft.rule("stages", lead.stage, "outcomes", outcome.name)
    n = lead.counts.get(outcome.name, 0) + 1
    lead = replace(lead, counts={**lead.counts, outcome.name: n})
    lead = draft.note(lead, "outcome", why, message_id, choice=outcome.name, who=who)
    draft.confirmed += [Confirmed(name, who or why, message_id) for name in outcome.verifies]
    move = outcome.move
    # "at_most: 3" nurtures twice: the third time is the last straw, as the scenario of three voicemails says.
    if outcome.at_most is not None and outcome.then is not None and n >= outcome.at_most:
        move, why = outcome.then, f"{why}: heard {n} times, at most {outcome.at_most}"
    follow(draft, lead, move, why, message_id, outcome=outcome.name)


def _amount(draft: Draft, lead: Lead, heard: Heard) -> Lead:
    record = heard.message.record
    shows = record is not None and any(_shows(each, record) for each in draft.shown.get(lead.id, []))
    deal_id = _deal_id(record) if record is not None and shows else None
    deal = _deal(draft.situation.deals, deal_id) if deal_id is not None else None
    if deal is None or deal.amount is None or deal.amount == lead.amount:
        return lead
    return draft.note(replace(lead, amount=deal.amount), "amount", f"the deal is worth {deal.amount}", heard.message.id)


def _deal_id(record: Record) -> str | None:
    """The deal that a record is, or is a role in."""
    if record.entity == "role":
        deal = record.refs.get("opportunity")
        return deal.id if deal is not None else None
    return record.id if record.object == OPPORTUNITY else None


def _deal(deals: Sequence[Deal], record_id: str) -> Deal | None:
    return next((deal for deal in deals if deal.record_id == record_id), None)


def _matches(conditions: Sequence[HeardAs], heard: Heard) -> bool:
    """All conditions hold on the record as it stands, and at least one of their fields is news."""
    record = heard.message.record
    for condition in conditions:
        path = condition.path
        if path.source != heard.message.source or (
            path.object is not None and (record is None or path.object != record.object)
        ):
            return False
        if heard.fields.get(path.name) not in condition.values:
            return False
    return any(condition.path.name in heard.news for condition in conditions)


def _allowed(draft: Draft, lead: Lead, outcome: OutcomeRule) -> bool:
    """Whether its `only_when` holds; a lead that was sent back can only be won after all."""
    wins = outcome.move.to is not None and draft.process.stages[outcome.move.to].final
    if not lead.is_open and not (lead.status == "sent_back" and wins):
        return False
    if outcome.only_when is None:
        return True
    return outcome.only_when.test(LeadScope(draft.situation.asks(lead.product), lead, draft.situation.last_acts))
