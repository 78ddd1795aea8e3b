"""Addresses that several people share: merging by e-mail alone would make one person of them."""

from __future__ import annotations

from collections import Counter, defaultdict

from closeloop.audit.base import Base
from closeloop.audit.nouns import Mailbox, Mailboxes
from closeloop.words.mailbox import is_role_mailbox
from closeloop.words.text import fold_marks

_EXAMPLES, _SHOWN = 5, 4
_MANY_NAMES = 3


def mailboxes(base: Base) -> Mailboxes:
    """Addresses that the matcher gave to more than one person."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, entry in enumerate(base.entries):
        if entry.email:
            rows[entry.email].append(row)
    shared, wrong = [], 0
    for address, holders in rows.items():
        people = Counter(base.matched.cluster[row] for row in holders)
        is_role = is_role_mailbox(address)
        if len(people) > 1 and (is_role or _are_several(base, holders)):
            wrong += len(people) - 1
            shared.append((address, "role" if is_role else "several people", len(people), holders))
    shared.sort(key=lambda each: (-each[2], each[0]))
    # Of both kinds, since what to do about them differs.
    first = [each for kind in ("role", "several people") for each in [s for s in shared if s[1] == kind][:_EXAMPLES]]
    return Mailboxes(
        len(shared), sum(len(holders) for *_, holders in shared), wrong,
        tuple(
            Mailbox(address, kind, n, len(holders), tuple(base.shown(row) for row in holders[:_SHOWN]))
            for address, kind, n, holders in first
        ),
    )  # fmt: skip


def _are_several(base: Base, holders: list[int]) -> bool:
    # Where nothing but the question is open whether they are one, it is no shared mailbox yet.
    inside = set(holders)
    guarded = any(tie.why and {tie.left, tie.right} <= inside for row in holders for tie in base.asked_of(row))
    return guarded or len({fold_marks(base.entries[row].given.last_name) for row in holders}) >= _MANY_NAMES
