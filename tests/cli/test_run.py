"""`closeloop run`: an example's file from the first row to the last decision, and nothing more the second time."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.command import closeloop

pytestmark = pytest.mark.without_tables

BANK = str(Path(__file__).resolve().parent.parent.parent / "examples" / "bank")
HEADER = (
    "age;job;marital;education;default;housing;loan;contact;month;day_of_week;duration;campaign;pdays;previous;"
    "poutcome;emp.var.rate;cons.price.idx;cons.conf.idx;euribor3m;nr.employed;y"
)
ROWS = (
    "56;housemaid;married;basic.4y;no;no;no;telephone;may;mon;261;1;999;0;nonexistent;1.1;93.994;-36.4;4.857;5191;no",
    "57;services;married;high.school;no;no;no;telephone;may;mon;149;2;999;1;failure;1.1;93.994;-36.4;4.857;5191;yes",
    "57;services;married;high.school;no;no;no;telephone;may;mon;149;2;999;1;failure;1.1;93.994;-36.4;4.857;5191;yes",
)


def test_says_what_came_of_a_file_and_a_second_run_changes_nothing(database_url: str, tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "calls.csv").write_text("\n".join((HEADER, *ROWS)) + "\n")
    for _ in range(2):
        done = closeloop("run", BANK, "--data", str(data), cwd=tmp_path, CLOSELOOP_DATABASE=database_url)
        assert done.returncode == 0, done.stderr
        said = [line.strip() for line in done.stdout.splitlines()]
        assert "calls.csv: 3 rows, 3 taken in, 0 refused" in said
        assert "1 rows say exactly what an earlier row says; they are kept" in said
        assert "2 rows flagged contradictory_pdays; they are kept" in said
        assert {"3 messages", "3 people", "3 leads", "2 won", "1 sent back", "0 set aside or failed"} <= set(said)


def test_asks_which_file_is_meant_when_there_are_two(sqlite_url: str, tmp_path: Path):
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text(HEADER)
    done = closeloop("run", BANK, "--data", str(tmp_path), cwd=tmp_path, CLOSELOOP_DATABASE=sqlite_url)
    assert done.returncode == 1
    assert done.stderr.endswith("and files are taken by calls; say which is which with --file SOURCE=PATH\n")


def test_without_a_file_it_says_how_to_name_one(sqlite_url: str, tmp_path: Path):
    done = closeloop("run", BANK, cwd=tmp_path, CLOSELOOP_DATABASE=sqlite_url)
    assert (done.returncode, done.stderr.partition(";")[0]) == (1, "nothing to take in")
