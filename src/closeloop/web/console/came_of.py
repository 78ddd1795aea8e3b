"""What came of a click, in one sentence for the person who made it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from closeloop.measure.person_nouns import PersonStory
from closeloop.measure.queue import Queued
from closeloop.web.console import said
from closeloop.web.console.window import State, Verdict


def outcome(choice: str, lead: Queued, verdict: Verdict) -> str:
    """Of an outcome of a lead, which stands now as it is here."""
    name = said.words(choice).capitalize()
    if verdict.state != "decided":
        return _not_decided(name, verdict)
    if lead.status == "sent_back":
        return f"{name}: back to marketing, {said.words(lead.reason)}."
    if lead.status == "won":
        return f"{name}: won{f', {lead.amount}' if lead.amount else ''}."
    if lead.status == "nurturing":
        return f"{name}: in nurture, then {lead.owner or 'sales'} is asked again."
    return f"{name}: now in {said.words(lead.stage)} with {lead.owner or 'nobody yet'}."


def undone(link_id: str, person: PersonStory, verdict: Verdict) -> str:
    """Of the undoing of a link of this person."""
    if verdict.state != "decided":
        return _not_decided("Undo", verdict)
    link = next((link for link in person.links if link.id == link_id), None)
    return f"Undone: {said.short(link.loser_id)} is a person of its own again." if link else "Undone."


def retried(verdicts: Sequence[Verdict], *, is_all: bool) -> tuple[str, State]:
    """Of sending commands again, with the state of the worst of them.

    Args:
        is_all: whether none of the same cause is left.
    """
    if not verdicts:
        return "Nothing was left to try again: somebody did it, or the cause is another one by now.", "decided"
    n = Counter(verdict.state for verdict in verdicts)
    worst = next((verdict for verdict in verdicts if verdict.state != "decided"), None)
    done = f"{n['decided']:,} {'command is' if n['decided'] == 1 else 'commands are'} sent again"
    if worst is not None:
        return f"{done}; {len(verdicts) - n['decided']:,} not. {_not_decided('Try again', worst)}", worst.state
    return f"{done}.{'' if is_all else ' More of the same cause are left.'}", "decided"


def _not_decided(name: str, verdict: Verdict) -> str:
    match verdict.state:
        case "waiting":
            return f"{name}: taken, and not decided yet. Reload in a moment."
        case "failed":
            return f"{name}: it waits with an error: {verdict.reason}"
        case _:
            return f"{name}: not done. {verdict.reason}"
