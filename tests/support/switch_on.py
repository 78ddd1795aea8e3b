"""A Tryton and a simulated Marketo full of people who were in them before the hub came, some of them in both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from closeloop.connectors import marketo, tryton
from closeloop.connectors.marketo.simulator import MarketoSimulator
from closeloop.connectors.salesforce.simulator import Simulator
from closeloop.flow import Hub
from closeloop.outbox.plans import Plan
from closeloop.planning import Applied, apply_plan, make_plan
from closeloop.ports import Connector
from closeloop.process.load import load
from closeloop.words.moment import SystemClock
from closeloop.words.normal import NORMAL_FORMS
from support.prepared import opened
from support.tryton_server import TrytonServer, running_tryton

PROCESS = Path(__file__).parents[2] / "examples" / "tryton" / "process.yaml"
_AT_ONCE = 500
Row = Mapping[str, Any]


@dataclass
class Switch:
    """Both systems, the hub that nobody has switched on yet, and how far it is."""

    hub: Hub
    ends: Mapping[str, Connector]
    crm: TrytonServer | Simulator
    ma: MarketoSimulator
    told: dict[str, int] = field(default_factory=dict)

    def plan(self) -> Plan:
        """What would be sent to both."""
        return make_plan(self.hub, self.ends, ["crm", "ma"], self._progress)

    def apply(self, plan: Plan, ceilings: Mapping[str, Mapping[str, int]]) -> Applied:
        """Send it."""
        return apply_plan(self.hub, self.ends, plan, "nobody", self._progress, lambda _: True, ceilings)

    def _progress(self, what: str, n: int) -> None:
        self.told[what] = self.told.get(what, 0) + n


@contextmanager
def switch_on(url: str, folder: Path, marketing: Sequence[Row], sales: Sequence[Row]) -> Iterator[Switch]:
    """A hub on an empty database between both systems.

    Args:
        folder: where Tryton keeps its database.
        marketing, sales: who is in which: first_name, last_name, email, phone, title, company, each perhaps None.
    """
    clock = SystemClock()
    with ExitStack() as stack:
        crm = stack.enter_context(running_tryton(folder))
        ma = stack.enter_context(marketo.simulate(clock))
        for row in marketing:
            _lead(ma, row)
        _parties(crm, sales)
        ends = {"crm": tryton.connect(crm.settings, clock), "ma": marketo.connect(ma.settings, clock)}
        for end in ends.values():
            stack.callback(end.close)
        database = opened(url)
        stack.callback(database.close)
        hub = Hub(database, load(PROCESS), clock)
        hub.begin()
        yield Switch(hub, ends, crm, ma)


def _lead(ma: MarketoSimulator, row: Row) -> None:
    given = {
        "firstName": row["first_name"], "lastName": row["last_name"], "email": row["email"], "phone": row["phone"],
        "title": row["title"], "company": row["company"],
    }  # fmt: skip
    if given["email"] is not None and not NORMAL_FORMS["email"](given["email"], None).valid:
        del given["email"]  # Marketo takes no address that cannot be one
    ma.create_lead(**{name: value for name, value in given.items() if value is not None})


def _parties(crm: TrytonServer, rows: Sequence[Row]) -> None:
    person = crm.call("model.party.category.search", [["name", "=", "Person"]], 0, 1, None)[0]
    works_for = crm.call("model.party.relation.type.search", [["name", "=", "Works for"]], 0, 1, None)[0]
    names = sorted({str(row["company"]) for row in rows if row["company"]})
    companies = dict(zip(names, _create(crm, "party.party", [{"name": name} for name in names]), strict=True))
    people = _create(crm, "party.party", [_party(row, person) for row in rows])
    jobs = [
        {"from_": id_, "to": companies[str(row["company"])], "type": works_for}
        for id_, row in zip(people, rows, strict=True)
        if row["company"]
    ]
    _create(crm, "party.relation.all", jobs)


def _party(row: Row, person: int) -> dict[str, object]:
    held = {"email": row["email"], "phone": _phone(row["phone"])}
    ways = [{"type": way, "value": value} for way, value in held.items() if value]
    name = " ".join(filter(None, (row["first_name"], row["last_name"]))) or row["email"] or "?"
    return {"name": name, "categories": [["add", [person]]], "contact_mechanisms": [["create", ways]] if ways else []}


def _phone(given: str | None) -> str | None:
    """As a seller would have got it into Tryton, which takes no number that cannot be one."""
    normal = NORMAL_FORMS["phone"](given, "US") if given else None
    return str(normal.value) if normal is not None and normal.valid else None


def _create(crm: TrytonServer, model: str, values: Sequence[Mapping[str, object]]) -> list[int]:
    made: list[int] = []
    for at in range(0, len(values), _AT_ONCE):
        made += crm.call(f"model.{model}.create", list(values[at : at + _AT_ONCE]))
    return made
