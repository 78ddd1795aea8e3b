"""What an answer makes of its command: done, tried again with growing pauses, or dead with a plain reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

from closeloop.outbox.nouns import Posted, Settlement
from closeloop.ports import Answer, Outcome, Verb

MOST_ANSWERS = 100
"""About 18 hours of trying: an outage of a working day costs nothing."""
LONGEST_PAUSE = timedelta(minutes=15)


def settle(posted: Posted, answer: Answer, now: datetime) -> Settlement | None:
    """The command's new state; None when the answer changes nothing, since the command is done.

    A merge that was called back and that the vendor carried out all the same is done after all, and so is a command
    that was dropped, and so was never answered.
    """
    merged_after_all = posted.planned.command.verb is Verb.MERGE and answer.outcome is Outcome.DONE
    if posted.state == "done" and posted.n_answers and not merged_after_all:
        return None
    key = posted.planned.command.key
    ref_id = answer.ref.id if answer.ref else None
    match answer.outcome:
        case Outcome.DONE:
            return Settlement(key, "done", now, ref_id, None, now, answer.verified)
        case Outcome.CHANGED:
            became = ", ".join(f"{ref.object} {ref.id}" for ref in answer.became) or "something else"
            return Settlement(
                key,
                "done",
                now,
                ref_id,
                f"the record became {became}; what it should hold is decided there",
                now,
                verified=False,
            )
        case Outcome.PERMANENT:
            return Settlement(key, "dead", now, ref_id, answer.reason, now, verified=False)
        case Outcome.TRANSIENT if posted.n_answers + 1 >= MOST_ANSWERS:
            return Settlement(
                key,
                "dead",
                now,
                None,
                f"gave up after {posted.n_answers + 1} attempts: {answer.reason}",
                now,
                verified=False,
            )
        case Outcome.TRANSIENT:
            return Settlement(key, "waiting", now + pause(posted, answer), None, answer.reason, now, verified=False)


def pause(posted: Posted, answer: Answer) -> timedelta:
    """How long to wait: what the vendor asked for, else doubling from a second up to `LONGEST_PAUSE`.

    It is shortened by up to a half, so that not all return at once; by how much comes from the command's key, so a
    replay pauses the same.
    """
    if answer.retry_after_seconds is not None:
        return timedelta(seconds=answer.retry_after_seconds)
    spread = blake2b(f"{posted.planned.command.key}:{posted.n_answers}".encode(), digest_size=2).digest()
    share = 1 - int.from_bytes(spread, "big") / 0xFFFF / 2
    return min(timedelta(seconds=2 ** min(posted.n_answers, 10)), LONGEST_PAUSE) * share
