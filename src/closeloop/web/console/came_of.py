"""What came of a click, in one sentence for the person who made it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from closeloop.measure.merges import Merged
from closeloop.measure.queue import Queued
from closeloop.outbox.stale import NOT_NEEDED, NOT_NOW
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


def undone(link: Merged | None, verdict: Verdict) -> str:
    """Of the undoing of a link."""
    if verdict.state != "decided":
        return _not_decided("Undo", verdict)
    if link is None:
        return f"Undone. {verdict.reason}".rstrip()
    one = "a company" if link.kind == "account" else "a person"
    return f"Undone: {link.loser.called} is {one} of its own again. {verdict.reason}".rstrip()


def answered(choice: str, kind: str, names: str, verdict: Verdict) -> str:
    """Of the answer to whether two records are one.

    Args:
        names: what the two are called, "A and B".
    """
    one, two = ("company", "companies") if kind == "account" else ("person", "people")
    if verdict.state != "decided":
        return _not_decided(choice.capitalize(), verdict)
    match choice:
        case "same":
            return f"Same: {names} are one {one} now."
        case "different":
            return f"Different: {names} are two {two}, and nobody is asked again."
        case _:
            return f"Skipped: {names} come last."


def taken_back(names: str, verdict: Verdict) -> str:
    """Of the undoing of an answer."""
    if verdict.state != "decided":
        return _not_decided("Undo", verdict)
    return f"Taken back: {names} are asked about again. {verdict.reason}".rstrip()


def retried(verdicts: Sequence[Verdict], *, is_all: bool) -> tuple[str, State]:
    """Of sending commands again, with the state of the worst of them.

    Args:
        is_all: whether none of the same cause is left.
    """
    if not verdicts:
        return "Nothing was left to try again: somebody did it, or the cause is another one by now.", "decided"
    n = Counter(verdict.state for verdict in verdicts)
    worst = next((verdict for verdict in verdicts if verdict.state != "decided"), None)
    n_ended = sum(verdict.state == "decided" and verdict.reason.startswith(NOT_NEEDED) for verdict in verdicts)
    n_aside = sum(verdict.state == "decided" and verdict.reason.startswith(NOT_NOW) for verdict in verdicts)
    n_sent = n["decided"] - n_ended - n_aside
    done = f"{n_sent:,} {'command is' if n_sent == 1 else 'commands are'} sent again"
    done += f", {n_ended:,} {'is' if n_ended == 1 else 'are'} not needed any more" if n_ended else ""
    done += f", {n_aside:,} {'waits' if n_aside == 1 else 'wait'} among the rejects until needed" if n_aside else ""
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
