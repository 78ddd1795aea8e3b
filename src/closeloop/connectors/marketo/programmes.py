"""Programmes: a nurture programme takes people in as members, where the process names it `programme:` and its name."""

from __future__ import annotations

from collections.abc import Sequence

from closeloop.connectors.marketo import refusals
from closeloop.connectors.marketo.client import Rest
from closeloop.connectors.marketo.leads import BATCH
from closeloop.connectors.marketo.shapes import Member, Programme, Reason, Status
from closeloop.ports import Verb
from closeloop.words.errors import Permanent

PREFIX = "programme:"
_NOT_IN = frozenset({refusals.NOT_IN_LIST, "1013"})


class Programmes:
    """The programmes of one instance; ids are asked for once. `status` is what somebody who joins is given."""

    def __init__(self, rest: Rest, status: str) -> None:
        self._rest, self._status = rest, status
        self._ids: dict[str, int] = {}

    def knows(self, name: str) -> bool:
        """Whether the programme's id need not be asked for."""
        return name in self._ids

    def id_of(self, name: str) -> int:
        """The programme's id.

        Raises:
            Permanent: there is no programme of this name.
        """
        if name not in self._ids:
            found = self._rest.get("/rest/asset/v1/program/byName.json", {"name": name}).rows(Programme)
            self._ids.update({one.name: one.id for one in found})
        if name not in self._ids:
            raise Permanent(
                f"list = {PREFIX + name!r}: Marketo has no such programme, or the API user's role lacks Read-Only "
                "Assets; make it there, or name one that exists"
            )
        return self._ids[name]

    def change(self, verb: Verb, name: str, lead_ids: Sequence[int]) -> dict[int, Status]:
        """Make leads members or take their membership away, at most 300: what became of each."""
        body: dict[str, object] = {"input": [{"leadId": one} for one in lead_ids]}
        what = "delete"
        if verb is Verb.JOIN:
            what, body = "status", {"statusName": self._status, **body}
        path = f"programs/{self.id_of(name)}/members/{what}.json"
        members = self._rest.call("POST", path, body=body).rows(Member)
        return {one.lead_id: Status(one.status, one.lead_id, _causes(one, verb)) for one in members}

    def members(self, name: str, lead_ids: Sequence[int]) -> set[int]:
        """Which of these leads are members now, at most 300."""
        asked = {"filterType": "leadId", "filterValues": ",".join(map(str, lead_ids[:BATCH]))}
        return {one.lead_id for one in self._rest.get(f"programs/{self.id_of(name)}/members.json", asked).rows(Member)}


def _causes(member: Member, verb: Verb) -> tuple[Reason, ...]:
    # Out of a programme that one is not in: it is as asked.
    return () if verb is Verb.LEAVE and {one.code for one in member.reasons} & _NOT_IN else member.reasons
