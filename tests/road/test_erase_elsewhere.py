"""Who was erased is gone from a real Tryton, from Eloqua and from an SQL table too, and comes back from none (T11)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from closeloop.connectors import eloqua, sql, tryton
from closeloop.connectors.eloqua.simulator import EloquaSimulator
from closeloop.crew import pump
from closeloop.inbox.nouns import Click
from closeloop.ports import Connector
from closeloop.process.load import load_files
from closeloop.process.nouns import Process
from closeloop.words.moment import ManualClock, SystemClock
from support.erased import found_in_tables
from support.erp import DECLARED, TABLES
from support.road import Road, road_on
from support.sides.process import of_tryton
from support.tryton_server import TrytonServer

ZOE, WORDS = "zoe.quill@quill-works.example", ("zoe.quill", "Quillington", "4930777123", "777123")
OTHER = "ann@calm-works.example"


def between_three(server: TrytonServer) -> Process:
    """The process between Tryton and marketing, with Eloqua in place of Marketo and an ERP beside."""
    files = dict(of_tryton(server.sato, server.mori).files)
    said = files["process.yaml"].decode()
    for old, new in (
        ("{crm: tryton, ma: marketo, form: webform, desk: console}",
         "{crm: tryton, ma: eloqua, erp: {kind: sql, declared: erp.yaml, role: other}, form: webform, desk: console}"),
        ("ma.email, form.email]", "ma.email, erp.Email, form.email]"),
        ("ma.name, form.name]", "ma.name, erp.Name, form.name]"),
        ("[crm.website, ma.meal_choice, form.homepage]", "[crm.website, form.homepage]"),
        ("[crm.website, ma.meal_choice]", "[crm.website]"),
    ):  # fmt: skip
        assert old in said, old
        said = said.replace(old, new)
    return load_files({**files, "process.yaml": said.encode(), "erp.yaml": DECLARED.encode()}, "process.yaml")


@dataclass(frozen=True)
class Three:
    """The road between the three."""

    road: Road
    crm: TrytonServer
    ma: EloquaSimulator
    erp: Engine
    ends: dict[str, Connector]
    clock: ManualClock

    def rest(self) -> None:
        for _ in range(3):
            self.clock.advance(timedelta(minutes=10))
            pump(self.road.hub, self.ends)

    def enter(self, email: str, name: str, phone: str) -> None:
        """Somebody is entered in each of the three."""
        first, last = name.split()
        [person] = self.crm.call("model.party.category.search", [["name", "=", "Person"]], 0, None, None)
        ways = [{"type": "email", "value": email}, {"type": "phone", "value": phone}]
        self.crm.create("party.party", name=name, categories=[["add", [person]]], contact_mechanisms=[["create", ways]])
        self.ma.create_contact(email=email, first_name=first, last_name=last, phone=phone)
        with self.erp.begin() as connection:
            row = {"email": email, "name": name, "at": self.clock.now().replace(tzinfo=None).isoformat(" ")}
            connection.execute(
                text("INSERT INTO people (email, full_name, updated_at) VALUES (:email, :name, :at)"), row
            )

    def held(self) -> str:
        """All that the three hold of people, as one text."""
        found: list[object] = []
        for model, names in (("party.party", ["name"]), ("party.contact_mechanism", ["value"])):
            ids = self.crm.call(f"model.{model}.search", [["active", "in", [True, False]]], 0, None, None)
            found += self.crm.call(f"model.{model}.read", ids, names)
        found += [row.values for row in self.ma.contacts()]
        with self.erp.connect() as connection:
            found += [tuple(row) for row in connection.execute(text("SELECT * FROM people"))]
        return str(found).lower()

    def n_people(self) -> object:
        return self.road.one("SELECT COUNT(DISTINCT entity_id) FROM keys WHERE kind = 'email'")


@pytest.fixture
def three(sqlite_url: str, tmp_path: Path, tryton: TrytonServer) -> Iterator[Three]:
    clock = ManualClock(SystemClock().now().replace(microsecond=0))
    with ExitStack() as stack:
        erp = create_engine(f"sqlite:///{tmp_path}/erp.db")
        stack.callback(erp.dispose)
        with erp.begin() as connection:
            for statement in TABLES.format(serial="INTEGER PRIMARY KEY", true="1").split(";"):
                connection.execute(text(statement))
        ma = stack.enter_context(eloqua.simulate(clock))
        settings = {"url": f"sqlite:///{tmp_path}/erp.db", "declared": DECLARED, "declared_file": "erp.yaml"}
        ends = {
            "crm": _tryton(tryton),
            "ma": eloqua.connect({**ma.settings, "poll_seconds": "0"}, clock),
            "erp": sql.connect(settings, clock),
        }
        for end in ends.values():
            stack.callback(end.close)
        road = stack.enter_context(road_on(sqlite_url, between_three(tryton), clock))
        road.hub.reads_on("crm", ends["crm"].mark())
        yield Three(road, tryton, ma, erp, ends, clock)


def _tryton(server: TrytonServer) -> Connector:
    return tryton.connect({**server.settings, "look_back_seconds": "2"}, SystemClock())


def test_nothing_of_who_was_erased_is_left_anywhere_and_what_comes_again_is_kept_out(three: Three):
    three.enter(ZOE, "Zoe Quillington", "+49 30 777123")
    three.enter(OTHER, "Ann Calmwork", "+49 30 888456")
    three.rest()
    assert [word for word in WORDS[:2] if word.lower() not in three.held()] == [], "the story tells too little"
    person = three.road.one("SELECT root_id FROM v_keys WHERE kind = 'email' AND value = :m", m=ZOE)
    records = three.road.rows("SELECT kind FROM v_keys WHERE root_id = :p AND kind LIKE '%.%' ORDER BY kind", p=person)
    assert records == [("crm.Contact",), ("erp.Contact",), ("ma.Lead",)]
    three.road.hub.click(Click("erase", str(person), "asked us to", "Ada"))
    three.road.decide()
    three.rest()
    erased = three.road.rows("SELECT source, state, reason FROM commands WHERE verb = 'erase' ORDER BY source")
    assert [each[:2] for each in erased] == [("crm", "done"), ("erp", "done"), ("ma", "done")], erased
    assert [word for word in WORDS if word.lower() in three.held()] == []
    assert found_in_tables(three.road, WORDS) == []
    assert OTHER in three.held()
    three.road.database.scrub()
    file = Path(str(make_url(three.road.database.url).database))
    kept = b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*")).lower()
    assert [word for word in WORDS if word.lower().encode() in kept] == []
    n = three.n_people()
    three.enter(ZOE, "Zoe Quillington", "+49 30 777123")
    three.rest()
    assert three.n_people() == n
    assert found_in_tables(three.road, WORDS) == []
