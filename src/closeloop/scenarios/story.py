"""What happened since the last look, in words, each with its reason: leads, commands to the outside, mails."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator

from closeloop.scenarios.cast import Cast, Row

_EVENTS = """
    SELECT lead_id, no, kind, stage, owner, choice, product, person_id, why
    FROM v_lead_events ORDER BY at, lead_id, no"""
_COMMANDS = """
    SELECT key, source, verb, object, fields, state, reason, person_id, why
    FROM v_commands ORDER BY created_at, verb, key"""


class Story:
    """Follows the people of one scenario; begins where they stand now."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._told: set[tuple[object, object]] = set()

    def news(self) -> list[str]:
        """What was not told before, a line each."""
        people = {row.person_id for row in self._cast.people()}
        return [*self._lead_events(people), *self._commands(people)]

    def _lead_events(self, people: Collection[str]) -> Iterator[str]:
        for row in self._cast.ask(_EVENTS):
            if row.person_id in people and self._is_new(row.lead_id, row.no):
                choice = f" {row.choice}" if row.choice else ""
                what = f"{row.product} lead {row.kind.replace('_', ' ')}{choice}"
                yield f"{what}: {row.stage}, owner {row.owner or 'nobody yet'} — {row.why}"

    def _commands(self, people: Collection[str]) -> Iterator[str]:
        lines: Counter[str] = Counter()
        for row in self._cast.ask(_COMMANDS):
            if row.person_id in people and self._is_new(row.key, row.state):
                lines[_said(row)] += 1
        yield from (line if n == 1 else f"{line} (×{n})" for line, n in lines.items())

    def _is_new(self, thing: object, state: object) -> bool:
        if (thing, state) in self._told:
            return False
        self._told.add((thing, state))
        return True


def _said(row: Row) -> str:
    if row.verb == "mail":
        fields = json.loads(row.fields)
        what = f"mail to {fields['to']}: {fields['subject']}"
    else:
        what = f"{row.source}: {row.verb} {row.object}"
    reason = f" ({row.reason})" if row.reason else ""
    return f"{what}, {row.state}{reason} — {row.why}"
