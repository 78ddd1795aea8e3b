"""The ways in which a lead moves: opened, entered a stage, given an owner, nurtured, sent back, brought back, won."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from closeloop.lifecycle.nouns import Assign, Close, Enrol, Lead, Prompt, Retire, Revive, Show, ShownAs, Tell, Tier
from closeloop.lifecycle.situation import Draft
from closeloop.process.nouns import Member, Move, Nurture, Respond
from closeloop.words import ids
from closeloop.words.worktime import WorkCalendar

OPPORTUNITY = "Opportunity"
TRY_AGAIN = timedelta(minutes=15)
"""How long after nobody could be chosen for a lead it is tried again, at the soonest."""
_CRM_OBJECTS = {"lead": "Lead", "task": "Task", "opportunity": OPPORTUNITY}
"""What the CRM calls the ways in which a lead is shown."""


def open_lead(draft: Draft, product: str, region: str, route: tuple[str, str]) -> None:
    """A name graduates: a new lead, with a packet, on the stage that the route names."""
    person_id, cause = draft.situation.person_id, draft.situation.cause
    cycle = 1 + max(
        (lead.cycle for lead in draft.leads.values() if (lead.product, lead.region) == (product, region)), default=0
    )
    stage, why = route
    lead = Lead(
        ids.derive(draft.now, "lead", person_id, product, region, str(cycle)),
        person_id,
        product,
        region,
        cycle,
        stage,
        "open",
        draft.now,
        draft.now,
    )
    lead = draft.note(lead, "created", f"{draft.rule('gate')}: passed; {why}", cause)
    draft.wants_packet.append(lead.id)
    draft.wants_owner[lead.id] = False


def bring_back(draft: Draft, lead: Lead, route: tuple[str, str], why: str) -> None:
    """New interest: the same lead starts a new cycle, on the same records."""
    stage, route_why = route
    lead = replace(
        lead,
        cycle=lead.cycle + 1,
        stage=stage,
        status="open",
        created_at=draft.now,
        stage_at=draft.now,
        owner=None,
        previous_owners=(),
        assigned_at=None,
        respond_by=None,
        responded_at=None,
        reason=None,
        closed_at=None,
        amount=None,
        counts={},
        campaign=None,
        touch_id=None,
    )
    lead = draft.note(lead, "returned", f"{why}; {route_why}", draft.situation.cause)
    draft.wants_packet.append(lead.id)
    draft.wants_owner[lead.id] = False


def follow(
    draft: Draft,
    lead: Lead,
    move: Move,
    why: str,
    message_id: str,
    *,
    exclude_previous: bool = False,
    outcome: str | None = None,
) -> None:
    """Do what an outcome or a clock says: to a stage, into nurture, or back to marketing."""
    if move.send_back is not None:
        _send_back(draft, lead, move.send_back, why, message_id, outcome)
    elif move.nurture is not None:
        _nurture(draft, lead, move.nurture, why, message_id, outcome)
    elif move.to is not None:
        _enter(draft, lead, move.to, why, message_id, exclude_previous=exclude_previous, outcome=outcome)


def assign(draft: Draft, lead: Lead, member: Member | None, why: str) -> None:
    """Give the lead its owner, start the clock of the agreed time, and show it in the CRM.

    Where nobody could be chosen it is tried again as soon as the region works, and only the first failure is noted.
    """
    cause = draft.situation.cause
    stage, calendar = draft.stage(lead), draft.process.regions[lead.region].calendar
    is_new = any(event.lead_id == lead.id for event in draft.events)
    if member is None:
        draft.clock(lead.id, "assign", calendar.next_opening(draft.now + TRY_AGAIN))
        if is_new:
            waits = "it stands on the attention page, and is tried again while its region works"
            draft.note(lead, "assigned", f"{why}; nobody could be chosen: {waits}", cause)
        return
    before = "nobody could be chosen until now" if lead.owner is None else f"{lead.owner} has left, or is away"
    why = why if is_new else f"{why}; {before}"
    previous = (*lead.previous_owners, member.name)
    respond_by = _respond_by(stage.respond, calendar, draft.now)
    lead = replace(
        lead,
        owner=member.name,
        previous_owners=previous,
        assigned_at=draft.now,
        respond_by=respond_by,
        responded_at=None,
    )
    lead = draft.note(lead, "assigned", why, cause)
    _start_clock(draft, lead, stage.respond, calendar)
    _present(draft, lead)
    draft.intents.append(Tell(lead, None))


def wake(draft: Draft, lead: Lead, why: str, message_id: str) -> None:
    """Nurture is over: sales' turn again, with a new clock; a lead whose owner was not kept is given a new one."""
    stage, calendar = draft.stage(lead), draft.process.regions[lead.region].calendar
    programme, lead = lead.programme, _end_programme(draft, lead)
    lead = replace(lead, status="open", responded_at=None)
    if lead.owner is not None:
        lead = replace(lead, assigned_at=draft.now, respond_by=_respond_by(stage.respond, calendar, draft.now))
    lead = draft.note(lead, "woken", why, message_id, choice=programme)
    draft.clock(lead.id, "wake", None)
    draft.intents += [Prompt(lead, why), Tell(lead, None)]
    if lead.owner is None:
        draft.wants_owner[lead.id] = False
        return
    _start_clock(draft, lead, stage.respond, calendar)
    draft.intents.append(Assign(lead))


