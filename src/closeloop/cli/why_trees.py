"""Draws what `closeloop why` found as trees: the decision first, below it the rule and the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from rich.tree import Tree

from closeloop.measure.own_records import OwnRecord
from closeloop.measure.person_nouns import FieldStory, GateStory, PersonStory
from closeloop.measure.queue import Queued
from closeloop.measure.stored import Plain, in_words
from closeloop.measure.timeline import Happened
from closeloop.measure.why_lead import CommandStory, LeadStory
from closeloop.measure.why_message import MessageStory


def person_tree(story: PersonStory, leads: Sequence[Queued], happened: Sequence[Happened]) -> Tree:
    """Everything about one person."""
    tree = Tree(
        f"{story.called}: {story.tier}, in the custody of {story.custody}, known since {_when(story.since)} "
        f"({story.id})"
    )
    who = tree.add("who: keys and where they came from")
    for key in story.keys:
        linked = "" if key.own_id == story.id else f", through the link with {key.own_id}"
        who.add(f"{key.kind} {key.value}: by {key.message_id}, {_when(key.at)}{linked}")
    for visit in story.visits:
        who.add(f"browser {visit.visitor}: identified by {visit.message_id}, {_when(visit.at)}")
    for link in story.links:
        undone = f"; undone by {link.undone_by}, {_when(link.undone_at)}" if link.undone_at else ""
        who.add(
            f"link {link.id}: {link.loser_id} is {link.survivor_id}, {link.by}: {link.reason} "
            f"({link.message_id}){undone}"
        )
    values = tree.add("values: which is believed, and why")
    for field in story.fields:
        field_branch(values, field)
    for score in story.scores:
        branch = tree.add(f"{score.kind} {score.product}".rstrip() + f": {score.score.total:g}")
        for reason in score.score.reasons:
            branch.add(f"{reason.line}: {reason.text}")
    for gate in story.gate:
        _gate_branch(tree, gate)
    for record in story.records:
        _record_branch(tree, record)
    pursuits = tree.add(f"leads: {len(leads)}")
    for lead in leads:
        pursuits.add(
            f"{lead.product} in {lead.region}: {lead.stage}, {lead.status}, owner {lead.owner or 'nobody'} ({lead.id})"
        )
    _timeline_branch(tree, happened)
    return tree


def _timeline_branch(tree: Tree, happened: Sequence[Happened]) -> None:
    branch = tree.add(f"timeline: {len(happened)}, the latest first")
    for one in happened:
        detail = f" {one.detail}" if one.detail else ""
        branch.add(f"{_when(one.at)} {one.lane}: {one.kind}{detail} ({one.message_id})")


def _record_branch(tree: Tree, record: OwnRecord) -> None:
    where = ", ".join(f"{system} {name} {id_}" for system, name, id_ in record.known)
    gone = "" if record.living else "; deleted there, so it counts no more"
    branch = tree.add(f"{record.kind} of the {record.through}: {where} ({record.id}){gone}")
    for one in record.values:
        branch.add(f"{one.field} = {one.value}: {one.why} ({one.message_id})")


def field_branch(tree: Tree, story: FieldStory) -> None:
    """One field: what is believed, why, and what else was reported."""
    branch = tree.add(
        f"{story.of} {story.field} = {story.value or '(empty)'}{'' if story.valid else ' (not in its form)'}"
    )
    branch.add(story.why)
    for one in story.candidates:
        mark = "✓" if one.wins else "·"
        given = "" if one.given == one.value else f", given as {one.given}"
        branch.add(f"{mark} {one.path} says {one.value or '(empty)'}{given}, {_when(one.at)} ({one.message_id})")


def lead_tree(story: LeadStory) -> Tree:
    """One lead: events, packet, commands."""
    owner = story.owner or "nobody"
    tree = Tree(
        f"{story.product} in {story.region} for {story.person}: {story.stage}, {story.status}, owner {owner} "
        f"({story.id})"
    )
    sourced = story.campaign or "no campaign"
    tree.add(
        f"person {story.person_id}; cycle {story.cycle}; sourced by {sourced}; "
        f"in the CRM: {', '.join(story.shown_as) or 'nothing'}"
    )
    if story.respond_by:
        answered = f"responded {_when(story.responded_at)}" if story.responded_at else "nobody has responded yet"
        tree.add(f"to respond by {_when(story.respond_by)}; {answered}")
    if story.tried_again_at:
        tree.add(f"nobody could be chosen; an owner is looked for again {_when(story.tried_again_at)}")
    events = tree.add("events")
    for event in story.events:
        what = " ".join(filter(None, (event.kind.replace("_", " "), event.choice)))
        line = events.add(f"{event.no}. {_when(event.at)} {what} → {event.stage}, owner {event.owner or 'nobody'}")
        who = "" if event.why.startswith(event.who) else f"{event.who}: "  # the process names itself in its rules
        line.add(f"{who}{event.why} ({event.message_id})")
    for packet in story.packets:
        _mapping(tree.add(f"packet as sent {_when(packet.at)}, cycle {packet.cycle}"), packet.content)
    _commands(tree, story.commands)
    return tree


def message_tree(story: MessageStory) -> Tree:
    """One message and what it caused."""
    tree = Tree(f"{story.id}: {story.kind} from {story.source or 'a receipt that is gone'} through {story.door or '?'}")
    tree.add(
        f"happened {_when(story.occurred_at)}, received {_when(story.received_at)} "
        f"(receipt {story.receipt_id}, {story.position})"
    )
    reason = f": {story.reason}" if story.reason else ""
    tree.add(
        f"{story.state}{reason}, in batch {story.batch} by {story.process or 'no process'}, {_when(story.decided_at)}"
    )
    if story.flags:
        tree.add(f"flags: {', '.join(story.flags)}")
    about = f"{story.subject_kind or 'somebody'} {story.subject_id}" if story.subject_id else "nobody known"
    tree.add(f"about {about}")
    caused = tree.add(f"caused: {len(story.caused)}")
    for one in story.caused:
        caused.add(f"{one.kind} {one.what}{f' – {one.why}' if one.why else ''}")
    _commands(tree, story.commands)
    return tree


def _gate_branch(tree: Tree, gate: GateStory) -> None:
    answer = "passed the gate" if gate.passed else "did not pass the gate"
    branch = tree.add(f"{gate.product}: {answer}, {gate.process} gate, {_when(gate.at)} ({gate.message_id})")
    for part in gate.parts:
        values = f" ({in_words(dict(part.values))})" if part.values else ""
        branch.add(f"{'✓' if part.holds else '✗'} {part.text}{values}")


def _commands(tree: Tree, commands: Iterable[CommandStory]) -> None:
    branch = tree.add("commands to the outside")
    for command in commands:
        answer = f" → {command.answer_id}" if command.answer_id else ""
        read_back = ", read back" if command.verified else ""
        reason = f": {command.reason}" if command.reason else ""
        line = branch.add(
            f"{command.source} {command.verb} {command.object}{answer}: {command.state}{read_back}{reason}"
        )
        line.add(f"{command.why} ({command.message_id}); tried {command.attempts} times, key {command.key}")


def _mapping(tree: Tree, content: Mapping[str, Plain]) -> None:
    for name, value in content.items():
        if isinstance(value, dict):
            _mapping(tree.add(name), value)
        elif isinstance(value, list):
            lines = tree.add(name)
            for part in value:
                lines.add(in_words(part))
        else:
            tree.add(f"{name}: {in_words(value)}")


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "not yet"
