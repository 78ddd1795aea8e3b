"""Identity's tables: who and what there is, the unique claims on strong keys, browsers, likeness, merges as links."""

from __future__ import annotations

from sqlalchemy import Column, Index, text

from closeloop.db import INT, REAL, TEXT, table

IN_SAMPLE = text("substr(entity_id, 35, 2) = '00'")
"""One person in 256: their ids end at random."""
_IS_OPEN = text("state = 'open'")

# fmt: off
entities = table(
    "entities",
    Column("id", TEXT, primary_key=True),
    Column("kind", TEXT, nullable=False),           # person | account | opportunity | campaign
    Column("root_id", TEXT, nullable=False),        # itself, or the survivor it is linked to
    Column("created_at", INT, nullable=False),
    Column("message_id", TEXT, nullable=False),     # what brought it about
    Index(None, "root_id"),
    rowid=False,
)
keys = table(
    "keys",
    Column("kind", TEXT, primary_key=True),         # email, crm.Lead, form.user, crm.Account, company …
    Column("value", TEXT, primary_key=True),
    Column("entity_id", TEXT, nullable=False),      # its own entity, also after a merge
    Column("at", INT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    Index(None, "entity_id"),
    rowid=False,
)
visits = table(
    "visits",                                       # who was seen on which browser since when
    Column("visitor", TEXT, primary_key=True),
    Column("at", INT, primary_key=True),
    Column("person_id", TEXT, primary_key=True),
    Column("message_id", TEXT, nullable=False),
    Index(None, "person_id"),
    rowid=False,
)
merges = table(
    "merges",
    Column("id", TEXT, primary_key=True),
    Column("kind", TEXT, nullable=False),
    Column("survivor_id", TEXT, nullable=False),
    Column("loser_id", TEXT, nullable=False),
    Column("at", INT, nullable=False),
    Column("by", TEXT, nullable=False),             # b2b@7, or the person who did it
    Column("reason", TEXT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    Column("undone_at", INT),
    Column("undone_by", TEXT),
    Column("weight", REAL),                         # bits; none where strong keys or a person said so
    Column("evidence", TEXT),                       # JSON, what the weight is made of
    Column("pair_id", TEXT),                        # the pair that was asked about before
    Column("snapshot", TEXT),                       # JSON, keys and winners of both as they stood before
    Index(None, "survivor_id"),
    Index(None, "loser_id"),
)
traits = table(
    "traits",                                       # what a person is told apart by, of its own entity
    Column("entity_id", TEXT, primary_key=True),
    Column("given", TEXT, nullable=False),          # JSON, column → [moment, value as it came]
    Column("traits", TEXT, nullable=False),         # JSON, as the bundle compares them
    Column("bundle", TEXT, nullable=False),         # which bundle prepared them
    Column("message_id", TEXT, nullable=False),     # what changed them last
    Index("ix_traits_sampled", "entity_id", sqlite_where=IN_SAMPLE, postgresql_where=IN_SAMPLE),
    rowid=False,
)
block_keys = table(
    "block_keys",                                   # two that hold one of these are worth comparing
    Column("key", TEXT, primary_key=True),
    Column("entity_id", TEXT, primary_key=True),
    Index(None, "entity_id"),
    rowid=False,
)
companies = table(
    "companies",                                    # what was said of an account, of its own entity
    Column("entity_id", TEXT, primary_key=True),
    Column("said", TEXT, nullable=False),           # JSON: names, domains, country, and domains seen of its people
    Column("message_id", TEXT, nullable=False),     # what changed it last
    rowid=False,
)
account_keys = table(
    "account_keys",                                 # under which accounts are looked up
    Column("key", TEXT, primary_key=True),
    Column("entity_id", TEXT, primary_key=True),
    rowid=False,
)
sharers = table(
    "sharers",                                      # a phone or address, and the first last names it was seen with
    Column("value", TEXT, primary_key=True),
    Column("last_name", TEXT, primary_key=True),
    rowid=False,
)
pairs = table(
    "pairs",
    Column("id", TEXT, primary_key=True),
    Column("kind", TEXT, nullable=False),
    Column("left_id", TEXT, nullable=False),        # own entities, the older one left
    Column("right_id", TEXT, nullable=False),
    Column("weight", REAL, nullable=False),         # bits
    Column("state", TEXT, nullable=False),          # open | same | different | moot
    Column("why", TEXT, nullable=False),            # why a person is asked
    Column("evidence", TEXT, nullable=False),       # JSON
    Column("bundle", TEXT, nullable=False),
    Column("at", INT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    Column("skipped_at", INT),
    Column("decided_at", INT),
    Column("decided_by", TEXT),
    Index(None, "left_id", "right_id", unique=True),
    Index(None, "right_id"),
    Index("ix_pairs_open", "weight", "id", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
)
tombstones = table(
    "tombstones",                                   # of keys of those who were erased
    Column("digest", TEXT, primary_key=True),       # salted
    Column("salt", TEXT, nullable=False),           # one for the whole database
    Column("erased_at", INT, nullable=False),
    Column("erasure_id", TEXT, nullable=False),     # the person, by whose id nothing else is known any more
    rowid=False,
)
# fmt: on
