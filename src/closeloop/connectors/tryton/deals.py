"""Opportunities made, changed and moved: values in one call, a button for each state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.connectors.tryton.answers import done, failed, gone, ids_of, made_before, our_key
from closeloop.connectors.tryton.bodies import deal_values, wanted_state
from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.ground import Grounds
from closeloop.connectors.tryton.halving import halved
from closeloop.connectors.tryton.looking import look_ups, looked_up
from closeloop.connectors.tryton.names import BUTTONS, DEAL, KEY, OFF
from closeloop.connectors.tryton.parties import Pair, told_apart
from closeloop.connectors.tryton.reading import Reader
from closeloop.connectors.tryton.tagged import Row, Values
from closeloop.ports import Answer, Command, Outcome, Ref
from closeloop.words.errors import EndError

Change = tuple[int, Values]


class Deals:
    """Makes, changes and moves opportunities. `locks` as in `Parties`."""

    locks = True

    def __init__(self, client: Client, grounds: Grounds, reader: Reader, extra: Sequence[str]) -> None:
        self._client, self._grounds, self._reader, self._extra = client, grounds, reader, extra

    def create(self, group: Sequence[Command]) -> list[Answer]:
        """One opportunity for each command, or the one that an earlier attempt made."""
        self._grounds.get()
        repeated = [our_key(command) for command in group if command.attempt > 1]
        found = self._reader.by_key("Opportunity", repeated) if repeated else {}
        before = [command for command in group if command.attempt > 1 and our_key(command) in found]
        answers = [made_before(command, Ref("Opportunity", found[our_key(command)].id)) for command in before]
        fresh = [command for command in group if command not in before]
        looked = looked_up(self._client, fresh)
        sound, unsound = told_apart(
            fresh, lambda command: self._new(command, deal_values(command, looked, self._extra))
        )
        answers += [failed(command, error) for command, error in unsound]
        made = self.made([values for _, values in sound])
        ids: dict[str, int] = {}
        for (command, _), result in zip(sound, made, strict=True):
            if isinstance(result, EndError):
                answers.append(failed(command, result))
            else:
                ids[command.key] = result
                answers.append(done(command, Ref("Opportunity", str(result)), created=True))
        return self._moved(answers, [(command, ids[command.key], "lead") for command, _ in sound if command.key in ids])

    def cost_to_create(self, group: Sequence[Command]) -> int:
        """Calls when nothing fails."""
        return look_ups(group) + 1 + len(_states(group) - {"lead"})

    def update(self, group: Sequence[Command]) -> list[Answer]:
        """Each command's fields written into its opportunity, which is then moved to the state that it names."""
        rows = self._reader.deals(ids_of(group))
        there = [command for command in group if command.ref and _id(command) in rows]
        answers = [gone(command) for command in group if command not in there]
        return answers + self.written(there, rows)

    def cost_to_update(self, group: Sequence[Command]) -> int:
        """Calls when nothing fails and every command moves its opportunity."""
        return 1 + self.cost_to_write(group)

    def written(self, commands: Sequence[Command], rows: Mapping[int, Row]) -> list[Answer]:
        """Fields and states of opportunities read as `rows`; one that is off is made a lead before it is written."""
        looked = looked_up(self._client, commands)
        sound, unsound = told_apart(
            commands, lambda command: self._checked(command, deal_values(command, looked, self._extra))
        )
        answers = [failed(command, error) for command, error in unsound]
        back = [pair for pair in sound if rows[_id(pair[0])]["state"] in OFF and wanted_state(pair[0]) == "lead"]
        revived = self._moved([done(command) for command, _ in back], _moves(back, rows))
        refused = {answer.key for answer in revived if answer.outcome is not Outcome.DONE}
        answers += [answer for answer in revived if answer.key in refused]
        ready = [pair for pair in sound if pair[0].key not in refused]
        written = self.changed([(_id(command), values) for command, values in ready if values], rows, fresh=not back)
        results = iter(written)
        told = [(command, next(results) if values else None) for command, values in ready]
        answers += [failed(command, result) if result else done(command) for command, result in told]
        onward: list[Pair] = [
            (command, {}) for command, result in told if result is None and command.key not in _keys(back)
        ]
        return self._moved(answers, _moves(onward, rows))

    def cost_to_write(self, commands: Sequence[Command]) -> int:
        """Calls when nothing fails."""
        plain = any(command.fields.keys() - {"state"} or command.refs for command in commands)
        return look_ups(commands) + plain + len(_states(commands))

    def made(self, values: Sequence[Values]) -> list[int | EndError]:
        """New opportunities: the id of each, or why it could not be made."""
        made = halved(values, lambda some: self._client.tell(f"model.{DEAL}.create", list(some)))
        return [found if isinstance(found, EndError) else int(found) for found in made]

    def changed(
        self, changes: Sequence[Change], rows: Mapping[int, Row], *, fresh: bool = True
    ) -> list[EndError | None]:
        """Values written: for each change None, or why not. `fresh`: nothing was written since the rows were read."""
        return halved(changes, lambda some: self._write(some, rows if fresh and self.locks else {}))

    def pressed(self, state: str, ids: Sequence[int]) -> list[EndError | None]:
        """Opportunities moved to a state: for each None, or why not."""
        return halved(ids, lambda some: self._press(state, some))

    def company(self) -> int | None:
        """The company that a new opportunity belongs to."""
        return self._client.company

    def _new(self, command: Command, values: Values) -> Values:
        wanted_state(command)
        return {**values, "reference": KEY + our_key(command), "company": self._client.company}

    def _checked(self, command: Command, values: Values) -> Values:
        wanted_state(command)
        return values

    def _moved(self, answers: list[Answer], moves: Sequence[tuple[Command, int, str]]) -> list[Answer]:
        """The answers, those replaced whose opportunity could not be moved from the state that it is in."""
        wrong: dict[str, Answer] = {}
        wanted = [(command, deal, wanted_state(command) or state, state) for command, deal, state in moves]
        for state in sorted({to for _, _, to, now in wanted if to != now}):
            concerned = [(command, deal) for command, deal, to, now in wanted if to == state != now]
            results = self.pressed(state, [deal for _, deal in concerned])
            for (command, _), result in zip(concerned, results, strict=True):
                if result is not None:
                    wrong[command.key] = failed(command, result)
        return [wrong.get(answer.key, answer) for answer in answers]

    def _write(self, some: Sequence[Change], rows: Mapping[int, Row]) -> list[None]:
        params = [part for deal, values in some for part in ([deal], values)]
        stamps = {f"{DEAL},{deal}": rows[deal]["_timestamp"] for deal, _ in some if deal in rows}
        lock = {"_timestamp": stamps} if stamps else {}
        self._client.tell(f"model.{DEAL}.write", *params, **lock)
        return [None] * len(some)

    def _press(self, state: str, ids: Sequence[int]) -> list[None]:
        self._client.tell(f"model.{DEAL}.{BUTTONS[state]}", list(ids))
        return [None] * len(ids)


def _moves(pairs: Sequence[Pair], rows: Mapping[int, Row]) -> list[tuple[Command, int, str]]:
    return [(command, _id(command), str(rows[_id(command)]["state"])) for command, _ in pairs]


def _keys(pairs: Sequence[Pair]) -> set[str]:
    return {command.key for command, _ in pairs}


def _id(command: Command) -> int:
    return int(command.ref.id) if command.ref and command.ref.id.isdigit() else 0


def _states(commands: Sequence[Command]) -> set[str]:
    return {str(state) for command in commands if (state := command.fields.get("state")) in BUTTONS}
