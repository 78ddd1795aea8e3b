"""The served hub keeps its backlog within bounds: senders are asked to come back later, and lose nothing."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator

import pytest

from closeloop.web.serve import Served
from support.road import Road, road_on

A_SECOND = 1.05
"""After which the door counts again."""


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as found:
        yield found


def ask(served: Served, key: str) -> tuple[int, str | None]:
    """Send one event; returns the status and Retry-After."""
    event = {"messageId": key, "event": "form.submitted", "anonymousId": "a", "writeKey": "key"}
    connection = http.client.HTTPConnection("127.0.0.1", int(served.url.rpartition(":")[2]), timeout=20)
    try:
        connection.request("POST", "/v1/track", json.dumps(event), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Retry-After")
    finally:
        connection.close()


def test_when_as_many_receipts_wait_as_may_the_next_is_asked_to_come_later_until_they_are_decided(road):
    with Served(road.hub, {"key": "form"}, most_waiting=2) as served:
        assert [ask(served, "one"), ask(served, "two")] == [(200, None)] * 2
        time.sleep(A_SECOND)
        assert ask(served, "three") == (429, "2")
        assert road.hub.n_waiting() == 2
        road.decide()
        time.sleep(A_SECOND)
        assert ask(served, "three") == (200, None)
    road.decide()
    kept = ["form:one", "form:three", "form:two"]
    assert [id_ for (id_,) in road.rows("SELECT id FROM messages ORDER BY id")] == kept


def test_without_that_bound_they_pile_up(road):
    with Served(road.hub, {"key": "form"}) as served:
        ask(served, "one")
        ask(served, "two")
        time.sleep(A_SECOND)
        assert ask(served, "three") == (200, None)
    assert road.hub.n_waiting() == 3


def test_waiting_receipts_are_counted_once_a_second_however_many_requests_come(road, monkeypatch):
    counted = []
    monkeypatch.setattr(road.hub, "n_waiting", lambda: counted.append(1) or 0)
    began = time.monotonic()
    with Served(road.hub, {"key": "form"}) as served:
        assert {ask(served, str(n))[0] for n in range(40)} == {200}
    assert 1 <= len(counted) <= 1 + (time.monotonic() - began)
