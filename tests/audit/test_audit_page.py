"""The report that people look at: one file, no script, readable by all, nothing of a value becomes markup."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from playwright.sync_api import Page

from closeloop.audit.cleanup import HEADER, write_groups
from closeloop.audit.nouns import Report
from closeloop.audit.page import as_html
from closeloop.audit.read import Named
from closeloop.audit.run import Audit, audit
from closeloop.audit.said import about, percent
from closeloop.audit.written import FORMAT, write
from closeloop.matching.bundle import default_bundle
from closeloop.words.errors import BadInput
from support.audit_cast import JOE, JOE_AGAIN, NOW, Row, others, told
from support.browser import serious_barriers

EVIL = "<script>alert(1)</script>"


def test_the_page_stands_alone(cast: Audit):
    page = as_html(cast.report)
    assert "<script" not in page
    assert re.findall(r"(?:src|href)=\"(?!#)", page) == []
    assert "url(" not in page
    assert page.count("<svg") >= 3
    assert "real people" in page


def test_a_value_never_becomes_markup(export: Callable[..., Path]):
    evil: list[Row] = [
        ("9", EVIL, "Bloggs", "joe.bloggs@acme.example", *JOE[4:6], EVIL, "Boston", EVIL, EVIL, EVIL, EVIL)
    ]
    found = audit([Named(export("crm.csv", [*told(JOE, JOE_AGAIN), *evil, *others("c")]))], default_bundle(), NOW)
    page = as_html(found.report)
    assert EVIL not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nobody_is_kept_out_and_nothing_runs_over(page: Page, cast: Audit, tmp_path: Path, scheme: str, width: int):
    written = write(cast, tmp_path / "out")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(written.page.as_uri())
    assert re.fullmatch(
        r"0\.0\s% of the records in marketing and \d\.\d\s% of those in CRM repeat another one",
        page.locator("h1").inner_text(),
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_barriers(page) == []


def test_json_has_a_key_for_every_finding(cast: Audit, tmp_path: Path):
    found = json.loads(write(cast, tmp_path).json.read_text())
    assert set(found) == {"format", *(field.name for field in fields(Report))}
    assert found["format"] == FORMAT
    assert found["parities"][0]["known_to_both"] == 1


def test_groups_name_what_is_kept_merged_linked_and_asked(cast: Audit):
    out = io.StringIO()
    n_groups = write_groups(cast.base, out)
    lines = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert tuple(lines[0]) == HEADER
    assert len({line["group"] for line in lines}) == n_groups
    joe = [(line["action"], line["system"]) for line in lines if line["group"] == "1"]
    assert sorted(joe) == [("keep", "crm"), ("link", "marketing"), ("merge", "crm"), ("merge", "crm")]
    assert {line["name"] for line in lines if line["action"] == "ask"} >= {"Grace Winterbourne", "Henry Winterbourne"}
    assert all(line["reason"] for line in lines)


def test_no_cell_of_the_groups_is_a_formula(export: Callable[..., Path]):
    evil = ("9", "=cmd|'/C calc'!A0", "Bloggs", "joe.bloggs@acme.example", *JOE[4:8])
    rows = [*told(JOE), (*evil, "Web", "Open", "2026-01-01", "x"), *others("c")]
    found = audit([Named(export("crm.csv", rows))], default_bundle(), NOW)
    out = io.StringIO()
    write_groups(found.base, out)
    cells = [cell for line in csv.reader(io.StringIO(out.getvalue())) for cell in line]
    assert any("calc" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "@"))]
    assert "+1 617 555 0142" in cells


def test_a_folder_that_cannot_be_written_is_named(cast: Audit, tmp_path: Path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(BadInput, match="--out"):
        write(cast, tmp_path / "out")


def test_figures_are_said_without_false_precision(cast: Audit):
    assert percent(0.1234).replace("\u00a0", " ") == "12.3 %"
    assert percent(0.00001).replace("\u00a0", " ") == "< 0.1 %"
    assert percent(None) == "–"
    assert about(cast.report.rates[0]) in ("", "0.0 to 0.1 %")
