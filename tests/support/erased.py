"""One person who came in through every door, among others; and where anything of them is still to be found."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from closeloop.crew import pump
from closeloop.db import metadata
from closeloop.inbox.importing import import_file
from closeloop.inbox.nouns import Click
from closeloop.ports import Value
from closeloop.process.nouns import Process
from support.busy import Vendors, vendors
from support.road import INTERESTED, Road, b2b_changed, event, identify, raw_receipt, road_on

ZOE, OTHER = "zoe.quill@quill-works.example", "zoe@home-quill.example"
CANARIES = ("zoe.quill", "home-quill", "Quillington", "4930777123", "777123", "zebra carpets", "Chief Quillologist")
"""Parts of her addresses, her name, phone, what she wrote and her title."""
HER = {
    "name": "Zoe Quillington", "title": "CTO", "company": "Quillco", "country": "DE", "product": "robot",
    "tel": "+49 30 777123", "message": "I need zebra carpets",
}  # fmt: skip
BROWSER = "browser-of-hers"
_LIST = """
  list: {kind: file, key: [mail], values: {email: mail, name: name, title: title, opted_out: opted_out}}
"""


def with_list(*changes: tuple[str, str]) -> Process:
    """The project's process, with a list of addresses that is imported, and with these changes (`b2b_changed`)."""
    return b2b_changed(
        ("sources:  {crm: salesforce, ma: marketo, form: webform, desk: console}", "sources:\n  crm: salesforce\n  ma: "
         "marketo\n  form: webform\n  desk: console" + _LIST),
        ("ma.email, form.email]", "ma.email, form.email, list.email]"),
        ("ma.name, form.name]", "ma.name, form.name, list.name]"),
        ("ma.title, form.title]", "ma.title, form.title, list.title]"),
        ("any_true: [desk, ma.unsubscribed", "any_true: [desk, list.opted_out, ma.unsubscribed"),
        *changes,
    )  # fmt: skip


@dataclass(frozen=True)
class Story:
    """The road between both vendors."""

    road: Road
    systems: Vendors
    folder: Path

    def rest(self, span: timedelta = timedelta(minutes=10)) -> None:
        self.road.clock.advance(span)
        pump(self.road.hub, self.systems.ends)

    def import_list(self, rows: Sequence[Mapping[str, object]], name: str = "list.csv") -> None:
        path = self.folder / name
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["mail", "name", "title", "opted_out"])
            writer.writeheader()
            writer.writerows(rows)
        import_file(path, self.road.hub.process, "list", self.road.hub.take_in, self.road.clock.now())
        self.rest()

    def person_of(self, email: str) -> str:
        found = self.road.one(
            "SELECT root_id FROM v_keys WHERE kind = 'email' AND value = :m",
            m=email,
        )
        return str(found)

    def erase(self, who: str) -> str:
        receipt = self.road.hub.click(Click("erase", who, "asked us to", "Ada"))
        self.road.decide()
        ((state, said),) = self.road.rows("SELECT state, reason FROM messages WHERE receipt_id = :r", r=receipt.id)
        assert state == "decided", said
        self.rest()
        return str(said)


@contextmanager
def story(url: str, folder: Path, process: Process | None = None) -> Iterator[Story]:
    """The road on this database, with simulated Salesforce, Marketo and mail."""
    with road_on(url, process or with_list()) as road, vendors(road) as systems:
        yield Story(road, systems, folder)


