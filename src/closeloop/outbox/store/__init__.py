"""The outbox's tables and all that is read of them and written to them."""

from closeloop.outbox.store.claims import LEASE, claim, end_leases
from closeloop.outbox.store.compares import last_compared
from closeloop.outbox.store.last_known import load_shadows, save_shadows
from closeloop.outbox.store.people import follow_merge, load_held, load_links, load_merges, pending_creates, whose
from closeloop.outbox.store.plans import load_plan
from closeloop.outbox.store.post import end, load, plan, renew, revive, set_aside, settle
from closeloop.outbox.store.senders import load_sender, save_sender
from closeloop.outbox.store.tables import commands, sending, shadows
from closeloop.outbox.store.turns import Turn, begin_turn, book_reads, check_room, end_turn, may_read

__all__ = [
    "LEASE",
    "Turn",
    "begin_turn",
    "book_reads",
    "check_room",
    "claim",
    "commands",
    "end",
    "end_leases",
    "end_turn",
    "follow_merge",
    "last_compared",
    "load",
    "load_held",
    "load_links",
    "load_merges",
    "load_plan",
    "load_sender",
    "load_shadows",
    "may_read",
    "pending_creates",
    "plan",
    "renew",
    "revive",
    "save_sender",
    "save_shadows",
    "sending",
    "set_aside",
    "settle",
    "shadows",
    "whose",
]
