"""A real Tryton on stage, by its own connector and by a declaration of its REST interface."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from closeloop.connectors import rest, tryton
from closeloop.ports import Connector, Record, Ref, Value
from closeloop.words.moment import SystemClock
from support.stages.stage import Stage
from support.tryton_server import TrytonServer
from support.vendor_line import Line

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "declared" / "tryton-rest.yaml"
_SECRET = "a-wrong-secret-of-tests"


class _Tryton(Stage):
    """One server for all tests: each sees the records of the others, and knows its own by their ids."""

    def __init__(self, server: TrytonServer, line: Line) -> None:
        super().__init__()
        self.server, self.line = server, line
        line.lose.clear()
        line.before.clear()

    @contextmanager
    def away(self) -> Iterator[Connector]:
        self.line.down = True
        yield self.connector
        self.line.down = False

    def later(self, by: timedelta = timedelta(minutes=10)) -> None:
        time.sleep(1.1)

    def remove(self, ref: Ref) -> None:
        self.server.call("model.party.party.delete", [int(ref.id)])


class TrytonStage(_Tryton):
    """By its own connector."""

    folder, second = "tryton", "website"
    abilities = frozenset({"reads", "second", "loses", "away", "signs_in", "removes", "judges", "owns"})
    bad = ("phone", "hello")

    def __init__(self, server: TrytonServer, line: Line) -> None:
        super().__init__(server, line)
        self._settings = {**server.settings, "url": line.url, "look_back_seconds": "5"}
        self.connector = tryton.connect(self._settings, SystemClock())
        [self._person] = server.call("model.party.category.search", [["name", "=", "Person"]], 0, None, None)

    def enter(self, name: str, second: str = "") -> Ref:
        values: dict[str, object] = {"name": name, "categories": [["add", [self._person]]]}
        if second:
            values["contact_mechanisms"] = [["create", [{"type": "website", "value": second}]]]
        return Ref("Contact", str(self.server.create("party.party", **values)))

    def edit(self, ref: Ref, second: str) -> None:
        there = self.server.read("party.party", int(ref.id), "contact_mechanisms")["contact_mechanisms"]
        doing = [["write", there, {"value": second}]] if there else [["create", [{"type": "website", "value": second}]]]
        self.server.write("party.party", int(ref.id), contact_mechanisms=doing)

    def hire(self, name: str) -> str:
        mail = [["create", [{"type": "email", "value": f"{name.lower()}@acme.example"}]]]
        party = self.server.create("party.party", name=name, contact_mechanisms=mail)
        return str(self.server.create("company.employee", party=party, company=self.server.company))

    def dismiss(self, user: str) -> None:
        party = self.server.read("company.employee", int(user), "party")["party"]
        self.server.write("party.party", int(party), active=False)

    def lose_answer(self) -> None:
        self.line.lose.append("party.party.create")

    def refused(self) -> tuple[Connector, str]:
        return tryton.connect({**self._settings, "password": _SECRET}, SystemClock()), _SECRET


class TrytonRestStage(_Tryton):
    """By the declaration of its REST interface among the examples."""

    folder = "rest"
    abilities = frozenset({"reads", "loses", "unique", "away", "signs_in", "removes"})
    bad = ("Email", "joe@acme.example")

    def __init__(self, server: TrytonServer, line: Line, token: str) -> None:
        super().__init__(server, line)
        self._settings = {"url": f"{line.url}/crm", "token": token, "declared": EXAMPLE.read_text(), "name": "tryton"}
        self.connector = rest.connect({**self._settings, "look_back_seconds": "5"}, SystemClock())

    def enter(self, name: str, second: str = "") -> Ref:
        return Ref("Contact", str(self.server.create("party.party", name=name)))

    def edit(self, ref: Ref, second: str) -> None:
        self.server.write("party.party", int(ref.id), name=second)

    def lose_answer(self) -> None:
        self.line.lose.append("POST")

    def refused(self) -> tuple[Connector, str]:
        return rest.connect({**self._settings, "token": _SECRET}, SystemClock()), _SECRET

    def fields(self, name: str, key: str) -> dict[str, Value]:
        return {"Name": name}

    def name_of(self, record: Record) -> Value:
        return record.fields["Name"]