def settle_tier(draft: Draft) -> None:
    """Name, lead or customer, and whose the record is; back to marketing only when no lead and no deal is open."""
    leads, before = list(draft.leads.values()), draft.situation.tier
    if not leads and before is None:
        return
    tier = _tier_of(leads)
    is_sales = tier != "name" or any(deal.open for deal in draft.situation.deals)
    custody = "sales" if is_sales else "marketing"
    if before is None or (before.tier, before.custody) != (tier, custody):
        draft.tier = Tier(draft.situation.person_id, tier, custody, draft.now)
    if before is None or not leads or not draft.situation.in_crm:
        return
    # Who went back before the CRM had answered has a record only now, and it is retired now.
    if before.custody != custody or (draft.situation.made_in_crm and not is_sales):
        latest = max(leads, key=lambda lead: (lead.closed_at or lead.created_at, lead.id))
        retire_or_revive = Revive if is_sales else Retire
        draft.intents.append(retire_or_revive(draft.situation.person_id, latest))


def _start_clock(draft: Draft, lead: Lead, respond: Respond | None, calendar: WorkCalendar) -> None:
    """Start what the owner must keep to."""
    if respond is None or lead.respond_by is None:
        return
    draft.clock(lead.id, "respond", lead.respond_by)
    if respond.remind_before is not None:
        draft.clock(lead.id, "remind", _working_before(calendar, lead.respond_by, respond, draft.now))


def _tier_of(leads: Sequence[Lead]) -> Literal["name", "lead", "customer"]:
    if any(lead.is_open for lead in leads):
        return "lead"
    return "customer" if any(lead.status == "won" for lead in leads) else "name"


def _respond_by(respond: Respond | None, calendar: WorkCalendar, start: datetime) -> datetime | None:
    """When the agreed time is over: plain time, working time, or whole working days."""
    if respond is None:
        return None
    if respond.working_days is not None:
        return calendar.add_working_days(start, respond.working_days)
    return calendar.add_working(start, respond.within) if respond.working else start + respond.within


def _working_before(calendar: WorkCalendar, end: datetime, respond: Respond, start: datetime) -> datetime:
    """The moment at which only `remind_before` is left, of working time where the clock counts that."""
    before = respond.remind_before or timedelta(0)
    if not respond.working:
        return end - before
    return calendar.add_working(start, max(calendar.working_between(start, end) - before, timedelta(0)))


