"""Static lists and programmes, which take people in for nurture: names to ids, joining, leaving, who is on."""

from __future__ import annotations

from collections.abc import Sequence

from closeloop.connectors.marketo import refusals
from closeloop.connectors.marketo.client import Rest
from closeloop.connectors.marketo.leads import BATCH, Leads, to_ref
from closeloop.connectors.marketo.programmes import PREFIX, Programmes
from closeloop.connectors.marketo.shapes import StaticList, Status
from closeloop.connectors.marketo.writes import Merged, gone
from closeloop.ports import Answer, Command, Outcome, Verb
from closeloop.words.errors import Permanent

_METHOD = {Verb.JOIN: "POST", Verb.LEAVE: "DELETE"}


class Lists:
    """What one instance's leads can join. Names that begin with `programme:` are programmes; ids are asked for once.

    Args:
        rest: the instance.
        status: what somebody who joins a programme is given.
    """

    def __init__(self, rest: Rest, status: str = "Member") -> None:
        self._rest, self._programmes = rest, Programmes(rest, status)
        self._ids: dict[str, int] = {}

    def knows(self, name: str) -> bool:
        """Whether the id need not be asked for."""
        programme = _programme(name)
        return name in self._ids if programme is None else self._programmes.knows(programme)

    def id_of(self, name: str) -> int:
        """The list's or programme's id.

        Raises:
            Permanent: there is none of this name.
        """
        programme = _programme(name)
        if programme is not None:
            return self._programmes.id_of(programme)
        if name not in self._ids:
            found = self._rest.get("lists.json", {"name": name}).rows(StaticList)
            self._ids.update({one.name: one.id for one in found})
        if name not in self._ids:
            raise Permanent(
                f"list = {name!r}: Marketo has no such static list; make it there, or name one that exists, or a "
                f"programme as {PREFIX}NAME"
            )
        return self._ids[name]

    def change(self, verb: Verb, name: str, lead_ids: Sequence[int]) -> dict[int, Status]:
        """Put leads on a list or take them off, at most 300: what became of each."""
        programme = _programme(name)
        if programme is not None:
            return self._programmes.change(verb, programme, lead_ids)
        path = f"lists/{self.id_of(name)}/leads.json"
        statuses = self._rest.call(_METHOD[verb], path, body={"input": [{"id": one} for one in lead_ids]}).rows(Status)
        return {status.id: status for status in statuses if status.id is not None}

    def members(self, name: str, lead_ids: Sequence[int]) -> set[int]:
        """Which of these leads are on the list now, at most 300."""
        programme = _programme(name)
        if programme is not None:
            return self._programmes.members(programme, lead_ids)
        params = {"id": ",".join(map(str, lead_ids[:BATCH]))}
        statuses = self._rest.get(f"lists/{self.id_of(name)}/leads/ismember.json", params).rows(Status)
        return {status.id for status in statuses if status.id is not None and status.status == "memberof"}


def _programme(name: str) -> str | None:
    """The programme's name; None for a static list."""
    return name.removeprefix(PREFIX).strip() if name.startswith(PREFIX) else None


def change_membership(
    lists: Lists, leads: Leads, commands: Sequence[Command], verb: Verb, name: str, merged: Merged
) -> list[Answer]:
    """Carry out JOIN or LEAVE commands about one list; leads known by e-mail alone are looked up."""
    lists.id_of(name)
    known = _by_email(leads, commands)
    ids = {command.key: _ids(command, known) for command in commands}
    wanted = list(dict.fromkeys(found[0] for found in ids.values() if len(found) == 1))
    statuses = lists.change(verb, name, wanted) if wanted else {}
    return [_answer(command, ids[command.key], statuses, merged) for command in commands]


def _by_email(leads: Leads, commands: Sequence[Command]) -> dict[str, list[int]]:
    emails = [str(command.fields["email"]) for command in commands if command.ref is None]
    known: dict[str, list[int]] = {}
    for row in leads.find("email", emails) if emails else []:
        known.setdefault(str(row["email"]).lower(), []).append(int(str(row["id"])))
    return known


def _ids(command: Command, known: dict[str, list[int]]) -> list[int]:
    if command.ref is not None:
        return [int(command.ref.id)]
    return known.get(str(command.fields["email"]).lower(), [])


def _answer(command: Command, ids: list[int], statuses: dict[int, Status], merged: Merged) -> Answer:
    if not ids:
        return gone(command, merged)
    if len(ids) > 1:
        email, leads = command.fields["email"], ", ".join(map(str, ids))
        reason = f"email = {email!r}: Marketo has several such leads ({leads}); merge them there, or give the lead's id"
        return Answer(command.key, Outcome.PERMANENT, reason=reason)
    status = statuses.get(ids[0], Status())
    codes = {cause.code for cause in status.causes}
    if codes & refusals.LEAD_GONE:
        return gone(command, merged)
    # Off a list that one is not on, or on one that one is on: it is as asked.
    if not codes or codes == {refusals.NOT_IN_LIST}:
        return Answer(command.key, Outcome.DONE, to_ref(ids[0]))
    return Answer(command.key, Outcome.PERMANENT, to_ref(ids[0]), refusals.of_record(status.causes, {"id": ids[0]}))
