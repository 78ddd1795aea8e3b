"""Everything that is known of one resolved person, each thing with its evidence and the rule that decided."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from closeloop.measure.merges import merges_of
from closeloop.measure.own_records import own_records
from closeloop.measure.person_nouns import Candidate, FieldStory, GateStory, KeyHeld, Part, PersonStory, Visit
from closeloop.measure.review import open_pairs_of
from closeloop.measure.scores import score_stories
from closeloop.measure.stored import Plain, text_of, value_of
from closeloop.process.nouns import Process
from closeloop.words.moment import from_us

_PERSON = text("SELECT * FROM v_people WHERE person_id = :person")
_BELIEVED = text("SELECT * FROM v_believed WHERE entity_id = :person ORDER BY of_kind DESC, field")
_REPORTED = text("""
    SELECT v.root_id, v.field, v.path, v.at, v.value, v.given, v.valid, v.wins, v.message_id
    FROM v_values v WHERE v.root_id IN (SELECT of_id FROM v_believed WHERE entity_id = :person)
    ORDER BY v.at DESC, v.path""")
_KEYS = text(
    "SELECT kind, value, entity_id, at, message_id FROM v_keys WHERE root_id = :person ORDER BY at, kind, value"
)
_VISITS = text("""
    SELECT visitor, MIN(at) AS at, MIN(message_id) AS message_id FROM v_visits WHERE person_id = :person
    GROUP BY visitor ORDER BY MIN(at)""")
_GATE = text("SELECT * FROM v_verdicts WHERE person_id = :person ORDER BY product")


def person_story(connection: Connection, process: Process, person_id: str, now: datetime) -> PersonStory | None:
    """All of one resolved person by its root's id; None when there is no such person."""
    person = connection.execute(_PERSON, {"person": person_id}).one_or_none()
    if person is None:
        return None
    return PersonStory(
        person.person_id, text_of(person.name), text_of(person.email), text_of(person.company), text_of(person.title),
        text_of(person.country), person.tier, person.custody, from_us(person.created_at),
        field_stories(connection, person_id), _keys(connection, person_id), merges_of(connection, person_id),
        open_pairs_of(connection, person_id),
        _visits(connection, person_id), _gate(connection, person_id),
        score_stories(connection, process, person_id, now), own_records(connection, process, person_id),
    )  # fmt: skip


def field_stories(connection: Connection, person_id: str) -> tuple[FieldStory, ...]:
    """Each field of a resolved person and of its account, with every value reported and why one is believed."""
    reported: dict[tuple[str, str], list[Candidate]] = {}
    for line in connection.execute(_REPORTED, {"person": person_id}):
        candidate = Candidate(
            text_of(line.value),
            text_of(line.given),
            line.path,
            from_us(line.at),
            bool(line.valid),
            bool(line.wins),
            line.message_id,
        )
        reported.setdefault((line.root_id, line.field), []).append(candidate)
    return tuple(
        FieldStory(
            line.of_kind, line.field, text_of(line.value), bool(line.valid), line.path, from_us(line.at),
            line.message_id, line.why,
            tuple(sorted(reported.get((line.of_id, line.field), ()), key=lambda candidate: not candidate.wins)),
        )
        for line in connection.execute(_BELIEVED, {"person": person_id})
    )  # fmt: skip


def _keys(connection: Connection, person_id: str) -> tuple[KeyHeld, ...]:
    found = connection.execute(_KEYS, {"person": person_id})
    return tuple(KeyHeld(line.kind, line.value, line.entity_id, from_us(line.at), line.message_id) for line in found)


def _visits(connection: Connection, person_id: str) -> tuple[Visit, ...]:
    found = connection.execute(_VISITS, {"person": person_id})
    return tuple(Visit(line.visitor, from_us(line.at), line.message_id) for line in found)


def _gate(connection: Connection, person_id: str) -> tuple[GateStory, ...]:
    return tuple(
        GateStory(line.product, from_us(line.at), bool(line.passed), line.process, line.message_id, _parts(line.why))
        for line in connection.execute(_GATE, {"person": person_id})
    )


def _parts(why: str) -> tuple[Part, ...]:
    found = value_of(why)
    if not isinstance(found, list):
        return ()
    parts = (part for part in found if isinstance(part, dict))
    return tuple(Part(str(part.get("text", "")), bool(part.get("held")), _values(part.get("values"))) for part in parts)


def _values(found: Plain) -> dict[str, Plain]:
    return found if isinstance(found, dict) else {}
