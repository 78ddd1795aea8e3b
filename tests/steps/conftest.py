"""The road on an empty database of each kind: without vendors, or with simulated ones for the test that asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.ends import Ends, ends_of
from support.road import Road, road_on


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as found:
        yield found


@pytest.fixture
def ends(road: Road) -> Iterator[Ends]:
    """Both simulated vendors at the ends of the test's road."""
    with ends_of(road) as found:
        yield found
