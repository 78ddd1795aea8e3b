"""Who gets a lead: the deal's owner, the least loaded, or the next in turn, among those who take such leads now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from closeloop.lifecycle.nouns import Lead
from closeloop.lifecycle.situation import Draft
from closeloop.process.nouns import Member


@dataclass(slots=True)
class Desk:
    """The teams' state, read under their lock: open leads of each member, and whose turn it was last."""

    loads: dict[str, int] = field(default_factory=dict)
    last: dict[tuple[str, str, str], str] = field(default_factory=dict)
    turned: set[tuple[str, str, str]] = field(default_factory=set)


def choose(draft: Draft, lead: Lead, desk: Desk, *, exclude_previous: bool) -> tuple[Member | None, str]:
    """The owner by the first way of the stage that finds one, and the rule that chose.

    Nobody is chosen who had the lead before when that is excluded, unless the team has nobody else;
    never the one who had it last.
    """
    stage = draft.stage(lead)
    for way in stage.owner:
        excluded = lead.previous_owners if exclude_previous else ()
        match way:
            case "deal_owner":
                member = _deal_owner(draft, lead, excluded)
            case "account_owner":
                member = _known(draft, draft.situation.account_owner, excluded)
            case _:
                member = _from_team(draft, lead, desk, way, exclude_previous=exclude_previous)
        if member is not None:
            desk.loads[member.name] = desk.loads.get(member.name, 0) + 1
            return member, draft.rule("stages", stage.name, "owner") + f": {way}"
    return None, draft.rule("stages", stage.name, "owner") + f": none of {', '.join(stage.owner)} found anybody"


def _deal_owner(draft: Draft, lead: Lead, excluded: Sequence[str]) -> Member | None:
    for deal in draft.situation.deals:
        if deal.open and deal.product in (None, lead.product):
            member = _known(draft, deal.owner, excluded)
            if member is not None:
                return member
    return None


def _known(draft: Draft, user: str | None, excluded: Sequence[str]) -> Member | None:
    """The member with that id in the CRM, unless they are away or had the lead; an integration's own user is nobody."""
    member = draft.process.member_by_user(user) if user is not None else None
    return member if member is not None and member.name not in excluded and not member.is_away(draft.now) else None


def _from_team(draft: Draft, lead: Lead, desk: Desk, way: str, *, exclude_previous: bool) -> Member | None:
    team = [
        member
        for member in sorted(draft.process.people, key=lambda member: member.name)
        if member.takes(lead.stage, lead.product, lead.region, draft.now)
        and desk.loads.get(member.name, 0) < member.capacity
    ]
    if exclude_previous:
        fresh = [member for member in team if member.name not in lead.previous_owners]
        team = fresh or [member for member in team if member.name != lead.previous_owners[-1]]
    if not team:
        return None
    if way == "least_loaded":
        return min(team, key=lambda member: (desk.loads.get(member.name, 0), member.name))
    if way == "round_robin":
        return _next(team, lead, desk)
    return None


def _next(team: Sequence[Member], lead: Lead, desk: Desk) -> Member:
    turn = (lead.stage, lead.product, lead.region)
    last = desk.last.get(turn, "")
    member = next((member for member in team if member.name > last), team[0])
    desk.last[turn] = member.name
    desk.turned.add(turn)
    return member
