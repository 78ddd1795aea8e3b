"""What the hub can ask of an outside system, and by what a plan counts what it would ask."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Verb(StrEnum):
    """What the hub can ask of an outside system: a closed list."""

    CREATE = "create"  # fields, our_key: make the record unless one with our_key exists
    UPDATE = "update"  # ref, fields
    DEACTIVATE = "deactivate"  # ref, fields["reason"]: by the connector's own recipe, read back afterwards
    REACTIVATE = "reactivate"  # ref, fields["owner"] (a user's id) if known: undo of the recipe, read back afterwards
    JOIN = "join"  # ref (a person), fields["list"]: into a list or nurture programme
    LEAVE = "leave"  # ref (a person), fields["list"]
    TELL = "tell"  # ref (a person) or fields["email"]: feedback for marketing, fields as in the process
    MERGE = "merge"  # ref survives, refs["loser"] of the same object goes into it, fields the survivor keeps; read back
    CONVERT = "convert"  # ref (a Lead), refs: person, account (new where absent), opportunity it goes into; read back
    RESTORE = "restore"  # ref (deleted or merged away), fields as it last was: undeleted, or made anew under our_key
    ERASE = "erase"  # ref: gone for good, by order of the person concerned; DONE also where it is gone already
    MAIL = "mail"  # fields: to, subject, text, html


REFUSED: Final = "refused"
"""Beside the verbs, in counts: lines that are known to be refused, so they are not sent."""
CALLS: Final = "calls"
COUNTED: Final = (*(verb.value for verb in Verb if verb not in (Verb.ERASE, Verb.MAIL)), REFUSED, CALLS)
"""By what a plan is counted, in this order, and so what a ceiling can be set on: orders to erase and mails wait for no
plan."""
