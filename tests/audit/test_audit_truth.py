"""The duplicate rate that an audit names, against generated contacts whose truth is known."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from closeloop.audit.nouns import Rate
from closeloop.audit.rates import rates
from closeloop.audit.read import Named
from closeloop.audit.run import Audit, audit
from closeloop.matching.bundle import default_bundle
from closeloop.words.moment import EPOCH

N = 10_000
WITHIN = 0.01
SAID = ("unique_id", "first_name", "last_name", "email", "phone", "title", "company", "city")
FILES = {"crm": "crm_export.csv", "map": "marketing_export.csv"}


@pytest.fixture(scope="module")
def generated(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Audit, Sequence[int]]:
    """The audit of two exports, and whose record each is; the truth stands in no file that the audit reads."""
    folder = tmp_path_factory.mktemp("generated")
    made = folder / "contacts.parquet"
    generator = shared / "tools" / "generate_contacts.py"
    subprocess.run([sys.executable, generator, str(N), made, "7"], check=True, capture_output=True)
    rows = pq.read_table(made).to_pylist()
    truth: list[int] = []
    for source, name in FILES.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(SAID)
            for row in (row for row in rows if row["source"] == source):
                writer.writerow([row[column] for column in SAID])
                truth.append(row["entity_id"])
    found = audit([Named(folder / name) for name in FILES.values()], default_bundle(), EPOCH)
    return found, truth


def true_rate(found: Audit, truth: Sequence[int], scope: str) -> float:
    people = [truth[row] for row, entry in enumerate(found.base.entries) if scope in ("all", entry.system)]
    return 1 - len(set(people)) / len(people)


def test_the_rate_lies_within_one_percentage_point_of_the_truth(generated: tuple[Audit, Sequence[int]]):
    found, truth = generated
    assert [rate.scope for rate in found.report.rates] == ["marketing", "crm", "all"]
    for rate in found.report.rates:
        assert rate.rate == pytest.approx(true_rate(found, truth, rate.scope), abs=WITHIN)
        assert _holds(rate, true_rate(found, truth, rate.scope))


def test_what_is_merged_by_itself_is_right(generated: tuple[Audit, Sequence[int]]):
    found, truth = generated
    wrong = sum(len({truth[row] for row in rows}) - 1 for rows in found.base.people.values())
    assert wrong <= 0.01 * found.report.rates[-1].sure


def test_control_by_address_alone_the_rate_is_far_from_the_truth(generated: tuple[Audit, Sequence[int]]):
    found, truth = generated
    first: dict[str, int] = {}
    cluster = [first.setdefault(entry.email or f"{row}", row) for row, entry in enumerate(found.base.entries)]
    by_address = replace(found.base.matched, cluster=cluster, same=[], asked=[], seen=1.0)
    together = rates(type(found.base)(found.base.entries, by_address))[-1]
    assert together.rate is not None
    assert abs(together.rate - true_rate(found, truth, "all")) > 3 * WITHIN


def test_control_with_the_truth_shuffled_the_rate_is_far_from_it(generated: tuple[Audit, Sequence[int]]):
    found, truth = generated
    shuffled = [person // 2 for person in truth]
    assert not _holds(found.report.rates[-1], true_rate(found, shuffled, "all"))


def _holds(rate: Rate, true: float) -> bool:
    return rate.low is not None and rate.high is not None and rate.low <= true <= rate.high
