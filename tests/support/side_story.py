"""What happened in the small business of `side_window`, up to 2 September 2026, 11:00 UTC."""

from __future__ import annotations

import json

from closeloop.db import Database
from support.side_window import (
    ACME,
    ANA,
    BEN,
    JOE,
    JOSEPH,
    KIM,
    LEAD_ANA,
    LEAD_BEN,
    LEAD_JOE,
    LEAD_KIM,
    LINK,
    Seed,
    at,
)


def tell(database: Database) -> None:
    """Write the whole story: Joe is won, Ana is late, Ben was sent back and came in again, Kim has no owner."""
    seed = Seed()
    _joe(seed)
    _ana(seed)
    _ben(seed)
    _kim(seed)
    _ends(seed)
    with database.write() as connection:
        seed.write(connection)


def _joe(seed: Seed) -> None:
    seed.person(JOE, at(3, month=8))
    seed.person(JOSEPH, at(17, month=8), root=JOE)
    seed.person(ACME, at(3, month=8), kind="account")
    seed.key(JOE, "email", "joe@acme.example", at(3, month=8))
    seed.key(JOE, "crm.Lead", "00Q000000000001AAA", at(3, 10, month=8))
    seed.key(JOSEPH, "email", "joseph@acme.example", at(17, month=8))
    seed.value(JOE, "email", "joe@acme.example", "crm.Email", at(4, month=8), wins="crm.Email before form.email")
    seed.value(JOE, "email", "joe@acme.example", "form.email", at(3, month=8))
    seed.value(JOSEPH, "email", "joseph@acme.example", "form.email", at(17, month=8))
    seed.value(JOE, "name", "Joe Miller", "crm.Name", at(4, month=8), wins="crm.Name before form.name")
    seed.value(JOSEPH, "name", "Joseph Miller", "form.name", at(17, month=8))
    seed.value(JOE, "title", "CTO", "form.title", at(3, month=8), wins="the newest of crm.Title and form.title")
    seed.value(JOE, "country", "DE", "form.country", at(3, month=8), given="Germany", wins="crm.Country says nothing")
    seed.value(JOE, "owner", "005-sato", "crm.OwnerId", at(4, month=8), wins="the newest")
    seed.value(JOE, "account", ACME, "form.account", at(3, month=8), wins="the newest")
    seed.value(
        ACME, "company", "acme", "form.company", at(3, month=8), given="Acme Corp", wins="crm.Account.Name says nothing"
    )
    seed.other(
        "merges",
        id=LINK,
        kind="person",
        survivor_id=JOE,
        loser_id=JOSEPH,
        at=at(18, month=8),
        by="b2b@7",
        reason="both are contact 003000000000001AAA in crm",
        message_id="crm:c-1",
        undone_at=None,
        undone_by=None,
    )
    seed.other("visits", visitor="form/joes-phone", at=at(17, month=8), person_id=JOSEPH, message_id="form:5")
    seed.touch("form:1", JOE, "form.submitted", at(3, month=8), campaign="spring-webinar", product="robot")
    seed.touch("form:2", JOE, "webinar.attended", at(3, 12, month=8), campaign="spring-webinar")
    seed.touch("crm:call", JOE, "call.logged", at(5, month=8), seller="sato")
    seed.touch(
        "form:4",
        JOSEPH,
        "page.viewed",
        at(17, 8, month=8),
        product="robot",
        topic="pricing",
        url="https://hub.example/robot/pricing",
    )
    seed.touch("form:5", JOSEPH, "form.submitted", at(17, month=8), campaign="price-mailing", product="robot")
    seed.touch("ma:6", JOE, "email.sent", at(19, month=8), campaign="newsletter")
    seed.touch("crm:7", JOE, "call.logged", at(20, month=8), campaign="call-list", seller="sato")
    seed.other("sums", person_id=JOE, product="robot", line="interest[0]", points=30.0, at=at(3, month=8), n=1)
    seed.other("sums", person_id=JOSEPH, product="robot", line="interest[0]", points=30.0, at=at(17, month=8), n=1)
    seed.other("sums", person_id=JOSEPH, product="robot", line="interest[1]", points=10.0, at=at(17, 8, month=8), n=1)
    seed.other("tiers", person_id=JOE, tier="customer", custody="sales", since=at(1))
    _gate(seed, JOE, passed=True, interest=55.0, when=at(3, month=8))
    seed.lead(
        LEAD_JOE,
        JOE,
        at(3, month=8),
        stage="customer",
        status="won",
        owner="sato",
        campaign="spring-webinar",
        touch_id="form:1",
        assigned_at=at(4, 12, month=8),
        respond_by=at(4, 16, month=8),
        responded_at=at(5, month=8),
        amount_minor=4_800_000,
        currency="EUR",
        closed_at=at(1),
    )
    seed.events(
        LEAD_JOE,
        (at(3, month=8), "created", "telemarketing", None, None),
        (at(3, month=8), "assigned", "telemarketing", "ito", None),
        (at(3, 10, month=8), "responded", "telemarketing", "ito", None),
        (at(3, 10, month=8), "outcome", "telemarketing", "ito", "qualified"),
        (at(3, 10, month=8), "moved", "inside_sales", "ito", None),
        (at(3, 10, month=8), "assigned", "inside_sales", "mori", None),
        (at(4, 8, month=8), "late", "inside_sales", "mori", None),
        (at(4, 8, month=8), "assigned", "inside_sales", "abe", None),
        (at(4, 12, month=8), "outcome", "inside_sales", "abe", "converted"),
        (at(4, 12, month=8), "moved", "field", "abe", None),
        (at(4, 12, month=8), "assigned", "field", "sato", None),
        (at(4, 14, month=8), "responded", "field", "sato", None),
        (at(24, month=8), "milestone", "field", "sato", "proposal"),
        (at(1), "outcome", "field", "sato", "won"),
        (at(1), "won", "customer", "sato", None),
    )
    content = {
        "profile": {
            "name": "Joe Miller",
            "email": "joe@acme.example",
            "title": "CTO",
            "company": "Acme Corp",
            "country": "DE",
        },
        "score": {"fit": 20, "interest": 55, "reasons": ["form.submitted ×1: 30", "webinar.attended ×1: 25"]},
        "summary": "Joe Miller, CTO at Acme Corp, asked for robot through spring-webinar and attended it the same day.",
    }
    seed.other("packets", lead_id=LEAD_JOE, cycle=1, at=at(3, month=8), content=json.dumps(content))
    seed.other("shown", lead_id=LEAD_JOE, object="Lead", record_id="00Q000000000001AAA", our_key=LEAD_JOE)
    seed.command(
        "create lead Joe",
        "crm",
        "create",
        at(3, month=8),
        lead_id=LEAD_JOE,
        person_id=JOE,
        answer_id="00Q000000000001AAA",
        answered_at=at(3, 9, 1, month=8),
        fields=json.dumps({"LastName": "Miller", "Company": "Acme Corp"}),
    )
    seed.command(
        "tell ma won",
        "ma",
        "tell",
        at(1),
        lead_id=LEAD_JOE,
        person_id=JOE,
        answered_at=at(1, 9, 1),
        verified=1,
        fields=json.dumps({"outcome": "won", "campaign": "spring-webinar", "amount": "48000.00 EUR"}),
    )
    seed.other(
        "alerts",
        id="alerts[0]/form:5/sato",
        rule="alerts[0]",
        person_id=JOE,
        touch_id="form:5",
        member="sato",
        at=at(17, month=8),
        due_at=at(17, 9, 2, month=8),
        text="Joe Miller sent a form about robot",
        why="b2b@7 alerts[0]: open_deal",
        process="b2b@7",
    )
    seed.command(
        "alert:alerts[0]/form:5/sato",
        "mail",
        "mail",
        at(17, month=8),
        person_id=JOE,
        message_id="form:5",
        attempts=3,
        reason="451 try again later",
        answered_at=at(17, 9, 14, month=8),
    )
    seed.message("form:1", at(3, month=8), subject=JOE)
    seed.message("form:5", at(17, month=8), subject=JOSEPH)


