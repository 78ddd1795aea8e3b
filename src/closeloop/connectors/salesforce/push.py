"""Commands carried out at Salesforce in collections of at most 200 records, each with its own answer.

More than that of one verb and object go as a bulk job. A record is made by an upsert under our key, so that a repeat
finds it instead of making another. A command whose answer was lost is answered TRANSIENT, never sent again from here:
its next attempt begins by reading back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from closeloop.connectors.salesforce import bulk
from closeloop.connectors.salesforce.answers import cannot, failed, made_before, read_after, ref_of
from closeloop.connectors.salesforce.batches import Bodies, alike, apart, in_parts, waves
from closeloop.connectors.salesforce.client import MOST_RECORDS, Body, Client, Result
from closeloop.connectors.salesforce.converting import Converter
from closeloop.connectors.salesforce.csv_rows import sayable
from closeloop.connectors.salesforce.erasing import Eraser
from closeloop.connectors.salesforce.jobs import IngestJobs
from closeloop.connectors.salesforce.judging import BadCall
from closeloop.connectors.salesforce.merging import Merger
from closeloop.connectors.salesforce.reading import Reader
from closeloop.connectors.salesforce.recipes import RECIPES, ingredients, is_left_alone
from closeloop.connectors.salesforce.records import KEY
from closeloop.connectors.salesforce.refusals import outcome_of, outdated, reason_of
from closeloop.connectors.salesforce.restoring import Restorer
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.connectors.salesforce.writing import body, field_of, our_key
from closeloop.ports import Answer, Clock, Command, Outcome, Ref, Verb
from closeloop.words.errors import EndError, Permanent

SWITCHES = (Verb.DEACTIVATE, Verb.REACTIVATE)
CLOSABLE = ("Task", "Opportunity")


class Pusher:
    """Carries out commands; `clock` dates what must have a date."""

    def __init__(self, client: Client, shapes: Shapes, reader: Reader, jobs: IngestJobs, clock: Clock) -> None:
        self._client, self._shapes, self._reader, self._jobs, self._clock = client, shapes, reader, jobs, clock
        self._merger = Merger(client, shapes, reader)
        self.converter = Converter(client, shapes, reader)
        self._restorer = Restorer(client, shapes, reader, self._write)
        self._eraser = Eraser(client, shapes)

    def push(self, commands: Sequence[Command]) -> list[Answer]:
        """One answer for each command, in order. A failed call is an answer to each of its commands, never raised."""
        answers: dict[str, Answer] = {}
        for wave in waves(commands):
            for group in alike(wave):
                try:
                    answered = self._carry_out(group)
                except EndError as error:
                    answered = [failed(command, error) for command in group]
                answers.update((answer.key, answer) for answer in answered)
        return [answers[command.key] for command in commands]

    def _carry_out(self, group: list[Command]) -> list[Answer]:
        verb, object_name = group[0].verb, group[0].object
        if verb is Verb.CREATE:
            return self._create(object_name, group)
        if verb is Verb.MERGE:
            return self._merger.merge(group, self._clock.now())
        if verb is Verb.CONVERT:
            return self.converter.convert(group)
        if verb is Verb.RESTORE:
            return self._restorer.restore(group)
        if verb is Verb.ERASE:
            return self._eraser.erase(group)
        if verb in SWITCHES and object_name in RECIPES:
            return self._switch(object_name, group)
        if verb is Verb.UPDATE:
            return self._write(group)
        return [cannot(command) for command in group]

    def _create(self, object_name: str, group: list[Command]) -> list[Answer]:
        repeated = [our_key(command) for command in group if command.attempt > 1]
        found = self._reader.by_key(object_name, repeated, whole=False) if repeated else {}
        answers = [made_before(command, found[our_key(command)]) for command in group if our_key(command) in found]
        fresh = [command for command in group if our_key(command) not in found]
        return answers + self._write(fresh)

    def _switch(self, object_name: str, group: list[Command]) -> list[Answer]:
        """Apply the recipe, or its undo, and read back."""
        answers: list[Answer] = []
        if object_name in CLOSABLE:
            before = self._reader.fetch((command.ref for command in group if command.ref), whole=False)
            left = [c for c in group if c.ref in before and is_left_alone(c, before[c.ref].fields)]
            finished = "finished already: left as it is"
            answers = [Answer(c.key, Outcome.DONE, c.ref, finished, verified=True) for c in left]
            group = [command for command in group if command not in left]
        answers += self._write(group)
        done = {answer.key: answer for answer in answers if answer.outcome is Outcome.DONE and not answer.verified}
        after = self._reader.fetch((answer.ref for answer in done.values() if answer.ref), whole=False)
        checked = {c.key: read_after(c, done[c.key], after) for c in group if c.key in done}
        return [checked.get(answer.key, answer) for answer in answers]

    def _write(self, group: Sequence[Command]) -> list[Answer]:
        """Commands of one verb and object, as collections or, where there are more of them, as a job."""
        answers: list[Answer] = []
        bodies: list[tuple[Command, Body]] = []
        for command in group:
            try:
                fields = ingredients(command) if command.verb in SWITCHES else command.fields
                bodies.append((command, body(command, fields, self._clock.now())))
            except Permanent as error:
                answers.append(Answer(command.key, Outcome.PERMANENT, command.ref, str(error)))
        if len(bodies) > MOST_RECORDS and group[0].verb in bulk.VERBS:
            in_bulk = [one for one in bodies if sayable(one[1])]
            answers += self._send_in_bulk(in_bulk)
            bodies = [one for one in bodies if not sayable(one[1])]
        for some in in_parts(bodies, MOST_RECORDS):
            answers += self._send(some)
        return self._follow(group, answers)

    def _send(self, bodies: Bodies) -> list[Answer]:
        """One call. One that Salesforce refuses as a whole has done nothing, so the rest of it may be sent again."""
        first = bodies[0][0]
        path = f"/composite/sobjects/{first.object}/{KEY}" if first.verb is Verb.CREATE else "/composite/sobjects"
        try:
            results = self._client.write("PATCH", path, [said for _, said in bodies])
        except BadCall as refused:
            good, bad = apart(bodies, refused)
            if not bad and len(bodies) > 1:
                half = len(bodies) // 2
                return self._send(bodies[:half]) + self._send(bodies[half:])
            no = Result(None, created=False, errors=refused.errors)
            self._look_anew(bodies[0][0].object, [no])
            answers = [self._answer(command, said, no) for command, said in bad or bodies]
            return answers + (self._send(good) if bad and good else [])
        except EndError as error:
            return [failed(command, error) for command, _ in bodies]
        self._look_anew(bodies[0][0].object, results)
        return [self._answer(command, said, one) for (command, said), one in zip(bodies, results, strict=True)]

    def _send_in_bulk(self, bodies: Bodies) -> list[Answer]:
        if not bodies:
            return []
        verb, object_name = bodies[0][0].verb, bodies[0][0].object
        try:
            results = bulk.written(self._jobs, self._shapes, verb, object_name, [said for _, said in bodies])
        except EndError as error:
            return [failed(command, error) for command, _ in bodies]
        self._look_anew(bodies[0][0].object, results)
        return [self._answer(command, said, one) for (command, said), one in zip(bodies, results, strict=True)]

    def _look_anew(self, object_name: str, results: Sequence[Result]) -> None:
        """Where a refusal may mean that the object is set up otherwise by now, it is described anew, once for all."""
        if any(outdated(result.errors) for result in results):
            self._shapes.forget(object_name)

    def _answer(self, command: Command, said: Body, result: Result) -> Answer:
        if not result.errors:
            ref = command.ref or Ref(command.object, str(result.id))
            return Answer(command.key, Outcome.DONE, ref, created=result.created)
        outcome = outcome_of(command, result.errors)
        reason = reason_of(command, result.errors, said, self._shapes.fields_if_told(command.object))
        moved = next((ref for name, ref in command.refs.items() if _is_at_fault(command, name, result)), command.ref)
        return Answer(command.key, outcome, moved if outcome is Outcome.CHANGED else command.ref, reason)

    def _follow(self, group: Sequence[Command], answers: list[Answer]) -> list[Answer]:
        """Where the records that moved live on now."""
        moved = [answer for answer in answers if answer.outcome is Outcome.CHANGED]
        if not moved:
            return answers
        now = self._reader.fetch((answer.ref for answer in moved if answer.ref), whole=False)
        keys = {command.key: our_key(command) for command in group if command.verb is Verb.CREATE}
        lost = [keys[answer.key] for answer in moved if answer.ref is None and answer.key in keys]
        by_key = self._reader.by_key(group[0].object, lost, whole=False) if lost else {}

        def followed(answer: Answer) -> Answer:
            record = now.get(answer.ref) if answer.ref else by_key.get(keys.get(answer.key, ""))
            return answer if record is None else replace(answer, ref=ref_of(record), became=record.became)

        return [followed(answer) if answer.outcome is Outcome.CHANGED else answer for answer in answers]


def _is_at_fault(command: Command, relation: str, result: Result) -> bool:
    return any(field_of(command.object, relation) in error.fields for error in result.errors)
