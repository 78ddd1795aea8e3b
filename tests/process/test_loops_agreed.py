"""How often, and within which span, a field may be set back is agreed in the process file."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.process.load import load_files
from closeloop.process.nouns import Loops, Process
from closeloop.words.errors import ProcessError


def load(files: dict[str, bytes], loops: str) -> Process:
    return load_files({**files, "b2b.yaml": files["b2b.yaml"] + f"\nloops: {loops}\n".encode()}, "b2b.yaml")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("{}", Loops(5, timedelta(days=1))),
        ("{after: 3}", Loops(3, timedelta(days=1))),
        ("{within: 12h}", Loops(5, timedelta(hours=12))),
    ],
)
def test_what_is_left_out_is_the_usual(sound_files, said, found):
    assert load(sound_files, said).loops == found


def test_a_file_that_says_nothing_has_the_usual(sound_files):
    assert load_files(sound_files, "b2b.yaml").loops == Loops()


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("{aftr: 3}", "loops.aftr: unknown key 'aftr'; did you mean 'after'? valid: after, within"),
        ("{after: 0}", "loops.after: 0: input should be greater than or equal to 1"),
        ("{within: 1.5h}", "loops.within: '1.5h' is not a duration; valid is a count with s, m (minutes), h, d or w"),
        ("{within: 0h}", "loops.within: a span of nothing finds no loop; valid is such as 24h"),
    ],
)
def test_anything_else_is_named_with_its_line_and_what_would_be_valid(sound_files, said, fault):
    with pytest.raises(ProcessError) as raised:
        load(sound_files, said)
    line = sound_files["b2b.yaml"].count(b"\n") + 2
    assert f"b2b.yaml:{line}: {fault}" in str(raised.value)