def _ana(seed: Seed) -> None:
    seed.person(ANA, at(1))
    seed.key(ANA, "email", "ana@bolt.example", at(1))
    seed.value(ANA, "name", "Ana Silva", "form.name", at(1), wins="the only one")
    seed.value(ANA, "email", "ana@bolt.example", "form.email", at(1), wins="the only one")
    seed.touch("form:a1", ANA, "form.submitted", at(1), campaign="spring-webinar", product="robot")
    seed.touch("form:a2", ANA, "webinar.attended", at(1, 12), campaign="price-mailing")
    _gate(seed, ANA, passed=True, interest=60.0, when=at(1))
    seed.lead(
        LEAD_ANA,
        ANA,
        at(1),
        owner="ito",
        campaign="spring-webinar",
        touch_id="form:a1",
        assigned_at=at(1),
        respond_by=at(1, 13),
    )
    seed.events(
        LEAD_ANA, (at(1), "created", "telemarketing", None, None), (at(1), "assigned", "telemarketing", "ito", None)
    )
    seed.message("form:a1", at(1), subject=ANA)


def _ben(seed: Seed) -> None:
    seed.person(BEN, at(10, month=7))
    seed.key(BEN, "email", "ben@cord.example", at(10, month=7))
    seed.value(BEN, "name", "Ben Okafor", "form.name", at(10, month=7), wins="the only one")
    seed.value(BEN, "email", "ben@cord.example", "form.email", at(10, month=7), wins="the only one")
    seed.touch("form:b1", BEN, "form.submitted", at(10, month=7), campaign="fair", product="robot")
    seed.touch("form:b2", BEN, "form.submitted", at(2, 8), campaign="price-mailing", product="robot")
    _gate(seed, BEN, passed=True, interest=44.0, when=at(2, 8))
    seed.lead(
        LEAD_BEN,
        BEN,
        at(2, 8),
        cycle=2,
        stage="inside_sales",
        owner="mori",
        campaign="price-mailing",
        touch_id="form:b2",
        assigned_at=at(2, 8),
        respond_by=at(2, 13),
    )
    seed.events(
        LEAD_BEN,
        (at(10, month=7), "created", "telemarketing", None, None),
        (at(10, month=7), "assigned", "telemarketing", "ito", None),
        (at(10, 11, month=7), "outcome", "telemarketing", "ito", "wrong_number"),
        (at(10, 11, month=7), "sent_back", "telemarketing", None, "bad_data"),
    )
    returned = [
        (at(2, 8), "returned", "inside_sales", None, None),
        (at(2, 8), "assigned", "inside_sales", "mori", None),
    ]
    seed.events(LEAD_BEN, *returned, cycle=2, first=5)
    # The event that began the first cycle was caused by the first form.
    seed.rows["lead_events"][-6]["message_id"] = "form:b1"


