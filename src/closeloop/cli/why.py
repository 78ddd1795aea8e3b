"""`closeloop why`: the evidence and the rule behind each decision about a person, lead, field or message."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.tree import Tree
from sqlalchemy import Connection

from closeloop.cli.why_trees import field_branch, lead_tree, message_tree, person_tree
from closeloop.measure.find import find_lead, find_message, find_person
from closeloop.measure.queue import leads_of
from closeloop.measure.stored import as_plain
from closeloop.measure.timeline import timeline
from closeloop.measure.why_lead import lead_story
from closeloop.measure.why_message import message_story
from closeloop.measure.why_person import field_stories, person_story
from closeloop.measure.window import Window
from closeloop.words.errors import BadInput


class Kind(StrEnum):
    """What can be asked about."""

    PERSON = "person"
    LEAD = "lead"
    FIELD = "field"
    MESSAGE = "message"


def why(
    ctx: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What is asked about.")],
    given: Annotated[
        str,
        typer.Argument(metavar="ID", help="An id or its beginning, an e-mail address, or PERSON.FIELD for a field."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Name the evidence and the rule (process@version) behind each decision."""
    window: Window = ctx.obj
    with window.database.read() as connection:
        story, tree = _ANSWERS[kind](connection, window, given)
    if as_json:
        print(json.dumps(as_plain(story), ensure_ascii=False))
    else:
        Console(markup=False, highlight=False).print(tree)


def _person(connection: Connection, window: Window, given: str) -> tuple[object, Tree]:
    person_id = find_person(connection, given)
    story = person_story(connection, window.process, person_id, window.now())
    if story is None:
        raise BadInput(f"{given!r} is {person_id}, of whom nothing is known")
    happened = timeline(connection, person_id)
    told = {each.name: getattr(story, each.name) for each in fields(story)} | {"timeline": happened}
    return told, person_tree(story, leads_of(connection, person_id), happened)


def _lead(connection: Connection, _window: Window, given: str) -> tuple[object, Tree]:
    story = lead_story(connection, find_lead(connection, given))
    if story is None:
        raise BadInput(f"no lead is known as {given!r}; valid is a lead's id or its beginning")
    return story, lead_tree(story)


def _field(connection: Connection, _window: Window, given: str) -> tuple[object, Tree]:
    person, _, name = given.rpartition(".")
    if not person:
        raise BadInput(f"{given!r} names no field; valid is PERSON.FIELD, such as joe@acme.example.title")
    stories = field_stories(connection, find_person(connection, person))
    found = [story for story in stories if story.field == name]
    if not found:
        valid = ", ".join(sorted({story.field for story in stories})) or "none yet"
        raise BadInput(f"nothing was ever reported for the field {name!r} of {person}; reported are: {valid}")
    tree = Tree(given)
    for story in found:
        field_branch(tree, story)
    return found[0] if len(found) == 1 else found, tree


def _message(connection: Connection, _window: Window, given: str) -> tuple[object, Tree]:
    story = message_story(connection, find_message(connection, given))
    if story is None:
        raise BadInput(f"no message is known as {given!r}; valid is a message's id or its beginning")
    return story, message_tree(story)


_ANSWERS: Mapping[Kind, Callable[[Connection, Window, str], tuple[object, Tree]]] = {
    Kind.PERSON: _person, Kind.LEAD: _lead, Kind.FIELD: _field, Kind.MESSAGE: _message,
}  # fmt: skip
