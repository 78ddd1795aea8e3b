"""A lead of the CRM goes into the contact, the account and the deal that are there: no second one of any is made."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from closeloop.lifecycle.move import OPPORTUNITY
from closeloop.outbox.echo import points_to
from closeloop.outbox.merge import ACCOUNT, ACCOUNT_REF, PERSON, lives
from closeloop.outbox.nouns import Held, Planned, Shadow, ShadowKey
from closeloop.ports import Command, Ref, Value, Verb
from closeloop.process.nouns import Process

DEAL = "opportunity"
"""Our name for a deal. As a reference of a CONVERT it is where the lead goes, as a field the name of one to be made."""
_CONTACT, _LEAD = "Contact", "Lead"


class Deal(NamedTuple):
    """What a lead is worked on as: the name and the owner of a new deal, and the deals of the CRM that may be it.

    Attributes:
        lead_id: the hub's lead.
        own: id of the deal that shows the lead by now.
        being_made: whether there is to be such a deal, which has no id yet.
        likely: ids of other open deals that may be it, the likeliest together and first.
    """

    name: str
    owner: Ref | None
    lead_id: str
    own: str | None = None
    being_made: bool = False
    likely: tuple[tuple[str, ...], ...] = ()


class Left(NamedTuple):
    """A lead that is not converted for now, and why; None where nobody has to do anything about it."""

    lead: Held
    why: str | None = None


class _Target(NamedTuple):
    account: Ref
    deal: Ref | None


def key_of(lead: Held) -> str:
    """The key of the command that converts a lead: one is converted once."""
    return f"convert:{lead.source}.{lead.object}:{lead.id}"


def plan_conversions(
    held: Sequence[Held],
    shadows: Mapping[ShadowKey, Shadow],
    process: Process,
    message_id: str,
    pursued: Collection[ShadowKey],
) -> list[Planned]:
    """Commands by which a lead goes into the contact of the same person: no new account and no deal comes of it.

    Args:
        held: the records of one person, the oldest first.
        pursued: leads of the CRM that somebody works on: what becomes of these is their owner's to say.
    """
    planned = []
    for source in process.matching.convert_in:
        leads = [each for each in _living(held, shadows, source, _LEAD) if each.key not in pursued]
        for contact, lead in product(_living(held, shadows, source, _CONTACT)[:1], leads):
            refs = {PERSON: Ref(contact.object, contact.id)}
            why = f"{contact.object} {contact.id} is the same person"
            planned.append(_planned(lead, {}, refs, why, process, message_id))
    return planned


def plan_into_accounts(
    held: Sequence[Held],
    shadows: Mapping[ShadowKey, Shadow],
    process: Process,
    message_id: str,
    accounts: Sequence[ShadowKey],
    pursued: Mapping[ShadowKey, Deal | None],
) -> tuple[list[Planned], list[Left]]:
    """Commands by which a lead goes into its person's account, and into the deal as which it is worked on.

    Somebody without a contact becomes a new one of the account; who has one keeps it, and what nobody works on is not
    looked at then (`plan_conversions`). A new deal is made only where none is there; where several may be it, none of
    them is taken and none is made.

    Args:
        held: the records of one person, the oldest first.
        shadows: what these, the accounts and the deals are known to hold.
        accounts: the records of their company.
        pursued: leads that somebody works on → the deal as which they do now; None while it is to be none.
    """
    planned: list[Planned] = []
    left: list[Left] = []
    for source in process.matching.into_accounts:
        contact = next(iter(_living(held, shadows, source, _CONTACT)), None)
        places = _places(source, contact, accounts, shadows)
        leads = [
            each
            for each in _living(held, shadows, source, _LEAD)
            if pursued.get(each.key) or (contact is None and each.key not in pursued)
        ]
        # Where there is no contact the first makes it, and the others go into it once it is read.
        for lead in leads[: 1 if contact is None else None] if places else ():
            deal = pursued.get(lead.key)
            target = _target(lead, deal, places, shadows)
            if isinstance(target, Left):
                left.append(target)
            else:
                planned.append(_into(lead, contact, target, deal, process, message_id))
    return planned, left


def _living(held: Sequence[Held], shadows: Mapping[ShadowKey, Shadow], source: str, name: str) -> list[Held]:
    return [each for each in held if (each.source, each.object) == (source, name) and lives(shadows, each.key)]


def _places(
    source: str, contact: Held | None, accounts: Sequence[ShadowKey], shadows: Mapping[ShadowKey, Shadow]
) -> list[Ref]:
    """The accounts that the lead may go into: a contact is in one already."""
    if contact is not None:
        account = points_to(shadows.get(contact.key)).get(ACCOUNT_REF)
        return [account] if account is not None else []
    return [Ref(ACCOUNT, key[2]) for key in accounts if key[:2] == (source, ACCOUNT) and lives(shadows, key)]


def _target(
    lead: Held, deal: Deal | None, places: Sequence[Ref], shadows: Mapping[ShadowKey, Shadow]
) -> _Target | Left:
    """The account, and the deal if one is there; or why nobody but a person can say which."""

    def place_of(id_: str) -> Ref | None:
        account = points_to(shadows.get((lead.source, OPPORTUNITY, id_))).get(ACCOUNT_REF)
        return account if account in places and lives(shadows, (lead.source, OPPORTUNITY, id_)) else None

    if deal is None:
        return _Target(places[0], None)
    if deal.being_made:
        return Left(lead)
    if deal.own is not None:
        own = (lead.source, OPPORTUNITY, deal.own)
        if not lives(shadows, own):
            return Left(lead)
        # One that we made ourselves was perhaps not read yet: its account is the person's.
        its = points_to(shadows[own]).get(ACCOUNT_REF) or places[0]
        if its not in places:
            why = f"its deal {OPPORTUNITY} {deal.own} is of {ACCOUNT} {its.id}, and the person of {places[0].id}"
            return Left(lead, why)
        return _Target(its, Ref(OPPORTUNITY, deal.own))
    for ids in deal.likely:
        fitting = {id_: account for id_ in ids if (account := place_of(id_)) is not None}
        if len(fitting) > 1:
            return Left(lead, f"several open deals may be its own ({', '.join(fitting)})")
        for id_, account in fitting.items():
            return _Target(account, Ref(OPPORTUNITY, id_))
    return _Target(places[0], None)


def _into(
    lead: Held, contact: Held | None, target: _Target, deal: Deal | None, process: Process, message_id: str
) -> Planned:
    why = f"no contact yet, and {ACCOUNT} {target.account.id} is the company's"
    refs = {ACCOUNT_REF: target.account}
    if contact is not None:
        why = f"{contact.object} {contact.id} is the same person"
        # Without a deal to go into, the vendor knows best whose contact it is by then.
        refs = {PERSON: Ref(contact.object, contact.id), **(refs if target.deal is not None else {})}
    if target.deal is not None:
        why, refs[DEAL] = f"{why}; {OPPORTUNITY} {target.deal.id} is open for the same", target.deal
    if deal is not None and deal.owner is not None:
        refs["owner"] = deal.owner
    fields: dict[str, Value] = {DEAL: deal.name} if deal is not None and target.deal is None else {}
    return _planned(lead, fields, refs, why, process, message_id, deal.lead_id if deal is not None else None)


def _planned(
    lead: Held,
    fields: Mapping[str, Value],
    refs: Mapping[str, Ref],
    why: str,
    process: Process,
    message_id: str,
    lead_id: str | None = None,
) -> Planned:
    ref = Ref(lead.object, lead.id)
    command = Command(key_of(lead), Verb.CONVERT, lead.object, ref, fields=fields, refs=refs)
    return Planned(lead.source, command, f"{process.signed} matching.convert: {why}", message_id, lead.root_id, lead_id)
