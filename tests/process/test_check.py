"""`closeloop check`: sound, or every mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from closeloop.cli.check import check

PROCESSES = Path(__file__).parents[2] / "processes"


@pytest.fixture
def run():
    app = typer.Typer()
    app.command()(check)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_says_that_a_process_is_sound_and_how_large_it_is(run):
    answer = run(str(PROCESSES / "b2b.yaml"))
    assert answer.exit_code == 0
    assert answer.output == "b2b@7 is sound: 4 stages, 9 outcomes, 19 people, 2 products, 2 regions\n"


def test_draws_the_road(run):
    answer = run(str(PROCESSES / "b2b.yaml"), "--road")
    assert "voicemail → nurture in reheat; time 3: back to marketing: unresponsive" in answer.output


def test_names_every_mistake_and_fails(run, tmp_path, sound_files):
    for name, content in sound_files.items():
        (tmp_path / name).write_bytes(content.replace(b"key: strong", b"kye: strong"))
    answer = run(str(tmp_path / "b2b.yaml"))
    assert answer.exit_code == 1
    assert "b2b.yaml:17: fields.person.email.kye: unknown key 'kye'; did you mean 'key'? valid: as," in answer.output
    assert "cannot be used: 1 mistake\n" in answer.output


def test_prints_the_schema_for_editors(run):
    schema = json.loads(run("--schema").output)
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["required"]) >= {"process", "version", "gate", "stages"}
    assert schema["additionalProperties"] is False


def test_asks_for_a_file(run):
    answer = run()
    assert answer.exit_code == 2
    assert "which file?" in answer.output
