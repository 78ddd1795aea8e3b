"""The life of a person's leads, in order: heard, clicked, run out, woken, gated; then owners, packets and the tier."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from closeloop.lifecycle.gate import open_gate
from closeloop.lifecycle.hear import choose_outcome, hear
from closeloop.lifecycle.late import run_out, wake_on_interest
from closeloop.lifecycle.move import assign, settle_tier
from closeloop.lifecycle.nouns import Lead, Packet
from closeloop.lifecycle.owner import Desk, choose
from closeloop.lifecycle.situation import Draft, Situation
from closeloop.process.nouns import Process
from closeloop.profile.nouns import Touch


def decide(situation: Situation, process: Process, now: datetime) -> Draft:
    """Everything that follows for one person from what is known at `now`; owners and packets are still wanted."""
    draft = Draft(situation, process, now)
    rows = [heard for heard in situation.heard if heard.message.kind == "row"]
    for heard in situation.heard:
        if heard not in rows:
            hear(draft, heard)
    for message_id, click in situation.clicks:
        refused = choose_outcome(draft, message_id, click)
        if refused is not None:
            draft.refused[message_id] = refused
    for message_id, due in situation.dues:
        run_out(draft, message_id, due)
    wake_on_interest(draft)
    open_gate(draft)
    for heard in rows:  # a row of a file says at once who it is and what came of it: first its lead, then the outcome
        hear(draft, heard)
    settle_tier(draft)
    return draft


def hand_over(draft: Draft, history: list[Touch], content: Callable[[Lead], Mapping[str, object]]) -> None:
    """Give each new lead the campaign of the touch that created it, and freeze what sales is told.

    Args:
        history: the person's touches, the newest first.
        content: the packet of a lead.
    """
    for lead_id in draft.wants_packet:
        lead = draft.leads[lead_id]
        own = [touch for touch in history if touch.seller is None and touch.product in (None, lead.product)]
        touch = next(iter(own), None)
        if touch is not None:
            lead = replace(lead, campaign=touch.campaign, touch_id=touch.id)
            draft.leads[lead_id] = lead
        draft.packets.append(Packet(lead.id, lead.cycle, draft.now, content(lead)))


def hand_out(draft: Draft, desk: Desk) -> None:
    """Find an owner for every lead that entered a stage."""
    for lead_id, exclude_previous in draft.wants_owner.items():
        lead = draft.leads[lead_id]
        if not lead.is_open:  # opened and closed by one row of a file
            continue
        member, why = choose(draft, lead, desk, exclude_previous=exclude_previous)
        assign(draft, lead, member, why)
