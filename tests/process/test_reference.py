"""The reference describes every key of the process file and every touch kind."""

from __future__ import annotations

from pathlib import Path

from closeloop.process.json_schema import json_schema
from closeloop.process.not_yet import NOT_YET
from closeloop.process.touches import TOUCH_KINDS
from support.pages import undescribed

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def test_describes_every_key_of_every_part():
    schema = json_schema()
    keys = {key for part in [schema, *schema["$defs"].values()] for key in part.get("properties", {})}
    assert undescribed(sorted(keys), REFERENCE) == []


def test_describes_every_touch_kind():
    assert undescribed(sorted(TOUCH_KINDS), REFERENCE) == []


def test_names_every_key_that_is_not_yet_possible():
    keys = {entry.at[-1] for entry in NOT_YET if entry.when is None} - {"*"}
    described = undescribed(sorted(keys - {"opportunity", "campaign", "partner", "move", "every"}), REFERENCE)
    assert described == []
