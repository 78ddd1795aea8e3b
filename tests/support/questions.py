"""Pairs for a person to judge, and merges with what stood before, beside the small business of `side_story`."""

from __future__ import annotations

import json
from typing import Any

from closeloop.db import Database
from support.side_window import ANA, BEN, JOE, Seed, at

JO, MIA, BOLT, BOLTS = (f"0199e000-0000-7000-8000-0000000000{n}" for n in ("f1", "f2", "b1", "b2"))
ASKED, LIGHTER, SKIPPED, OF_COMPANIES, ANSWERED, MOOT = (f"0199e300-0000-7000-8000-00000000000{n}" for n in range(1, 7))
MERGED = "0199e200-0000-7000-8000-000000000002"


def proof(comparison: str, level: str, weight: float, left: str = "", right: str = "") -> dict[str, Any]:
    """One comparison as identity stores it."""
    return {"comparison": comparison, "level": level, "weight": weight, "left": left, "right": right}


EVIDENCE = (
    proof("first name", "nickname", 5.9, "joe", "jo"),
    proof("last name", "equal", 10.3, "miller", "miller"),
    proof("e-mail", "same company, other mailbox", 5.3, "joe@acme.example", "jo.miller@acme.example"),
    proof("phone", "different", -2.1, "+49301234", "+49309999"),
)


def ask(database: Database) -> None:
    """Write them: Joe and Jo first, then Ana and Mia; Ben and Mia were skipped; the two Bolts are companies."""
    seed = Seed()
    for person, name, email in ((JO, "Jo Miller", "jo.miller@acme.example"), (MIA, "Mia Silva", "")):
        seed.person(person, at(1, 9))
        seed.value(person, "name", name, "form.name", at(1, 9), wins="the only one")
        if email:
            seed.key(person, "email", email, at(1, 9))
            seed.value(person, "email", email, "form.email", at(1, 9), wins="the only one")
    seed.key(JO, "crm.Lead", "00Q000000000009AAA", at(1, 9))
    seed.value(JO, "title", "Plant manager", "form.title", at(1, 9), wins="the only one")
    seed.other("sums", person_id=JO, product="robot", line="interest[0]", points=30.0, at=at(1, 9), n=1)
    for account, name in ((BOLT, "Bolt GmbH"), (BOLTS, "Bolt Group")):
        seed.person(account, at(1, 9), kind="account")
        seed.value(account, "company", name.lower(), "form.company", at(1, 9), given=name, wins="the only one")
    pair(seed, ASKED, JOE, JO, 7.4, EVIDENCE)
    pair(seed, LIGHTER, ANA, MIA, 4.1)
    pair(seed, SKIPPED, BEN, MIA, 9.9, skipped_at=at(2, 9))
    pair(seed, OF_COMPANIES, BOLT, BOLTS, 3.0, kind="account")
    pair(seed, ANSWERED, JOE, ANA, 8.8, state="different", decided_at=at(2, 8), decided_by="sato")
    pair(seed, MOOT, JOE, MIA, 8.9, state="moot")
    with database.write() as connection:
        seed.write(connection)


def pair(seed: Seed, pair_id: str, left: str, right: str, weight: float, evidence: Any = (), **more: Any) -> None:
    """A pair, open unless `more` says otherwise."""
    row = {
        "kind": "person", "state": "open", "why": "the weight stands between ask and same", "bundle": "contacts@1",
        "at": at(2, 7), "message_id": "form:1", "skipped_at": None, "decided_at": None, "decided_by": None,
    }  # fmt: skip
    seed.other(
        "pairs", id=pair_id, left_id=left, right_id=right, weight=weight, evidence=json.dumps(evidence), **(row | more)
    )


def merged(seed: Seed, merge_id: str, survivor: str, loser: str, when: int, **more: Any) -> None:
    """A merge that a person said, with both as they stood."""

    def stood(record: str, name: str, email: str) -> dict[str, Any]:
        winner = {"value": name, "given": name, "path": "form.name", "at": when}
        return {"id": record, "keys": [["email", email]], "winners": {"name": winner}}

    row = {
        "kind": "person", "by": "console", "reason": "somebody said that they are the same", "message_id": "desk:1",
        "undone_at": None, "undone_by": None, "weight": 7.4, "evidence": json.dumps(EVIDENCE), "pair_id": ASKED,
        "snapshot": json.dumps(
            {"survivor": stood(survivor, "Joe Miller", "joe@acme.example"),
             "loser": stood(loser, "Jo Miller", "jo.miller@acme.example")}
        ),
    }  # fmt: skip
    seed.other("merges", id=merge_id, survivor_id=survivor, loser_id=loser, at=when, **(row | more))
