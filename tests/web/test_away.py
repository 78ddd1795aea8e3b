"""While the database is away the console says so, and answers again when it is back."""

from __future__ import annotations

import http.client

import pytest

from closeloop.web.serve import Served
from closeloop.words.errors import Unready
from support.road import road_on


def look(served: Served, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("localhost", int(served.url.rpartition(":")[2]), timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/", "/people", "/leads", "/health", "/people/none"])
def test_a_page_says_that_the_database_is_away_and_comes_back_with_it(sqlite_url, path):
    def away():
        raise Unready("the database cannot be used now")

    with road_on(sqlite_url) as road, Served(road.hub, {}) as served:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(road.hub.database, "read", away)
            assert look(served, path) == (503, "the database cannot be used now\n")
        assert look(served, path)[0] in (200, 404)
