"""The simulated programmes: who is a member, and in which status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from closeloop.connectors.marketo.simulator.log import Log
from closeloop.ports import Value

PROGRESSION = 104
_FIRST = 1_044


@dataclass(slots=True)
class Programme:
    """One programme. `statuses` are those of its channel; none given takes any."""

    name: str
    statuses: tuple[str, ...] = ()
    members: dict[int, str] = field(default_factory=dict)


class Programmes:
    """All programmes; every change of status is an entry of the log."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.all: dict[int, Programme] = {}

    def id_of(self, name: str, statuses: Sequence[str] = ()) -> int:
        """The programme of this name, made if it is not there."""
        for programme_id, programme in self.all.items():
            if programme.name == name:
                return programme_id
        programme_id = _FIRST + len(self.all)
        self.all[programme_id] = Programme(name, tuple(statuses))
        return programme_id

    def members(self, programme_id: int) -> dict[int, str]:
        """Lead → status."""
        return self.all[programme_id].members

    def set_status(self, programme_id: int, lead_id: int, status: str, *, product: Value = None) -> None:
        """Put a lead into a status, and into the programme where it is not in it."""
        programme = self.all[programme_id]
        before = programme.members.get(lead_id)
        programme.members[lead_id] = status
        said: tuple[tuple[str, Value], ...] = (
            ("Old Status", before or "Not in Program"),
            ("New Status", status),
            ("Success", status == "Attended"),
            ("Product", product),
        )
        self._log.record(PROGRESSION, lead_id, programme.name, primary_id=programme_id, attributes=said)

    def remove(self, lead_id: int) -> None:
        """A lead is gone."""
        for programme in self.all.values():
            programme.members.pop(lead_id, None)
