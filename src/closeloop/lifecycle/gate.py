"""From name to lead: the gate answers for each person and product, part by part, and opens a lead or a return."""

from __future__ import annotations

from closeloop.lifecycle.move import bring_back, open_lead
from closeloop.lifecycle.nouns import Finding, Lead, Verdict
from closeloop.lifecycle.scopes import LeadScope
from closeloop.lifecycle.situation import Draft
from closeloop.process.nouns import Process, Region
from closeloop.rules import Scope


def judge(draft: Draft, product: str) -> Verdict:
    """The gate's verdict for this product now, with every part of `when`, `unless` and `needs`."""
    gate, situation = draft.process.gate, draft.situation
    scope = situation.asks(product)
    region = draft.process.region_of(situation.country) or _only_region(draft.process)
    findings = [Finding(why.text, why.holds, why.values) for why in gate.when.explain(scope)]
    passed = (any if gate.when.joined == "or" else all)(finding.held for finding in findings)
    if gate.unless is not None:
        refused = gate.unless.test(scope)
        findings.append(
            Finding(
                f"not ({gate.unless.text})", not refused, {name: scope.get(name) for name in sorted(gate.unless.names)}
            )
        )
        passed = passed and not refused
    for name in gate.needs:
        value = product if name == "product" else region and region.name if name == "region" else scope.get(name)
        findings.append(Finding(f"has {name}", value is not None, {name: value}))
        passed = passed and value is not None
    if region is None:
        findings.append(
            Finding("country lies in a region of the process", held=False, values={"country": situation.country})
        )
        passed = False
    return Verdict(
        situation.person_id,
        product,
        region.name if region else None,
        draft.now,
        passed,
        tuple(findings),
        situation.cause,
    )


def open_gate(draft: Draft) -> None:
    """Judge every product of interest; a pass opens a lead where none is, new interest brings one back."""
    for product in draft.situation.products:
        verdict = judge(draft, product)
        draft.verdicts.append(verdict)
        if verdict.region is None:
            continue
        lead = _pursuit(draft, product, verdict.region)
        if lead is None:
            if verdict.passed and _is_new_interest(draft, product, verdict.region):
                open_lead(draft, product, verdict.region, _route(draft, draft.situation.asks(product)))
        elif lead.status == "sent_back":
            _return(draft, lead)


def _is_new_interest(draft: Draft, product: str, region: str) -> bool:
    """What made a customer does not make the next lead: after a win, something must have been done since."""
    same = [lead for lead in draft.leads.values() if (lead.product, lead.region) == (product, region)]
    won_at = max((lead.closed_at for lead in same if lead.status == "won" and lead.closed_at is not None), default=None)
    if won_at is None:
        return True
    return any(act.at > won_at for act in draft.acts(product))


def _pursuit(draft: Draft, product: str, region: str) -> Lead | None:
    """The person's lead for product and region, an open one before a closed one; a won one blocks no new pursuit."""
    found = [
        lead
        for lead in draft.leads.values()
        if (lead.product, lead.region) == (product, region) and lead.status != "won"
    ]
    return min(found, key=lambda lead: (not lead.is_open, lead.id), default=None)


def _return(draft: Draft, lead: Lead) -> None:
    """A lead that was sent back returns on the conditions of its reason, not on the gate's, and never at once."""
    rule = draft.process.send_back.get(lead.reason or "")
    if rule is None or rule.return_when is None or lead.closed_at is None:
        return
    if any(event.lead_id == lead.id and event.kind == "sent_back" for event in draft.events):
        return
    if rule.not_before is not None and draft.now < lead.closed_at + rule.not_before:
        return
    scope = draft.situation.asks(lead.product)
    unless = draft.process.gate.unless
    as_closed = LeadScope(scope, lead, draft.situation.last_acts, draft.situation.confirmed)
    if rule.return_when.test(as_closed) and not (unless is not None and unless.test(scope)):
        why = draft.rule("send_back", rule.reason) + f": return_when {rule.return_when.text}"
        bring_back(draft, lead, _route(draft, scope), why)


def _only_region(process: Process) -> Region | None:
    """Without a field `country` the process has no way to tell regions apart, and must have one only."""
    return (
        next(iter(process.regions.values()))
        if len(process.regions) == 1 and "country" not in process.fields.get("person", {})
        else None
    )


def _route(draft: Draft, scope: Scope) -> tuple[str, str]:
    """The stage that a new lead starts in, and the rule that says so."""
    number, line = next(
        (number, line)
        for number, line in enumerate(draft.process.route)  # the last one has no condition
        if line.when is None or line.when.test(scope)
    )
    return line.to, draft.rule("route") + f"[{number}]: {line.when.text if line.when else 'otherwise'}"
