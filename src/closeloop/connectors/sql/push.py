"""Commands by verb: those of one verb and object that follow each other are carried out together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from sqlalchemy import Connection

from closeloop.connectors.sql.changing import change
from closeloop.connectors.sql.creating import create
from closeloop.connectors.sql.ending import erase, merge, restore
from closeloop.connectors.sql.reading import Reader, required
from closeloop.connectors.sql.tables import Tables
from closeloop.connectors.sql.work import Work, refused
from closeloop.declared.nouns import Declared
from closeloop.ports import Answer, Clock, Command, Verb
from closeloop.words.errors import BadInput

_VERBS: Mapping[Verb, Callable[[Work, Sequence[Command]], list[Answer]]] = {
    Verb.CREATE: create,
    Verb.UPDATE: change,
    Verb.DEACTIVATE: change,
    Verb.REACTIVATE: change,
    Verb.MERGE: merge,
    Verb.RESTORE: restore,
    Verb.ERASE: erase,
}
_NOT_HERE = {
    Verb.CONVERT: "a declared database converts no leads; write the fields of the record instead",
    Verb.JOIN: "a declared database has no lists of people; declare the table that holds them and write to it",
    Verb.LEAVE: "a declared database has no lists of people; declare the table that holds them and write to it",
    Verb.TELL: "a declared database takes no feedback; declare fields for it under `write`",
    Verb.MAIL: "a database sends no mail; use the connection `smtp`",
}


def push(
    connection: Connection,
    declared: Declared,
    tables: Tables,
    reader: Reader,
    clock: Clock,
    commands: Sequence[Command],
) -> list[Answer]:
    """One answer for each command, in order."""
    answers: list[Answer] = []
    for (verb, object_name), together in groupby(commands, key=lambda each: (each.verb, each.object)):
        some = list(together)
        if verb in _NOT_HERE:
            answers += [refused(each, _NOT_HERE[verb]) for each in some]
            continue
        try:
            work = Work(connection, required(declared.objects, object_name), tables, reader, clock)
        except BadInput as error:
            answers += [refused(each, str(error)) for each in some]
        else:
            answers += _VERBS[verb](work, some)
    return answers
