"""However a process file is damaged, it is sound or it has faults with lines: never a traceback, never silence."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from closeloop.process.json_schema import json_schema
from closeloop.process.load import load_files
from closeloop.words.errors import ProcessError

LIGHT = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
KEY = re.compile(r"(?<=[{ \n])([a-z_]+):(?= )")


def keys_of(schema):
    parts = schema["$defs"].values()
    return {key for part in [schema, *parts] for key in part.get("properties", {})}


SCHEMA_KEYS = keys_of(json_schema())


def faults_of(files):
    try:
        load_files(files, "b2b.yaml")
    except ProcessError as error:
        return error.faults
    return []


def said_with_lines(faults, files):
    n_lines = {name: content.count(b"\n") + 1 for name, content in files.items()}
    return all(0 < fault.line <= n_lines[fault.file] + 1 and fault.what for fault in faults)


@LIGHT
@given(st.data())
def test_a_misspelt_key_is_named_on_its_line(sound_files, data):
    text = sound_files["b2b.yaml"].decode()
    keys = [found for found in KEY.finditer(text) if found[1] in SCHEMA_KEYS and "#" not in before(text, found)]
    found = data.draw(st.sampled_from(keys))
    wrong = data.draw(st.sampled_from([found[1] + "x", found[1][1:] or "y", found[1][::-1] + "_"]))
    files = {**sound_files, "b2b.yaml": (text[: found.start(1)] + wrong + text[found.end(1) :]).encode()}
    line = text.count("\n", 0, found.start(1)) + 1
    faults = faults_of(files)
    assert any(fault.line == line and wrong in fault.what for fault in faults), faults
    assert said_with_lines(faults, files)


@LIGHT
@given(st.data())
def test_any_line_can_be_taken_out(sound_files, data):
    lines = sound_files["b2b.yaml"].decode().splitlines(keepends=True)
    gone = data.draw(st.integers(0, len(lines) - 1))
    files = {**sound_files, "b2b.yaml": "".join(lines[:gone] + lines[gone + 1 :]).encode()}
    assert said_with_lines(faults_of(files), files)


@LIGHT
@given(st.data())
def test_any_stretch_of_any_file_can_be_lost_or_overwritten(sound_files, data):
    name = data.draw(st.sampled_from(sorted(sound_files)))
    content = sound_files[name]
    start = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 40))
    other = data.draw(st.binary(max_size=8) | st.sampled_from([b"[", b"}", b"!!int x", b"&a *a", b"\x00", b'"', b"- "]))
    files = {**sound_files, name: content[:start] + other + content[start + length :]}
    for fault in faults_of(files):
        assert fault.file in files
        assert fault.what


def before(text, found):
    return text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
