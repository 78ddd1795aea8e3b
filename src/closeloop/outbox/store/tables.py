"""The outbox's tables: commands with a key, what each outside system is known to hold, how each may send just now."""

from __future__ import annotations

from sqlalchemy import Column, Index, column, text
from sqlalchemy import table as known_table

from closeloop.db import INT, REAL, TEXT, table

# fmt: off
commands = table(
    "commands",
    Column("key", TEXT, primary_key=True),
    Column("source", TEXT, nullable=False),         # crm, ma, mail
    Column("verb", TEXT, nullable=False),
    Column("object", TEXT, nullable=False),
    Column("ref_object", TEXT),
    Column("ref_id", TEXT),
    Column("our_key", TEXT),
    Column("fields", TEXT, nullable=False),         # JSON
    Column("refs", TEXT, nullable=False),           # JSON
    Column("after", TEXT),                          # key of a command that must be done first
    Column("person_id", TEXT),
    Column("lead_id", TEXT),
    Column("why", TEXT, nullable=False),
    Column("message_id", TEXT, nullable=False),     # what brought it about
    Column("created_at", INT, nullable=False),
    Column("no", INT, nullable=False),              # order among those created at once
    Column("state", TEXT, nullable=False),          # waiting | leased | done | dead
    Column("attempts", INT, nullable=False),        # how often it was sent, lost answers included
    Column("answers", INT, nullable=False),         # how often it was answered
    Column("not_before", INT, nullable=False),
    Column("leased_by", TEXT),
    Column("leased_until", INT),
    Column("answer_id", TEXT),                      # id of the record made or changed
    Column("reason", TEXT),
    Column("answered_at", INT),
    Column("verified", INT, nullable=False),
    Column("lane", INT, nullable=False, server_default=text("1")),  # 0 before 1 before 2, see `outbox.lanes`
    Column("plan_id", TEXT),                        # the plan that it was approved with
    Index(None, "state", "source", "not_before"),
    Index(None, "person_id", "source"),
    Index(None, "lead_id"),
    Index(None, "plan_id"),
)
shadows = table(
    "shadows",                                      # what each side was last known to hold
    Column("source", TEXT, primary_key=True),
    Column("object", TEXT, primary_key=True),
    Column("record_id", TEXT, primary_key=True),
    Column("fields", TEXT, nullable=False),         # JSON
    rowid=False,
)
sending = table(
    "sending",                                      # how each connection may send just now, for all processes
    Column("source", TEXT, primary_key=True),
    Column("mode", TEXT, nullable=False),
    Column("window_from", INT, nullable=False),     # when the window began in which calls are counted
    Column("n_calls", INT, nullable=False),         # made in it, those set aside for what is under way included
    Column("n_reads", INT, nullable=False),         # those of them that read
    Column("n_sent", INT, nullable=False),          # commands sent in it
    Column("calls_allowed", INT),                   # in it; none where nobody said
    Column("asked_at", INT),                        # when the vendor was last asked what it allows
    Column("failures", INT, nullable=False),        # calls in a row that failed as a whole
    Column("closed_until", INT),                    # nothing is sent before
    Column("why", TEXT),                            # what the last such call was answered
    Column("sent_at", INT),
    Column("pace", REAL),                           # commands a second, lately
    rowid=False,
)
# fmt: on
# Identity's, joined and never written.
entities = known_table("entities", column("id", TEXT), column("root_id", TEXT))
keys = known_table("keys", *(column(name, TEXT) for name in ("kind", "value", "entity_id")), column("at", INT))
merges = known_table(
    "merges",
    *(column(name, TEXT) for name in ("id", "survivor_id", "loser_id", "by", "reason")),
    *(column(name, INT) for name in ("at", "undone_at")),
)
