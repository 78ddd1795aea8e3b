"""From what was decided to commands with a key: one small function for each intent of the lifecycle."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from closeloop.lifecycle.nouns import (
    Assign,
    Close,
    Enrol,
    Intent,
    Lead,
    Packet,
    Prompt,
    Retire,
    Revive,
    Show,
    ShownAs,
    Tell,
)
from closeloop.outbox.nouns import MAIL, Known, Planned, Posted
from closeloop.outbox.sync import desired
from closeloop.ports import Command, Ref, Value, Verb
from closeloop.process.nouns import Process

USER = "User"
"""What the CRM calls its users."""


def compile_intents(
    intents: Iterable[Intent],
    known: Known,
    shown: Mapping[str, Iterable[ShownAs]],
    packets: Mapping[str, Packet],
    process: Process,
    message_id: str,
) -> list[Planned]:
    """Commands for what was decided about one person.

    Args:
        shown: lead → what it is in the CRM.
        packets: lead → the packet made now, if one was.
    """
    compiler = _Compiler(known, {lead_id: list(each) for lead_id, each in shown.items()}, packets, process, message_id)
    return [planned for intent in intents for planned in compiler.of(intent)]


def compile_again(
    posted: Posted,
    lead: Lead,
    known: Known,
    shown: Mapping[str, Iterable[ShownAs]],
    packets: Mapping[str, Packet],
    process: Process,
    message_id: str,
) -> Planned:
    """A create that shows a lead, or its owner, as it would be asked for now; the key stays."""
    compiler = _Compiler(known, {lead_id: list(each) for lead_id, each in shown.items()}, packets, process, message_id)
    return compiler.again(lead, posted)


def _is_told(lead: Lead, name: str, value: Value) -> bool:
    """Marketing keeps what it was told of an earlier cycle, until it is told that there is none now."""
    if value is not None or lead.cycle == 1:
        return value is not None
    return name in ("reason", "amount", "responded_at") or (name == "outcome" and lead.responded_at is None)


class _Compiler:
    def __init__(
        self,
        known: Known,
        shown: Mapping[str, list[ShownAs]],
        packets: Mapping[str, Packet],
        process: Process,
        message_id: str,
    ) -> None:
        self.known, self.shown, self.packets, self.process, self.message_id = known, shown, packets, process, message_id
        self.crm = process.gate.to
        self.created: dict[str, str] = {}
        """Object → key of the create planned now."""

    def of(self, intent: Intent) -> Iterator[Planned]:
        match intent:
            case Show(lead, name, our_key):
                yield self._show(lead, name, our_key)
            case Assign(lead):
                yield from self._assign(lead)
            case Close(lead):
                yield from self._close(lead)
            case Retire(_, lead):
                yield from self._person(lead, Verb.DEACTIVATE, {"reason": lead.reason or "closed"})
            case Revive(_, lead):
                member = self.process.member(lead.owner) if lead.owner else None
                yield from self._person(lead, Verb.REACTIVATE, {"owner": member.user} if member else {})
            case Enrol(lead, programme, leave):
                yield self._enrol(lead, programme, leave=leave)
            case Tell(lead, outcome):
                yield from self._tell(lead, outcome)
            case Prompt(lead, why):
                yield from self._prompt(lead, why)

    def _show(self, lead: Lead, name: str, our_key: str) -> Planned:
        packet = self.packets.get(lead.id)
        fields: dict[str, Value] = {"product": lead.product, "region": lead.region, "campaign": lead.campaign}
        if packet is not None:
            fields["packet"] = json.dumps(packet.content, ensure_ascii=False, default=str, sort_keys=True)
        company = self.known.account.get("company")
        if name == "Lead":
            fields |= desired(self.process, self.crm, "Lead", self.known.person, self.known.account)
            fields["company"] = company.value if company else None
            return self._planned(
                lead,
                f"{self.crm}:create:Lead:{our_key}",
                Verb.CREATE,
                name,
                our_key=our_key,
                fields=fields,
                refs=self._owner(lead),
            )
        who = self.known.person.get("name") or self.known.person.get("email")
        fields["subject"] = " – ".join(
            str(part) for part in (who.value if who else None, company.value if company else None, lead.product) if part
        )
        ref, after = self._crm_person()
        refs = self._owner(lead) | ({"person": ref} if ref else {})
        account = next((id_ for object_, id_ in self._accounts() if object_ == "Account"), None)
        if name == "Opportunity" and account is not None:
            refs["account"] = Ref("Account", account)
        return self._planned(
            lead,
            f"{self.crm}:create:{name}:{our_key}",
            Verb.CREATE,
            name,
            our_key=our_key,
            fields=fields,
            refs=refs,
            after=after,
        )

    def again(self, lead: Lead, posted: Posted) -> Planned:
        planned, command = posted.planned, posted.planned.command
        if command.verb is Verb.CREATE and command.our_key is not None:
            return self._show(lead, command.object, command.our_key)
        refs = {name: ref for name, ref in command.refs.items() if name != "owner"} | self._owner(lead)
        return replace(planned, command=replace(command, refs=refs), message_id=self.message_id)

    def _assign(self, lead: Lead) -> Iterator[Planned]:
        for shown in self._live(lead):
            yield self._update(lead, shown, {}, self._owner(lead))

    def _close(self, lead: Lead) -> Iterator[Planned]:
        for shown in self._live(lead):
            if shown.object == "Task":
                yield self._update(lead, shown, {"done": True}, {})

    def _person(self, lead: Lead, verb: Verb, fields: Mapping[str, Value]) -> Iterator[Planned]:
        """To every record of the person in the CRM; a Lead that was converted lives on as its Contact."""
        records = self.known.records(self.crm)
        contacts = [record for record in records if record[0] == "Contact"]
        for object_, id_ in contacts or [record for record in records if record[0] == "Lead"]:
            yield self._planned(
                lead, self._key(lead, verb, object_, id_), verb, object_, ref=Ref(object_, id_), fields=fields
            )

    def _enrol(self, lead: Lead, programme: str, *, leave: bool) -> Planned:
        where, verb = self.process.programmes[programme], Verb.LEAVE if leave else Verb.JOIN
        return self._marketing(lead, where.system, verb, {"list": where.join})

    def _tell(self, lead: Lead, outcome: str | None) -> Iterator[Planned]:
        feedback = self.process.feedback
        if feedback is None:
            return
        facts: dict[str, Value] = {
            "outcome": outcome,
            "stage": lead.stage,
            "owner": lead.owner,
            "reason": lead.reason,
            "amount": str(lead.amount) if lead.amount else None,
            "responded_at": lead.responded_at.isoformat() if lead.responded_at else None,
        }
        told = {name: facts[name] for name in feedback.tell if name in facts and _is_told(lead, name, facts[name])}
        yield self._marketing(
            lead,
            feedback.to,
            Verb.TELL,
            {**told, "campaign": lead.campaign, "product": lead.product, "region": lead.region},
        )

    def _prompt(self, lead: Lead, why: str) -> Iterator[Planned]:
        member = self.process.member(lead.owner) if lead.owner else None
        if member is None:
            return
        who = self.known.person.get("name") or self.known.person.get("email")
        subject = f"{who.value if who else 'A lead'} ({lead.product}) waits for you"
        fields: dict[str, Value] = {"to": member.email, "subject": subject, "text": f"{subject}.\n\nWhy now: {why}\n"}
        yield self._planned(
            lead, self._key(lead, Verb.MAIL, "message", member.name), Verb.MAIL, "message", source=MAIL, fields=fields
        )

    def _marketing(self, lead: Lead, source: str, verb: Verb, fields: Mapping[str, Value]) -> Planned:
        """To the person's record in the marketing system, or by e-mail address while it has none that we know."""
        record = next(iter(self.known.records(source) or self.known.every_record(source)), None)
        email = self.known.person.get("email")
        extra: dict[str, Value] = {} if record or not email else {"email": email.value}
        ref = Ref(*record) if record else None
        return self._planned(
            lead,
            self._key(lead, verb, source, str(fields.get("list", ""))),
            verb,
            "Lead",
            source=source,
            ref=ref,
            fields={**fields, **extra},
            after=None if record else self.known.pending.get((source, "Lead")),
        )

    def _update(self, lead: Lead, shown: ShownAs, fields: Mapping[str, Value], refs: Mapping[str, Ref]) -> Planned:
        ref = self.known.living(self.crm, Ref(shown.object, shown.record_id)) if shown.record_id else None
        after = None if ref else f"{self.crm}:create:{shown.object}:{shown.our_key}"
        return self._planned(
            lead,
            self._key(lead, Verb.UPDATE, shown.object, shown.our_key, *sorted(fields)),
            Verb.UPDATE,
            shown.object,
            ref=ref,
            fields=fields,
            refs=refs,
            after=after,
        )

    def _live(self, lead: Lead) -> list[ShownAs]:
        """What the lead is now: a Lead that became a Contact is not written to any more."""
        converted = any(object_ == "Contact" for object_, _ in self.known.every_record(self.crm))
        return [shown for shown in self.shown.get(lead.id, ()) if not (shown.object == "Lead" and converted)]

    def _crm_person(self) -> tuple[Ref | None, str | None]:
        records = self.known.records(self.crm)
        for wanted in ("Contact", "Lead"):
            for object_, id_ in records:
                if object_ == wanted:
                    return Ref(object_, id_), None
        return None, self.created.get("Lead") or self.known.pending.get((self.crm, "Lead"))

    def _accounts(self) -> list[tuple[str, str]]:
        account = self.known.shadows
        return [(object_, id_) for source, object_, id_ in account if source == self.crm and object_ == "Account"]

    def _owner(self, lead: Lead) -> dict[str, Ref]:
        member = self.process.member(lead.owner) if lead.owner else None
        return {"owner": Ref(USER, member.user)} if member else {}

    def _key(self, lead: Lead, *parts: str) -> str:
        """Unique for ever: a lead's events are numbered, and each event asks for each thing once."""
        return ":".join((lead.id, str(lead.n_events), *parts))

    def _planned(
        self,
        lead: Lead,
        key: str,
        verb: Verb,
        name: str,
        *,
        fields: Mapping[str, Value],
        source: str | None = None,
        ref: Ref | None = None,
        our_key: str | None = None,
        refs: Mapping[str, Ref] | None = None,
        after: str | None = None,
    ) -> Planned:
        if verb is Verb.CREATE:
            self.created[name] = key
        why = f"{self.process.signed} stages.{lead.stage}" + (f", {lead.reason}" if lead.reason else "")
        return Planned(
            source or self.crm,
            Command(key, verb, name, ref, our_key, fields, refs or {}),
            why,
            self.message_id,
            self.known.person_id,
            lead.id,
            after,
        )