def _send_back(draft: Draft, lead: Lead, reason: str, why: str, message_id: str, outcome: str | None) -> None:
    """Back to marketing with a reason; the person follows when no lead and no deal is open."""
    lead = replace(_end_programme(draft, lead), status="sent_back", reason=reason, closed_at=draft.now, respond_by=None)
    lead = draft.note(lead, "sent_back", why, message_id, choice=reason)
    draft.stop_clocks(lead.id)
    draft.intents += [Close(lead), Tell(lead, outcome)]


def _enter(
    draft: Draft, lead: Lead, to: str, why: str, message_id: str, *, exclude_previous: bool, outcome: str | None
) -> None:
    if draft.process.stages[to].final:
        lead = replace(
            _end_programme(draft, lead),
            stage=to,
            status="won",
            reason=None,
            stage_at=draft.now,
            closed_at=draft.now,
            respond_by=None,
        )
        lead = draft.note(lead, "won", why, message_id)
        draft.stop_clocks(lead.id)
        draft.intents += [Close(lead), Tell(lead, outcome)]
        return
    kept = lead.previous_owners if exclude_previous else ()
    lead = replace(
        _end_programme(draft, lead),
        stage=to,
        status="open",
        stage_at=draft.now,
        owner=None,
        previous_owners=kept,
        assigned_at=None,
        respond_by=None,
        responded_at=None,
    )
    lead = draft.note(lead, "moved", why, message_id)
    draft.stop_clocks(lead.id)
    if outcome is not None:
        draft.intents.append(Tell(lead, outcome))
    draft.wants_owner[lead.id] = exclude_previous


def _nurture(draft: Draft, lead: Lead, nurture: Nurture, why: str, message_id: str, outcome: str | None) -> None:
    if lead.programme != nurture.programme:
        lead = _end_programme(draft, lead)
    lead = replace(
        lead,
        status="nurturing",
        programme=nurture.programme,
        respond_by=None,
        owner=lead.owner if nurture.keep_owner else None,
    )
    lead = draft.note(lead, "nurtured", why, message_id, choice=nurture.programme)
    draft.stop_clocks(lead.id)
    if nurture.wake_after is not None:
        calendar = draft.process.regions[lead.region].calendar
        draft.clock(lead.id, "wake", calendar.next_opening(draft.now + nurture.wake_after))
    draft.intents += [Enrol(lead, nurture.programme), Tell(lead, outcome)]


def _end_programme(draft: Draft, lead: Lead) -> Lead:
    """Out of the nurture under way, if any; the person stays enrolled while another lead of theirs is in it."""
    programme = lead.programme
    if programme is None:
        return lead
    lead = replace(lead, programme=None)
    if not any(other.programme == programme and other.id != lead.id for other in draft.leads.values()):
        draft.intents.append(Enrol(lead, programme, leave=True))
    return lead


def _present(draft: Draft, lead: Lead) -> None:
    """Show the lead as the stage declares; a known contact never becomes a second record of the person."""
    stage, shown = draft.stage(lead), {each.object: each for each in draft.shown.get(lead.id, [])}
    in_crm = draft.situation.in_crm
    if "Lead" in shown and "Contact" not in in_crm:
        draft.intents.append(Assign(lead))
        return
    person_pending = any(each.object == "Lead" for others in draft.shown.values() for each in others)
    wanted = stage.show_known_contact if in_crm or person_pending else stage.show_new_person
    if wanted is None:
        return
    name = _CRM_OBJECTS[wanted]
    our_key = draft.situation.person_id if name == "Lead" else lead.id if lead.cycle == 1 else f"{lead.id}/{lead.cycle}"
    if name in shown and not _is_over(draft, shown[name], our_key):
        draft.intents.append(Assign(lead))
        return
    draft.show(ShownAs(lead.id, name, our_key))
    draft.intents.append(Show(lead, name, our_key))


def _is_over(draft: Draft, shown: ShownAs, our_key: str) -> bool:
    """A task is of one cycle; a deal lives until the CRM says that it is closed."""
    if shown.object == OPPORTUNITY:
        return any(not deal.open for deal in draft.situation.deals if deal.record_id == shown.record_id is not None)
    return shown.object == "Task" and shown.our_key != our_key
