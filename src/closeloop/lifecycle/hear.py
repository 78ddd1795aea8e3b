"""What sellers write in their CRM, and click on the console, becomes the outcome of a lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from closeloop.inbox.nouns import Click
from closeloop.lifecycle.move import follow
from closeloop.lifecycle.nouns import Deal, Lead, ShownAs
from closeloop.lifecycle.scopes import LeadScope
from closeloop.lifecycle.situation import Draft, Heard
from closeloop.process.nouns import Heard as HeardAs
from closeloop.process.nouns import OutcomeRule

OPPORTUNITY = "Opportunity"


def hear(draft: Draft, heard: Heard) -> None:
    """Find the lead that the record speaks of, then its response, its amount, its milestones and its outcome."""
    lead = _lead_of(draft, heard)
    if lead is None:
        return
    lead = _link(draft, lead, heard)
    lead = _responded(draft, lead, heard)
    lead = _amount(draft, lead, heard)
    stage = draft.stage(lead)
    for milestone in stage.milestones.values():
        if _matches(milestone.heard_as, heard):
            why = draft.rule("stages", stage.name, "milestones", milestone.name)
            lead = draft.note(lead, "milestone", why, heard.message.id, choice=milestone.name)
    for outcome in stage.outcomes.values():
        if outcome.heard_as and _matches(outcome.heard_as, heard) and _allowed(draft, lead, outcome):
            apply(draft, lead, outcome, heard.message.id, who=heard.seller)
            return


def click(draft: Draft, message_id: str, click: Click) -> str | None:
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
    apply(draft, lead, outcome, message_id, who=click.by)
    return None


def apply(draft: Draft, lead: Lead, outcome: OutcomeRule, message_id: str, who: str | None) -> None:
    """An outcome is a fact first, then what the process says follows from it."""
    why = draft.rule("stages", lead.stage, "outcomes", outcome.name)
    n = lead.counts.get(outcome.name, 0) + 1
    lead = replace(lead, counts={**lead.counts, outcome.name: n})
    lead = draft.note(lead, "outcome", why, message_id, choice=outcome.name, who=who)
    draft.verified += [(name, f"{outcome.name} by {who or 'the CRM'}") for name in outcome.verifies]
    # "at_most: 3" nurtures twice: the third time is the last straw, as the scenario of three voicemails says.
    if outcome.at_most is not None and outcome.then is not None and n >= outcome.at_most:
        follow(
            draft,
            lead,
            outcome.then,
            f"{why}: heard {n} times, at most {outcome.at_most}",
            message_id,
            outcome=outcome.name,
        )
    else:
        follow(draft, lead, outcome.move, why, message_id, outcome=outcome.name)


def _lead_of(draft: Draft, heard: Heard) -> Lead | None:
    """The lead that the record shows; else the person's open lead, the seller's own before others, the newest first."""
    record = heard.message.record
    if record is not None:
        for lead_id, shown in draft.shown.items():
            if any(each.object == record.object and record.id == each.record_id for each in shown):
                return draft.leads.get(lead_id)
            if record.our_key is not None and any(
                each.object == record.object and each.our_key == record.our_key for each in shown
            ):
                return draft.leads.get(lead_id)
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


def _link(draft: Draft, lead: Lead, heard: Heard) -> Lead:
    """Follow a conversion to its deal, and a deal to its lead."""
    record = heard.message.record
    if record is None:
        return lead
    found = [ref.id for ref in record.became if ref.object == OPPORTUNITY]
    if record.object == OPPORTUNITY:
        found = [record.id]
    for record_id in found:
        draft.show(ShownAs(lead.id, OPPORTUNITY, lead.id, record_id))
    if not found and record.our_key is not None and record.object in ("Lead", "Task"):
        draft.show(ShownAs(lead.id, record.object, record.our_key, record.id))
    return lead


def _responded(draft: Draft, lead: Lead, heard: Heard) -> Lead:
    """A seller's call, or a change that a seller made to the record, stops the clock."""
    record = heard.message.record
    if lead.responded_at is not None or lead.assigned_at is None or not lead.is_open:
        return lead
    if heard.seller is not None and heard.message.act is not None:
        member = draft.process.member_by_user(heard.seller)
        return _mark_responded(
            draft, lead, heard.message.id, member.name if member else heard.seller, heard.message.act.kind
        )
    worked = {"Status", "StageName", "IsConverted", "CallDisposition"} & heard.news
    if record is not None and worked and record.fields.get("Status") != "Open":
        return _mark_responded(draft, lead, heard.message.id, None, f"{record.object}.{min(worked)} changed in the CRM")
    return lead


def _mark_responded(draft: Draft, lead: Lead, message_id: str, who: str | None, what: str) -> Lead:
    lead = draft.note(replace(lead, responded_at=draft.now), "responded", what, message_id, who=who)
    draft.clock(lead.id, "respond", None)
    draft.clock(lead.id, "remind", None)
    return lead


def _amount(draft: Draft, lead: Lead, heard: Heard) -> Lead:
    record = heard.message.record
    if record is None or record.object != OPPORTUNITY:
        return lead
    deal = _deal(draft.situation.deals, record.id)
    if deal is None or deal.amount is None or deal.amount == lead.amount:
        return lead
    return draft.note(replace(lead, amount=deal.amount), "amount", f"the deal is worth {deal.amount}", heard.message.id)


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
    if outcome.only_when is None:
        return True
    return outcome.only_when.test(LeadScope(draft.situation.asks(lead.product), lead, draft.situation.last_acts))
