"""What a spreadsheet would run is a text; numbers and phone numbers stay what they are."""

from __future__ import annotations

import pytest

from closeloop.words.spreadsheet import harmless


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|x", "-", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_would_be_run_is_a_text(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "CTO", "-3.5", "+49 30-1234567", "a=b"])
def test_anything_else_is_left_alone(cell):
    assert harmless(cell) == cell
