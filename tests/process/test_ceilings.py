"""A ceiling can be set on everything that a plan counts, and on nothing else."""

from __future__ import annotations

import pytest

from closeloop.ports import Verb
from closeloop.process.json_schema import json_schema
from closeloop.process.load import load_files
from closeloop.process.nouns import Process
from closeloop.words.errors import ProcessError
from closeloop.words.verbs import COUNTED


def load(files: dict[str, bytes], ceilings: str) -> Process:
    content = files["b2b.yaml"].replace(b"\nregions:", f"\nceilings: {ceilings}\nregions:".encode(), 1)
    return load_files({**files, "b2b.yaml": content}, "b2b.yaml")


def test_everything_that_a_plan_counts_can_have_one(sound_files):
    said = dict.fromkeys(COUNTED, 0)
    ceilings = load(sound_files, f"{{crm: {{{', '.join(f'{kind}: 0' for kind in said)}}}}}").ceilings
    assert {*Verb, "refused", "calls"} - {Verb.ERASE, Verb.MAIL} == set(said) == set(ceilings["crm"])


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (
            "{crm: {conver: 1}}",
            "ceilings.crm.conver: unknown key 'conver'; did you mean 'convert'? valid: calls, conve",
        ),
        ("{crm: {convert: -1}}", "ceilings.crm.convert: -1: input should be greater than or equal to 0"),
        ("{cmr: {convert: 1}}", "ceilings.cmr: unknown system 'cmr'; did you mean 'crm'? valid: crm, ma"),
    ],
)
def test_anything_else_is_named_with_its_line_and_what_would_be_valid(sound_files, said, fault):
    line = sound_files["b2b.yaml"].split(b"\nregions:")[0].count(b"\n") + 2
    with pytest.raises(ProcessError) as raised:
        load(sound_files, said)
    assert f"b2b.yaml:{line}: {fault}" in str(raised.value)


def test_editors_are_told_the_keys():
    (ceilings,) = json_schema()["properties"]["ceilings"]["patternProperties"].values()
    assert ceilings["propertyNames"] == {"enum": [*COUNTED]}
