"""The project's own process file to plant mistakes in."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def sound_files() -> dict[str, bytes]:
    names = ["b2b.yaml", "team.csv", "content.csv", "holidays-de.csv", "holidays-no.csv"]
    return {name: (ROOT / "processes" / name).read_bytes() for name in names}
