"""What a scenario may expect: each expectation tells what is found, in the shape of what was expected."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from closeloop.measure.reports import REPORTS, answer
from closeloop.ports import Ref
from closeloop.process.document import Plain
from closeloop.scenarios.cast import Cast, Row
from closeloop.scenarios.world import source_of
from closeloop.web.hub_window import HubWindow
from closeloop.words.duration import parse_duration
from closeloop.words.moment import from_us

Found = Callable[[Cast, Plain], Plain]


def _people(cast: Cast, _expected: Plain) -> Plain:
    return len(cast.people())


def _leads(cast: Cast, _expected: Plain) -> Plain:
    return len(cast.leads())


def _stage(cast: Cast, _expected: Plain) -> Plain:
    return str(cast.lead().stage)


def _owner(cast: Cast, expected: Plain) -> Plain:
    owner = cast.lead().owner
    return expected if expected == "kept" and owner is not None and owner == cast.owner_before else owner


def _not_owner(cast: Cast, expected: Plain) -> Plain:
    owner = cast.lead().owner
    return expected if owner not in (None, expected) else f"owner {owner}"


def _owners(cast: Cast, _expected: Plain) -> Plain:
    return len({lead.owner for lead in cast.leads() if lead.status in ("open", "nurturing")})


def _tier(cast: Cast, _expected: Plain) -> Plain:
    return ", ".join(str(row.tier) for row in cast.people())


def _custody(cast: Cast, _expected: Plain) -> Plain:
    return ", ".join(str(row.custody) for row in cast.people())


def _mail(cast: Cast, expected: Plain) -> Plain:
    return cast.world.process.custody[str(_custody(cast, expected))].mail


def _why(cast: Cast, expected: Plain) -> Plain:
    found: list[Plain] = [str(event.why) for event in cast.events_since(_since(cast))]
    return expected if expected in found else found


def _packet(cast: Cast, expected: Plain) -> Plain:
    """What the CRM was given is what was frozen, and has these parts."""
    frozen = cast.ask("SELECT content FROM v_packets WHERE lead_id = :lead ORDER BY cycle DESC", lead=cast.lead().id)
    if not frozen:
        return None
    content = json.loads(frozen[0].content)
    sent = next(
        (json.loads(str(row["Closeloop_Packet__c"])) for row in cast.records("Lead") if row.get("Closeloop_Packet__c")),
        content,
    )
    if sent != content:
        return f"the CRM has {sent}, frozen was {content}"
    return [name for name in expected if name in content] if isinstance(expected, list) else sorted(content)


def _programme(cast: Cast, expected: Plain) -> Plain:
    """Nurtured in a programme, and on its list in the marketing system."""
    lead, programme = cast.lead(), cast.world.process.programmes.get(str(expected))
    if lead.status != "nurturing" or programme is None:
        return f"none, the lead is {lead.status}"
    members = cast.world.ma.members(programme.join)
    return (
        expected
        if cast.email.lower() in [email.lower() for email in members]
        else f"on the list {programme.join}: {members}"
    )


def _prompt_at(cast: Cast, _expected: Plain) -> Plain:
    due = cast.ask("SELECT due_at FROM v_clocks WHERE lead_id = :lead AND clock = 'wake'", lead=cast.lead().id)
    if not due:
        return None
    wall = from_us(due[0].due_at).astimezone(cast.calendar().zone).replace(tzinfo=None)
    return f"{wall - cast.shift:%Y-%m-%d %H:%M}"


def _alert_to(cast: Cast, expected: Plain) -> Plain:
    told = {
        member.name
        for member in cast.world.process.people
        for mail in cast.world.mailbox.to(member.email)
        if mail.at >= _since(cast)
    }
    return expected if expected in told else ", ".join(sorted(told)) or None


def _within(cast: Cast, expected: Plain) -> Plain:
    mails = [mail.at for mail in cast.world.mailbox.messages if mail.at >= _since(cast)]
    if not mails:
        return None
    took = min(mails) - _since(cast)
    return expected if took <= parse_duration(str(expected)) else str(took)


def _crm_leads(cast: Cast, _expected: Plain) -> Plain:
    return len(cast.records("Lead"))


def _crm_contacts(cast: Cast, _expected: Plain) -> Plain:
    return len(cast.records("Contact"))


def _crm_open_tasks(cast: Cast, _expected: Plain) -> Plain:
    return sum(row.get("Status") not in ("Completed", "Deferred") for row in cast.records("Task"))


def _crm_record(cast: Cast, _expected: Plain) -> Plain:
    """Judged by the connector's own recipe, on what the vendor says when asked."""
    ref = next((Ref(name, str(rows[-1]["Id"])) for name in ("Contact", "Lead") if (rows := cast.records(name))), None)
    if ref is None:
        return None
    record = cast.world.ends[source_of(cast.world.process, "salesforce")].fetch([ref]).get(ref)
    if record is None or not record.active:
        return "deactivated" if record else "gone"
    return "active again" if _commands(cast, "reactivate") else "active"


def _crm_records_created(cast: Cast, _expected: Plain) -> Plain:
    return cast.n_person_records() - cast.crm_before


def _verified(cast: Cast, _expected: Plain) -> Plain:
    states: list[Plain] = [
        f"{row.state}{', read back' if row.verified else ''}" for row in _commands(cast, "deactivate", "reactivate")
    ]
    return "read back" if states and str(states[-1]) == "done, read back" else states


def _ma_told(cast: Cast, expected: Plain) -> Plain:
    told = cast.world.ma.told(cast.email)
    return {name: told.get(name) for name in expected} if isinstance(expected, dict) else dict(told)


def _sourced(cast: Cast, expected: Plain) -> Plain:
    return _report(cast, "sourced", expected)


def _influenced(cast: Cast, expected: Plain) -> Plain:
    return _report(cast, "influenced", expected)


EXPECTATIONS: Mapping[str, Found] = {
    "people": _people,
    "leads": _leads,
    "stage": _stage,
    "owner": _owner,
    "not_owner": _not_owner,
    "owners": _owners,
    "tier": _tier,
    "custody": _custody,
    "mail": _mail,
    "why": _why,
    "packet": _packet,
    "programme": _programme,
    "prompt_at": _prompt_at,
    "alert_to": _alert_to,
    "within": _within,
    "crm.leads": _crm_leads,
    "crm.contacts": _crm_contacts,
    "crm.open_tasks": _crm_open_tasks,
    "crm.record": _crm_record,
    "crm.records_created": _crm_records_created,
    "verified": _verified,
    "ma.told": _ma_told,
    "report.sourced": _sourced,
    "report.influenced": _influenced,
}
"""Name in the file → what is found."""


def _report(cast: Cast, column: str, expected: Plain) -> Plain:
    """Campaign → leads, for the campaigns that are expected; by the report that `closeloop report` prints."""
    report = REPORTS["sourced"]
    place = [each.name for each in report.columns].index(column)
    counted = {str(row[0]): row[place] for row in answer(report, HubWindow(cast.world.hub))}
    campaigns = expected if isinstance(expected, dict) else counted
    return {campaign: counted.get(campaign, 0) for campaign in campaigns}


def _commands(cast: Cast, *verbs: str) -> list[Row]:
    ids = {row.person_id for row in cast.people()}
    rows = cast.ask("SELECT person_id, verb, state, verified FROM v_commands ORDER BY created_at, key")
    return [row for row in rows if row.person_id in ids and row.verb in verbs]


def _since(cast: Cast) -> datetime:
    return cast.act_at or cast.world.clock.now()
