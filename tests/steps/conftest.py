"""The road on an empty database of each kind; `ends` puts simulated vendors at its ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.road import Road, road_on


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as found:
        yield found
