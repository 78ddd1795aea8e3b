"""The stages that somebody's deals went through, as the CRM keeps them, or else as the hub was told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, text

from closeloop.measure.stored import mapping_of, text_of, value_of
from closeloop.words.errors import BadInput
from closeloop.words.moment import from_us, parse


@dataclass(frozen=True, slots=True)
class StageChange:
    """A deal came to a stage; `role` is the part that the person has in it, "" where nothing says so."""

    at: datetime
    deal: str
    stage: str
    role: str
    source: str
    message_id: str


# Deals that name the person, and those in which they have a role.
_DEALS = text("""
    SELECT r.root_id AS deal, '' AS role FROM v_entities e JOIN v_winners r ON r.value = '"' || e.entity_id || '"'
    WHERE e.root_id = :person AND r.kind = 'opportunity' AND r.field = 'person'
    UNION
    SELECT d.root_id, COALESCE(n.value, '') FROM v_entities e JOIN v_winners r ON r.value = '"' || e.entity_id || '"'
    JOIN v_winners o ON o.root_id = r.root_id AND o.field = 'opportunity'
    JOIN v_entities d ON o.value = '"' || d.entity_id || '"'
    JOIN v_winners l ON l.root_id = r.root_id AND l.field = 'living' AND l.value = 'true'
    LEFT JOIN v_winners n ON n.root_id = r.root_id AND n.field = 'role'
    WHERE e.root_id = :person AND r.kind = 'role' AND r.field = 'person'""")
_HISTORIES = text("""
    SELECT k.root_id, s.source, s.object, s.record_id, s.fields FROM v_keys k
    JOIN v_shadows s ON s.record_id = k.value AND k.kind = s.source || '.' || s.object
    WHERE k.root_id IN :deals AND s.fields LIKE '%stage_history%'""").bindparams(bindparam("deals", expanding=True))
_TOLD = text("""
    SELECT root_id, field, value, path, at, message_id FROM v_values WHERE root_id IN :deals AND field = 'stage'
    ORDER BY root_id, at, message_id""").bindparams(bindparam("deals", expanding=True))
_NAMES = text("SELECT root_id, given FROM v_winners WHERE root_id IN :deals AND field = 'name'").bindparams(
    bindparam("deals", expanding=True)
)


def stage_changes(connection: Connection, person_id: str) -> tuple[StageChange, ...]:
    """Every stage of every deal of a resolved person, the oldest first."""
    roles: dict[str, str] = {}
    for line in connection.execute(_DEALS, {"person": person_id}):
        roles[line.deal] = text_of(line.role) or roles.get(line.deal, "")
    if not roles:
        return ()
    asked = {"deals": sorted(roles)}
    names = {line.root_id: text_of(line.given) for line in connection.execute(_NAMES, asked)}
    found: list[StageChange] = []
    kept: set[str] = set()
    for line in connection.execute(_HISTORIES, asked):
        history = value_of(str(mapping_of(line.fields).get("stage_history") or "null"))
        record = f"{line.source}:{line.object}:{line.record_id}"
        for stage, at in _read(history):
            kept.add(line.root_id)
            found.append(_change(line.root_id, at, stage, names, roles, line.source, record))
    before: dict[str, str] = {}
    for line in connection.execute(_TOLD, asked):
        stage = text_of(line.value)
        if line.root_id not in kept and before.get(line.root_id) != stage:
            source = line.path.partition(".")[0]
            found.append(_change(line.root_id, from_us(line.at), stage, names, roles, source, line.message_id))
        before[line.root_id] = stage
    return tuple(sorted(found, key=lambda one: (one.at, one.deal)))


def _read(history: object) -> Iterator[tuple[str, datetime]]:
    """[[stage, since when, by whom], …], as a connector gives it."""
    for each in history if isinstance(history, list) else ():
        if isinstance(each, Sequence) and len(each) > 1:
            try:
                yield str(each[0]), parse(str(each[1]))
            except BadInput:
                continue


def _change(
    deal: str, at: datetime, stage: str, names: dict[str, str], roles: dict[str, str], source: str, message_id: str
) -> StageChange:
    return StageChange(at, names.get(deal) or f"deal …{deal[-8:]}", stage, roles[deal], source, message_id)
