"""The simulated vendors on stage: Salesforce, Marketo, Eloqua."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from closeloop.connectors import eloqua, marketo, salesforce
from closeloop.ports import Connector, Record, Ref, Value
from closeloop.simulation import Faults
from closeloop.words.moment import ManualClock
from support.stages.stage import Stage

_SECRET = "a-wrong-secret-of-tests"


class _Simulated(Stage):
    """A simulator on a clock that stands still."""

    faults: Faults

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.clock, self.stack = clock, ExitStack()

    def lose_answer(self) -> None:
        self.connector.discover()
        self.faults.lose_answers(1)

    @contextmanager
    def away(self) -> Iterator[Connector]:
        self.faults.outage()
        yield self.connector
        self.faults.outage(on=False)

    def later(self, by: timedelta = timedelta(minutes=10)) -> None:
        self.clock.advance(by)

    def close(self) -> None:
        self.connector.close()
        self.stack.close()


class SalesforceStage(_Simulated):
    """An organisation with one seller."""

    folder, person, second = "salesforce", "Lead", "Title"
    abilities = frozenset(
        {"reads", "second", "loses", "unique", "away", "signs_in", "removes", "judges", "told_deletes", "owns"}
    )
    bad = ("Email", "no address")

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.vendor = self.stack.enter_context(salesforce.simulate(clock, {"0055g00000SATO1": "Sato"}))
        self.faults, self.sato = self.vendor.faults, self.vendor.users["Sato"]
        self.connector = salesforce.connect({**self.vendor.settings, "bulk_poll_seconds": "0.01"}, clock)

    def enter(self, name: str, second: str = "") -> Ref:
        fields: dict[str, Value] = {"LastName": name, "Company": "Acme", "Title": second or None}
        return Ref("Lead", self.vendor.create_lead(self.sato, **fields))

    def edit(self, ref: Ref, second: str) -> None:
        self.vendor.change(ref.id, {"Title": second or None})

    def remove(self, ref: Ref) -> None:
        self.vendor.delete(ref.id)

    def hire(self, name: str) -> str:
        return self.vendor.add_user(f"{name.lower()}@acme.example", name)

    def dismiss(self, user: str) -> None:
        self.vendor.change(user, {"IsActive": False}, by=user)

    def refused(self) -> tuple[Connector, str]:
        return salesforce.connect({**self.vendor.settings, "client_secret": _SECRET}, self.clock), _SECRET

    def fields(self, name: str, key: str) -> dict[str, Value]:
        return {"Name": name, "Company": "Acme"}

    def name_of(self, record: Record) -> Value:
        return record.fields["Name"]


class MarketoStage(_Simulated):
    """An instance with one list for nurture."""

    folder, person, second = "marketo", "Lead", "title"
    abilities = frozenset(
        {"reads", "second", "loses", "unique", "away", "signs_in", "removes", "judges", "told_deletes"}
    )
    bad = ("email", "not an address")

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.vendor = self.stack.enter_context(marketo.simulate(clock))
        self.faults = self.vendor.faults
        self.vendor.create_list(self.lists)
        self.connector = marketo.connect({**self.vendor.settings, "nurture_lists": self.lists}, clock)

    def enter(self, name: str, second: str = "") -> Ref:
        return Ref("Lead", str(self.vendor.create_lead(lastName=name, title=second or None)))

    def edit(self, ref: Ref, second: str) -> None:
        self.vendor.update_lead(int(ref.id), title=second or None)

    def remove(self, ref: Ref) -> None:
        self.vendor.delete_lead(int(ref.id))

    def refused(self) -> tuple[Connector, str]:
        return marketo.connect({**self.vendor.settings, "client_secret": _SECRET}, self.clock), _SECRET


class EloquaStage(_Simulated):
    """An instance with one shared list for nurture."""

    folder, person, second = "eloqua", "Lead", "title"
    abilities = frozenset({"reads", "second", "loses", "unique", "away", "signs_in", "removes", "judges"})
    bad = ("employees", "many")

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.vendor = self.stack.enter_context(eloqua.simulate(clock))
        self.faults = self.vendor.faults
        self.vendor.create_list(self.lists)
        self._settings = {**self.vendor.settings, "poll_seconds": "0"}
        self.connector = eloqua.connect({**self._settings, "nurture_lists": self.lists}, clock)

    def enter(self, name: str, second: str = "") -> Ref:
        self.made.add(name)
        email = f"{self.tag}.{len(self.made)}@acme.example"
        return Ref("Lead", str(self.vendor.create_contact(email=email, last_name=name, title=second)))

    def edit(self, ref: Ref, second: str) -> None:
        self.vendor.update_contact(int(ref.id), title=second)

    def remove(self, ref: Ref) -> None:
        self.vendor.delete_contact(int(ref.id))

    def refused(self) -> tuple[Connector, str]:
        return eloqua.connect({**self._settings, "password": _SECRET}, self.clock), _SECRET

    def fields(self, name: str, key: str) -> dict[str, Value]:
        return {"name": name, "email": f"{key}@new.example"}