def _kim(seed: Seed) -> None:
    seed.person(KIM, at(2, 10))
    seed.key(KIM, "email", "kim@dune.example", at(2, 10))
    seed.value(KIM, "email", "kim@dune.example", "form.email", at(2, 10), wins="the only one")
    seed.touch("form:k1", KIM, "form.submitted", at(2, 10), product="sensor")
    seed.lead(LEAD_KIM, KIM, at(2, 10), product="sensor", touch_id="form:k1")
    seed.events(LEAD_KIM, (at(2, 10), "created", "telemarketing", None, None))
    _gate(seed, KIM, passed=False, interest=30.0, when=at(2, 10), product="sensor")


def _ends(seed: Seed) -> None:
    seed.other("batches", no=1, decided_at=at(2, 10), process="b2b@7", n_messages=6)
    seed.message("form:x1", at(2, 10), state="set_aside", reason="'traits' is a list; valid is an object")
    seed.message("crm:x2", at(2, 10), state="failed", reason="OverflowError: int too large to convert")
    for number, flags in enumerate(("", "", "duplicate", "pdays_contradicts"), 1):
        seed.message(f"calls:{number}", at(2, 10), flags=flags or None)
        seed.touch(
            f"calls:{number}", JOE if number == 1 else KIM, "call.logged", at(2, 10), props={"attempt": number * 2}
        )
    seed.other(
        "receipts",
        id="receipt late",
        source="form",
        door="segment",
        received_at=at(2, 10, 58),
        headers="{}",
        body=b"{}",
    )
    seed.other("waiting", receipt_id="receipt late", queue="live")
    seed.other(
        "ends",
        source="crm",
        cursor="2026-09-02T10:55:00Z",
        pulled_at=at(2, 10, 55),
        n_records=112,
        error=None,
        error_at=None,
    )
    seed.other(
        "ends",
        source="ma",
        cursor="GIYDAOBNGEYS2MBW",
        pulled_at=at(2, 9),
        n_records=40,
        error="606: Max rate limit '100' exceeded with in '20' secs",
        error_at=at(2, 10, 50),
    )
    seed.command(
        "create lead Ana",
        "crm",
        "create",
        at(1),
        lead_id=LEAD_ANA,
        person_id=ANA,
        state="dead",
        answered_at=at(1, 9, 1),
        reason="Company: required field is missing; give the account a name",
    )
    seed.command("tell ma Ana", "ma", "tell", at(1), lead_id=LEAD_ANA, person_id=ANA, state="waiting", attempts=3)


def _gate(seed: Seed, person_id: str, *, passed: bool, interest: float, when: int, product: str = "robot") -> None:
    parts = [
        {"text": "valid(email)", "held": True, "values": {"email": "given"}},
        {"text": "fit >= 20", "held": True, "values": {"fit": 20}},
        {"text": "interest >= 40", "held": passed, "values": {"interest": interest}},
    ]
    seed.other(
        "verdicts",
        person_id=person_id,
        product=product,
        at=when,
        passed=int(passed),
        why=json.dumps(parts),
        process="b2b@7",
        message_id="form:1",
    )