def lived(told: Story) -> str:
    """Zoe came through every door and became a lead; so did others. Returns her id."""
    road, systems = told.road, told.systems
    at = road.clock.now
    road.act("form.submitted", "ann-1", email="ann@calm.example", **{**INTERESTED, "name": "Ann Calm"})
    road.act("page.viewed", "look", visitor=BROWSER, url="/robot/pricing")
    # One request with somebody else's act between hers, none of them with a name of its own.
    mixed = [
        event("form.submitted", "", at(), email=ZOE, visitor=BROWSER, **HER),
        event("form.submitted", "", at(), email="bob@dull.example", name="Bob Dull", country="DE", product="robot"),
        event("webinar.attended", "", at(), email=ZOE, product="robot"),
    ]
    for each in mixed:
        del each["messageId"]
    road.send(*mixed)
    road.send(identify("who", at(), ZOE, BROWSER, title="CTO"))
    road.hub.take_in([raw_receipt(b'{"batch":[{"type":"track","event":"x","timestamp":"never","properties":'
                                  b'{"email":"zoe.quill@quill-works.example"}}]}', at())])  # fmt: skip
    told.import_list(
        [
            {"mail": "ann@calm.example", "name": "Ann Calm", "title": "CTO", "opted_out": ""},
            {"mail": ZOE, "name": "Zoe\nQuillington", "title": "Chief Quillologist", "opted_out": ""},
            {"mail": "bob@dull.example", "name": "Bob Dull", "title": "Engineer", "opted_out": ""},
        ]
    )
    told.rest()
    lead = next(each for each in systems.crm.records("Lead") if each["Email"] == ZOE)
    # The same delivered again, as clients do; and what the CRM knows by another address.
    road.send(identify("who", at(), ZOE, BROWSER, title="CTO"))
    systems.crm.log_call(str(lead["Id"]), str(lead["OwnerId"]), "Left voicemail", subject="Zoe Quillington on carpets")
    systems.crm.change(str(lead["Id"]), {"Title": "Chief Quillologist", "Phone": "+49 30 777123"})
    told.rest()
    hers = next(each for each in systems.ma.instance.leads() if each["email"] == ZOE)
    systems.ma.update_lead(int(str(hers["id"])), title="Chief Quillologist", phone="+49 30 777123")
    systems.ma.click_email(int(str(hers["id"])), "Newsletter.March", "https://acme.example/robot")
    seller = next(iter(systems.crm.users.values()))
    systems.crm.create_contact(seller, FirstName="Zoe", LastName="Quillington", Email=OTHER, Title="Chief Quillologist")
    told.rest()
    person = told.person_of(ZOE)
    theirs = told.person_of(OTHER)
    if theirs != person:
        (pair,) = road.rows("SELECT id FROM pairs WHERE state = 'open'") or [(None,)]
        if pair is not None:
            road.hub.click(Click("same", str(pair[0] if isinstance(pair, tuple) else pair), "Zoe Quillington", "Ada"))
            road.decide()
    lead_id = road.one("SELECT id FROM leads WHERE person_id = :p", p=person)
    road.hub.click(Click("outcome", str(lead_id), "qualified", "rep-inside"))
    told.rest(timedelta(hours=1))
    deal: dict[str, Value] = {
        "Name": "Quillington wants carpets", "Amount": 48_000, "CurrencyIsoCode": "EUR", "StageName": "Prospecting",
        "CloseDate": "2026-12-01",
    }  # fmt: skip
    systems.crm.convert_lead(str(lead["Id"]), deal, owner=seller)
    told.rest(timedelta(hours=1))
    road.act("form.submitted", "zoe-again", email=ZOE, visitor=BROWSER, **HER)
    road.act("page.viewed", "ann-2", visitor="browser of ann", url="/robot/demo")
    told.rest()
    return told.person_of(ZOE)


def found_at_vendors(systems: Vendors, words: Sequence[str] = CANARIES) -> list[str]:
    """Where one of these words stands in what the simulated systems hold, bins included."""
    crm = {name: list(systems.crm.seen(name, deleted=True)) for name in systems.crm.schema.objects}
    held = {**crm, "ma lead": systems.ma.instance.leads()}
    return sorted(
        f"{name}: {word}" for name, rows in held.items() for word in words if word.lower() in str(rows).lower()
    )


def found_in_tables(road: Road, words: Sequence[str] = CANARIES) -> list[str]:
    """Table, column and word, wherever one of these words stands, in whatever case."""
    found = set()
    with road.database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for name, value in row.items():
                    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    found |= {f"{table.name}.{name}: {word}" for word in words if word.lower() in text.lower()}
    return sorted(found)
