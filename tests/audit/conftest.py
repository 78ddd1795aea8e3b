"""Exports of the cast of `support.audit_cast`, and the audit of them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from closeloop.audit.read import Named
from closeloop.audit.run import Audit, audit
from closeloop.matching.bundle import default_bundle
from support.audit_cast import GRACE, HEADER, HENRY, JOE, JOE_AGAIN, JOE_AT_HOME, NOW, Row, others, told


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Path]:
    """Writes a CSV of HEADER and rows."""

    def write(name: str, rows: Sequence[Row], header: Row = HEADER) -> Path:
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([header, *rows])
        return path

    return write


@pytest.fixture
def cast(export: Callable[..., Path]) -> Audit:
    """The CRM has Joe three times and the couple, marketing has Joe once; the rest are there once."""
    crm = export("crm.csv", [*told(JOE, JOE_AGAIN, JOE_AT_HOME, GRACE, HENRY), *others("c")])
    marketing = export("marketing.csv", [*told(JOE), *others("m")])
    return audit([Named(crm), Named(marketing)], default_bundle(), NOW)
