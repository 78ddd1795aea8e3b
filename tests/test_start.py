"""Ctrl-C ends the program quietly with 130, from its first moment on."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

_LOADING = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it runs in the background
loading = sys.argv.pop(1)
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == loading:
            print("loading", flush=True)
            for _ in range(200):
                time.sleep(0.05)  # shortly: a signal just before a sleep does not end it
sys.meta_path.insert(0, Slow())
"""


def interrupted(begin: str, loading: str, *arguments: str) -> tuple[int, str]:
    """The exit code and what was said by a program that is interrupted while it loads this part."""
    process = subprocess.Popen(
        [sys.executable, "-c", _LOADING + begin, loading, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "loading\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


@pytest.mark.parametrize("loading", ["closeloop.app", "closeloop.cli.pairs", "closeloop.flow"])
def test_while_its_parts_are_loaded_it_says_nothing(loading: str):
    assert interrupted("from closeloop.start import main; main()", loading, "pairs") == (130, "")


def test_control_begun_otherwise_it_prints_a_traceback():
    code, said = interrupted("from closeloop.app import main; main()", "closeloop.app")
    assert code != 130
    assert "Traceback" in said


@pytest.mark.parametrize("word", ["--help", "plan"])
def test_begun_here_it_is_the_same_program(word, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "from closeloop.start import main; main()", word], cwd=tmp_path, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert ("Usage" in done.stdout, "Traceback" in done.stderr) == (word == "--help", False)
