"""What is compared between two business contacts: the declaration of the bundle that ships, before training.

Mailbox and employer are one comparison: an address at acme.com and the company "Acme" say one thing, not two.
"""

from __future__ import annotations

from closeloop.matching.spec import (
    Bands,
    Block,
    Column,
    Comparison,
    Declaration,
    Guard,
    Level,
    Rarity,
    Shared,
    Spec,
    WholeName,
)

_SAME_EMPLOYER: Declaration = ["any", ["equal", "company_start"], ["meets", "company_initials", "company"]]
_FIRST_NAMES_AGREE: Declaration = [
    "any",
    ["equal", "first"],
    ["shares", "known_as"],
    ["initial", "first"],
    ["crossed", "first", "last"],
    # Mark and Mary are one letter apart and two people; Jon and Jonn may be one.
    ["all", ["missing", "first_listed"], ["any", ["jaro_winkler", "first", 0.85], ["edits", "first", 1]]],
]
# jsmith@ and ksmith@ are two people, and so are smith1@ and smith2@.
_ONE_LETTER: Declaration = [
    "all",
    ["equal", "host"],
    ["same", "mailbox_number"],
    ["edits", "mailbox", 1],
    ["any", ["missing", "first"], ["equal", "first"], ["shares", "known_as"], ["starts", "first"]],
]
_OTHER_NAME: Declaration = [
    "any",
    [
        "all",
        ["known", "first"],
        [
            "not",
            ["any", ["equal", "first"], ["shares", "known_as"], ["initial", "first"], ["crossed", "first", "last"]],
        ],
    ],
    ["all", ["known", "last"], ["not", ["any", ["equal", "last"], ["crossed", "first", "last"]]]],
]
_ELSE: Declaration = ["else"]
_COINCIDENCE = 1e-5
"""How often two people share an address or a number. Stated, since a sample meets none, and since those who share a
number share the company too: no coincidence should count more than some 16 bits."""

CONTACTS = Spec(
    name="contacts",
    version="1",
    made="",
    whole_name=WholeName("name", "first_name", "last_name"),
    columns=(
        Column("first", "name", ("first_name",)),
        Column("last", "name", ("last_name",)),
        Column("known_as", "known_as", ("=first",)),
        Column("first_listed", "listed", ("=first",)),
        Column("generation", "generation", ("=last",)),
        Column("first_generation", "generation", ("=first",)),
        Column("address", "address", ("email",)),
        Column("email", "personal", ("=address",)),
        Column("mailbox", "mailbox", ("=email",)),
        Column("mailbox_number", "digits", ("=mailbox",)),
        Column("host", "host", ("=address",)),
        Column("domain", "company_domain", ("=host",)),
        Column("phone", "phone", ("phone",)),
        Column("company", "company", ("company",)),
        Column("company_start", "two_words", ("=company",)),
        Column("company_initials", "initials", ("=company",)),
        Column("title", "title", ("title",)),
        Column("city", "text", ("city",)),
    ),
    blocks=(
        Block("email", ("email",)),
        Block("phone", ("phone",)),
        Block("names", ("first", "last"), unordered=True),
        Block("last_company", ("last", "company_start")),
        Block("last_domain", ("last", "domain")),
        Block("first_company", ("first", "company_start", "last:2")),
        Block("first_domain", ("first", "domain", "last:2")),
        Block("mailbox_company", ("mailbox", "company_start")),
    ),
    comparisons=(
        Comparison(
            "first name",
            ("first",),
            (
                Level("unknown", ["missing", "first"], silent=True),
                Level("changed places", ["crossed", "first", "last"], u=1e-6, fixed="u"),
                Level("equal", ["equal", "first"], rarity=Rarity("first")),
                Level("nickname", ["shares", "known_as"]),
                Level("initial", ["initial", "first"]),
                Level("similar", ["any", ["jaro_winkler", "first", 0.9], ["edits", "first", 1]]),
                Level("different", _ELSE),
            ),
        ),
        Comparison(
            "last name",
            ("last",),
            (
                Level("unknown", ["missing", "last"], silent=True),
                Level("counted with the first", ["crossed", "first", "last"], silent=True),
                Level("equal", ["equal", "last"], rarity=Rarity("last")),
                Level("similar", ["any", ["jaro_winkler", "last", 0.92], ["edits", "last", 1]]),
                Level("different", _ELSE),
            ),
        ),
        Comparison(
            "e-mail and company",
            ("address", "company"),
            (
                Level("same address", ["equal", "email"], u=_COINCIDENCE, fixed="u"),
                Level("address but one letter", _ONE_LETTER, u=_COINCIDENCE, fixed="u"),
                Level(
                    "same mailbox, same company",
                    ["all", ["equal", "mailbox"], _SAME_EMPLOYER],
                    u=_COINCIDENCE,
                    fixed="u",
                ),
                Level(
                    "same mailbox with a number",
                    ["all", ["equal", "mailbox"], ["known", "mailbox_number"]],
                    m=0.001,
                    u=_COINCIDENCE,
                    fixed="mu",
                ),
                Level("same domain, other mailbox", ["equal", "domain"], rarity=Rarity("domain")),
                Level("same company", ["equal", "company"], rarity=Rarity("company")),
                Level("company begins alike", ["equal", "company_start"], rarity=Rarity("company_start")),
                Level("company by its initials", ["meets", "company_initials", "company"]),
                Level("company similar", ["jaro_winkler", "company", 0.92]),
                Level("nothing to compare", ["all", ["missing", "email"], ["missing", "company"]], silent=True),
                Level("different", _ELSE),
            ),
        ),
        Comparison(
            "phone",
            ("phone",),
            (
                Level("unknown", ["missing", "phone"], silent=True),
                Level("equal", ["equal", "phone"], u=_COINCIDENCE, fixed="u"),
                Level("different", _ELSE),
            ),
        ),
        Comparison(
            "title",
            ("title",),
            (
                Level("unknown", ["missing", "title"], silent=True),
                Level("equal", ["equal", "title"], rarity=Rarity("title")),
                Level("different", _ELSE),
            ),
        ),
        Comparison(
            "city",
            ("city",),
            (
                Level("unknown", ["missing", "city"], silent=True),
                Level("equal", ["equal", "city"], rarity=Rarity("city")),
                Level("different", _ELSE),
            ),
        ),
    ),
    guards=(
        Guard(
            "other first name",
            ["all", ["known", "first"], ["not", _FIRST_NAMES_AGREE]],
            "the first names disagree, so they may be related rather than the same",
        ),
        Guard(
            "other generation",
            ["any", *(["all", ["known", at], ["not", ["equal", at]]] for at in ("generation", "first_generation"))],
            "one is junior, senior or numbered and the other another, so they may be parent and child",
        ),
        # Jan and Jana Novak, jan.novak@ and jana.novak@: whoever mistypes a name does not have that address as well.
        Guard(
            "other name and address",
            [
                "all",
                ["known", "email"],
                ["equal", "domain"],
                ["not", ["equal", "mailbox"]],
                ["jaro_winkler", "mailbox", 0.88],
                _OTHER_NAME,
            ],
            "their names differ, and each has an address at one company, so they may be two who are called alike",
        ),
    ),
    shared=(
        Shared("email", "last", 3, ("email", "mailbox", "mailbox_number")),
        Shared("phone", "last", 3, ("phone",)),
    ),
    bands=Bands(n_records=100_000, same=3.0, ask=-3.0),
    prior=4e-6,
    training=(("phone",), ("email",), ("first", "last", "city"), ("first", "last", "title")),
)
