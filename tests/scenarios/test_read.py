"""Scenario files: every mistake is named with its line, and what would be valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from closeloop.scenarios.play import load_scenarios
from closeloop.words.errors import BadInput, ProcessError


def faults(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "a.scenarios.yaml"
    file.write_text(text)
    with pytest.raises(ProcessError) as caught:
        load_scenarios(file)
    return [str(fault) for fault in caught.value.faults]


def test_an_unknown_act_an_unknown_expectation_and_a_missing_clock_are_named_with_their_lines(tmp_path: Path):
    found = faults(
        tmp_path,
        "- scenario: one\n  given: {lead: at field}\n  steps:\n    - {do: crm.lead_lost}\n    - {expect: {leeds: 1}}\n",
    )
    assert [each.partition(";")[0] for each in found] == [
        "a.scenarios.yaml:2: clock: says when it begins",
        "a.scenarios.yaml:4: do: 'crm.lead_lost' is no act",
        "a.scenarios.yaml:5: 'leeds' is no expectation",
    ]


def test_a_scenario_without_steps_says_so(tmp_path: Path):
    assert faults(tmp_path, '- scenario: one\n  given: {clock: "2026-09-01 09:00"}\n') == [
        "a.scenarios.yaml:1: steps: is missing; valid is a list of do and expect"
    ]


def test_a_file_that_is_not_there_says_where_it_should_be(tmp_path: Path):
    with pytest.raises(BadInput, match="scenarios stand beside the process file"):
        load_scenarios(tmp_path / "none.scenarios.yaml")
