"""The simulated instance: leads, static lists and the log, and what writing to them does. No HTTP here."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from closeloop.connectors.marketo.simulator.fields import FIELDS, Trouble, stored, trouble
from closeloop.connectors.marketo.simulator.log import DATA_VALUE, DELETE_LEAD, MERGE_LEADS, NEW_LEAD, Change, Log
from closeloop.connectors.marketo.simulator.programmes import Programmes
from closeloop.ports import Value
from closeloop.simulation import Faults, Table

Row = dict[str, Value]
Result = tuple[str, int | None, Trouble | None]
"""Status, lead id, and the trouble with a record that was skipped."""

ACTIONS = ("createOrUpdate", "createOnly", "updateOnly", "createDuplicate")
_FIRST_LEAD, _FIRST_LIST = 1_000_001, 1_001
_NOT_FOUND = ("1004", "Lead not found")


class Instance:
    """All state. Hold `lock` around every use from outside."""

    def __init__(self, faults: Faults) -> None:
        self.lock = threading.RLock()
        self.log = Log(faults.clock, lambda: faults.read_delay)
        self.lists: dict[int, str] = {}
        self._clock = faults.clock
        self._leads: Table[int, Row | None] = Table(faults)
        self._members: dict[int, dict[int, None]] = {}
        self._n_leads = 0
        self.programmes = Programmes(self.log)

    def find(self, by: str, values: Iterable[str]) -> list[Row]:
        """Leads as a reader sees them; text is compared without case."""
        wanted = {value.strip().lower() for value in values}
        if by == "id":
            found = (self._leads.seen(int(value)) for value in wanted if value.isdigit())
            return [row for row in found if row]
        return [row for row in self.seen() if str(row.get(by) or "").lower() in wanted]

    def seen(self) -> list[Row]:
        """Every lead as a reader sees it."""
        return [row for row in self._leads.all_seen() if row]

    def leads(self) -> list[Row]:
        """Every lead as it truly stands."""
        return [row for row in self._leads.all_now() if row]

    def sync(self, action: str, lookup: str, rows: Sequence[Row]) -> list[Result]:
        """Write rows one by one, each seeing what those before it did."""
        known: dict[str, list[int]] = {}
        for row in self.leads():
            known.setdefault(_key(row.get(lookup)), []).append(int(str(row["id"])))
        results = []
        for row in rows:
            result = self._sync_one(action, lookup, row, known.get(_key(row.get(lookup)), []))
            if result[0] == "created" and result[1] is not None:
                known.setdefault(_key(row.get(lookup)), []).append(result[1])
            results.append(result)
        return results

    def create(self, row: Mapping[str, Value]) -> int:
        """Make a lead, whatever others there are."""
        self._n_leads += 1
        lead_id = _FIRST_LEAD + self._n_leads - 1
        blank: Row = dict.fromkeys(FIELDS)
        given = stored(row)
        stamp = _stamp(self._clock.now())
        times: Row = {"createdAt": stamp, "updatedAt": stamp}
        self._leads.put(lead_id, {**blank, "unsubscribed": False, **given, **times, "id": lead_id})
        self.log.record(NEW_LEAD, lead_id, attributes=(("Source Type", "Web service API"),))
        return lead_id

    def update(self, lead_id: int, row: Mapping[str, Value]) -> bool:
        """Change fields of a lead; what is as before is no change and leaves no trace. False when it is not there."""
        before = self._leads.now(lead_id)
        if before is None:
            return False
        given = stored(row)
        changes = tuple(Change(name, before.get(name), new) for name, new in given.items() if before.get(name) != new)
        if changes:
            self._leads.put(lead_id, {**before, **given, "updatedAt": _stamp(self._clock.now())})
            self.log.record(DATA_VALUE, lead_id, changes=changes)
        return True

    def delete(self, lead_id: int) -> bool:
        """Delete a lead. False when it is not there."""
        if self._leads.now(lead_id) is None:
            return False
        self._remove(lead_id)
        self.log.record(DELETE_LEAD, lead_id)
        return True

    def merge(self, winner: int, losers: Sequence[int]) -> bool:
        """Merge leads: the winner's blanks are filled, its history and lists become those of all. False: not there."""
        kept = self._leads.now(winner)
        lost = {loser: row for loser in losers if (row := self._leads.now(loser)) is not None and loser != winner}
        if kept is None or len(lost) != len(losers):
            return False
        filled = {name: value for row in lost.values() for name, value in row.items() if kept.get(name) is None}
        self.update(winner, filled)
        for loser in lost:
            for members in self._members.values():
                if loser in members:
                    members[winner] = None
            self._remove(loser)
            self.log.reassign(loser, winner)
        attributes = (("Master Updated", bool(filled)), ("Merge IDs", str(list(lost))), ("Merge Source", "leaddb"))
        self.log.record(MERGE_LEADS, winner, str(kept.get("email") or winner), attributes=attributes)
        return True

    def list_id(self, name: str) -> int:
        """The static list of this name, made if it is not there."""
        for list_id, known in self.lists.items():
            if known == name:
                return list_id
        list_id = _FIRST_LIST + len(self.lists)
        self.lists[list_id], self._members[list_id] = name, {}
        return list_id

    def members(self, list_id: int) -> list[int]:
        """Who is on a list, in order of joining."""
        return list(self._members[list_id])

    def is_there(self, lead_id: int) -> bool:
        """Whether this lead truly stands."""
        return self._leads.now(lead_id) is not None

    def join(self, list_id: int, lead_id: int) -> Result:
        """Put a lead on a list."""
        if self._leads.now(lead_id) is None:
            return "skipped", lead_id, _NOT_FOUND
        self._members[list_id][lead_id] = None
        return "added", lead_id, None

    def leave(self, list_id: int, lead_id: int) -> Result:
        """Take a lead off a list."""
        if self._leads.now(lead_id) is None:
            return "skipped", lead_id, _NOT_FOUND
        if lead_id not in self._members[list_id]:
            return "skipped", lead_id, ("1015", "Lead not in list")
        del self._members[list_id][lead_id]
        return "removed", lead_id, None

    def _sync_one(self, action: str, lookup: str, row: Row, matches: list[int]) -> Result:
        wrong = trouble(row)
        if wrong is not None:
            return "skipped", None, wrong
        if action == "createDuplicate":
            return "created", self.create(row), None
        if not _key(row.get(lookup)):
            return "skipped", None, ("1002", f"Missing value for required parameter '{lookup}'")
        if len(matches) > 1:
            return "skipped", None, ("1007", "Multiple lead match lookup criteria")
        if matches and action == "createOnly":
            return "skipped", matches[0], ("1005", "Lead already exists")
        if matches:
            self.update(matches[0], row)
            return "updated", matches[0], None
        if action == "updateOnly" or lookup == "id":
            return "skipped", None, _NOT_FOUND
        return "created", self.create(row), None

    def _remove(self, lead_id: int) -> None:
        self._leads.put(lead_id, None)
        for members in self._members.values():
            members.pop(lead_id, None)
        self.programmes.remove(lead_id)


def _key(value: Value) -> str:
    return "" if value is None else str(value).strip().lower()


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
