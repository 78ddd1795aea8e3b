"""One vendor as the conformance suite meets it: people who work there, what it truly holds, and what can go wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from closeloop.ports import Answer, Command, Connector, Outcome, Record, Ref, Value, Verb

CONNECTORS = Path(__file__).resolve().parents[3] / "src" / "closeloop" / "connectors"
_numbers = count(1)


@cache
def quality(folder: str) -> Mapping[str, Any]:
    """What a connector says of itself in its quality.yaml."""
    said: Mapping[str, Any] = YAML(typ="safe", pure=True).load(
        (CONNECTORS / folder / "quality.yaml").read_text("utf-8")
    )
    return said


class Stage(ABC):
    """Attributes:
    folder: of the connector.
    abilities: what the suite can do here besides the verbs that quality.yaml claims:
        reads: records are read; second: a person has a second field of text that may be blank;
        loses: an answer can be lost; unique: the vendor itself refuses a second record with our key;
        away: it can be away; signs_in: credentials can be wrong; removes: people can be deleted there;
        told_deletes: a pull tells of a deletion; judges: it refuses values, not only names of fields;
        owns: it has users who own records.
    person: the object that the suite makes and changes.
    second: the vendor's name of that second field.
    bad: a field and a value that the vendor refuses.
    calls_it: the vendor's own word for that field, if it is another.
    lists: whom to join.
    """

    folder: str
    abilities: frozenset[str]
    person = "Contact"
    second = ""
    bad: tuple[str, Value] = ("", None)
    calls_it = ""
    lists = "reheat"
    connector: Connector

    def __init__(self) -> None:
        self.tag = f"conf{next(_numbers)}"
        self.made: set[str] = set()

    @classmethod
    def can(cls) -> frozenset[str]:
        """The verbs that are claimed, and the abilities."""
        return cls.abilities | frozenset(quality(cls.folder)["verbs"])

    @abstractmethod
    def enter(self, name: str, second: str = "") -> Ref:
        """Somebody there enters a person."""

    @abstractmethod
    def edit(self, ref: Ref, second: str) -> None:
        """Somebody there edits the second field, or the name where there is none."""

    def remove(self, ref: Ref) -> None:
        """Somebody there deletes a person."""
        raise NotImplementedError

    def hire(self, name: str) -> str:
        """Somebody becomes a user there who may own records; gives the id."""
        raise NotImplementedError

    def dismiss(self, user: str) -> None:
        """A user may not be given records any more."""
        raise NotImplementedError

    def lose_answer(self) -> None:
        """The vendor does what it is asked next, and its answer is lost."""
        raise NotImplementedError

    @contextmanager
    def away(self) -> Iterator[Connector]:
        """While the block runs, the vendor is away for the connector that is given."""
        yield self.connector
        raise NotImplementedError

    def refused(self) -> tuple[Connector, str]:
        """A connector with a wrong secret, and the secret."""
        raise NotImplementedError

    def later(self, by: timedelta = timedelta(minutes=10)) -> None:
        """Time passes, more than the vendor's stamps are coarse."""
        raise NotImplementedError

    def settle(self) -> None:  # noqa: B027 - most vendors take over at once
        """What was pushed is taken over by the vendor, where that does not happen at once."""

    def fields(self, name: str, key: str) -> dict[str, Value]:
        """What a CREATE gives."""
        del key
        return {"name": name}

    def name_of(self, record: Record) -> Value:
        """A person's name in a record."""
        return record.fields.get("name")

    def close(self) -> None:
        """Let go of everything."""
        self.connector.close()

    def create(self, name: str = "Joe Miller", *, n: int = 1, attempt: int = 1, **more: Value) -> Command:
        """A CREATE under the n-th key of this test."""
        key = f"{self.tag}-{n}"
        fields = {**self.fields(name, key), **more}
        return Command(key, Verb.CREATE, self.person, our_key=key, fields=fields, attempt=attempt)

    def about(self, verb: Verb, ref: Ref, n: int = 1, **fields: Value) -> Command:
        """Any other command about a record."""
        return Command(f"{self.tag}-{verb}-{n}-{next(_numbers)}", verb, ref.object, ref, fields=fields)

    def carried_out(self, *commands: Command) -> list[Answer]:
        """What became of commands, once the vendor has taken them over."""
        answers = list(self.connector.push(commands))
        self.settle()
        return answers

    def ref_of(self, command: Command) -> Ref:
        """The record that a CREATE made, by our key."""
        record = self.connector.read_back(self.person, [str(command.our_key)])[str(command.our_key)]
        return Ref(record.object, record.id)

    def born(self, name: str = "Joe Miller", n: int = 1, **more: Value) -> Ref:
        """A person made by the hub."""
        plain = self.create(name, n=n)
        command = replace(plain, fields={**plain.fields, **more})
        [answer] = self.carried_out(command)
        assert answer.outcome is Outcome.DONE, answer.reason
        return answer.ref or self.ref_of(command)

    def now(self, ref: Ref) -> Record:
        """A record as it stands."""
        return self.connector.fetch([ref])[ref]

    def n_keyed(self, key: str) -> int:
        """How many living people carry a key of ours."""
        return sum(one.our_key == key for one in self.scanned())

    def scanned(self, object_name: str | None = None) -> list[Record]:
        """Every living record of an object, by default of the person's."""
        records: list[Record] = []
        after: str | None = None
        while True:
            page = self.connector.scan(object_name or self.person, after)
            records, after = [*records, *page.records], page.cursor
            if not page.more:
                return records

    def pulled(self, cursor: str | None = None) -> tuple[list[Record], str]:
        """Every page from a cursor on, and the cursor at the end."""
        records: list[Record] = []
        while True:
            page = self.connector.pull(cursor)
            records, cursor = [*records, *page.records], page.cursor
            if not page.more:
                return records, cursor


def people(records: Sequence[Record], person: str) -> dict[str, Record]:
    """The last state of each person by id."""
    return {one.id: one for one in records if one.object == person}
