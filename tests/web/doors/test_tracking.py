"""The tracking door over real HTTP: every path, format and bad input that clients and strangers send."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
import uvicorn
from starlette.applications import Starlette

from closeloop.inbox.nouns import Receipt
from closeloop.web.doors import GroupCommit, Limits, doors
from closeloop.words.errors import Unready
from closeloop.words.moment import ManualClock

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
EVENT = {"type": "track", "event": "Form Submitted", "anonymousId": None, "userId": "u-17", "messageId": "m-1"}
BATCH = json.dumps({"batch": [EVENT], "writeKey": "demo-write-key"}).encode()
AUTH = {"Authorization": "Basic " + base64.b64encode(b"demo-write-key:").decode()}


@dataclass(slots=True)
class Door:
    """A running door; `away` is what its database says."""

    port: int = 0
    kept: list[Receipt] = field(default_factory=list)
    n_waiting: int = 0
    away: Exception | None = None

    def take_in(self, receipts: Sequence[Receipt]) -> None:
        if self.away is not None:
            raise self.away
        self.kept.extend(receipts)

    def ask(
        self, path: str, body: bytes = BATCH, headers: dict[str, str] | None = None, method: str = "POST"
    ) -> tuple[int, dict[str, str], dict[str, object]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            answer = response.read()
            told = {name.lower(): value for name, value in response.getheaders()}
            return response.status, told, json.loads(answer) if answer.startswith(b"{") else {}
        finally:
            connection.close()


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    committer = GroupCommit(door.take_in)
    limits = Limits(backlog=10, n_waiting=lambda: door.n_waiting, asked_every_seconds=0)
    app = Starlette(routes=doors(committer, {"demo-write-key": "form"}, ManualClock(NOW), limits))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    door.port = server.servers[0].sockets[0].getsockname()[1]
    yield door
    server.should_exit = True
    thread.join()
    committer.close()


@pytest.mark.parametrize(
    "path", ["identify", "track", "page", "screen", "group", "alias", "i", "t", "p", "s", "g", "a"]
)
def test_a_single_event_is_kept_as_it_was_sent(door: Door, path: str):
    body = json.dumps(EVENT).encode()
    status, told, answer = door.ask(f"/v1/{path}", body, AUTH)
    assert (status, answer) == (200, {"success": True})
    assert told["content-type"] == "application/json"
    (receipt,) = door.kept
    assert (receipt.body, receipt.source, receipt.queue, receipt.received_at) == (body, "form", "live", NOW)
    assert receipt.headers["path"] == f"/v1/{path}"


@pytest.mark.parametrize(("path", "queue"), [("batch", "live"), ("b", "live"), ("import", "bulk")])
def test_a_batch_is_one_receipt(door: Door, path: str, queue: str):
    assert door.ask(f"/v1/{path}")[0] == 200
    assert [(receipt.queue, receipt.body) for receipt in door.kept] == [(queue, BATCH)]


def test_a_browser_sends_plain_text_with_the_key_in_the_body_from_another_origin(door: Door):
    body = json.dumps({**EVENT, "writeKey": "demo-write-key"}).encode()
    origin = {"Origin": "https://www.acme.example"}
    asked, told, _ = door.ask("/v1/t", b"", {**origin, "Access-Control-Request-Method": "POST"}, "OPTIONS")
    assert asked == 204
    assert told["access-control-allow-origin"] == "*"
    assert "Authorization" in told["access-control-allow-headers"]
    status, told, _ = door.ask("/v1/t", body, {**origin, "Content-Type": "text/plain"})
    assert (status, told["access-control-allow-origin"]) == (200, "*")


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_body_is_kept_inflated(door: Door, encoding: str, pack):
    assert door.ask("/v1/batch", pack(BATCH), {"Content-Encoding": encoding})[0] == 200
    assert door.kept[0].body == BATCH


def test_the_write_key_is_kept_as_a_digest_only(door: Door):
    door.ask("/v1/track", json.dumps(EVENT).encode(), AUTH)
    assert "demo-write-key" not in json.dumps(dict(door.kept[0].headers))


def test_a_bad_event_inside_a_good_batch_is_taken(door: Door):
    for bad in (b'{"event":"\\ud800"}', b'{"event":"\xff"}', b'{"event":NaN}', b'{"event":"\\u0000"}', b"null"):
        body = b'{"batch":[' + bad + b',{"type":"track"}],"writeKey":"demo-write-key"}'
        assert door.ask("/v1/batch", body)[0] == 200
    assert len(door.kept) == 5


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b'{"batch": [', 400, "the body is not JSON"),
        (b"", 400, "the body is not JSON: Input data was truncated"),
        (b"[1]", 400, "not a tracking request: Expected `object`, got `array`"),
        (b"5", 400, "Expected `object`"),
        (b'{"batch": {}}', 400, "Expected `array`, got `object`"),
        (b'{"type": "track"}', 400, 'the body has no "batch"'),
        (b'{"batch": [], "writeKey": "\xff"}', 400, "not UTF-8"),
        (b'{"batch": [\x00]}', 400, "the body is not JSON"),
        (b'{"batch": ' + b"[" * 100_000, 400, "nested too deeply"),
        (b'{"batch": ["' + b"x" * 500_000 + b'"]}', 413, "a request may have 500,000 octets"),
        (json.dumps({"batch": [1] * 2_501}).encode(), 413, "a request may have 2,500 events"),
        (b'{"batch": [{}]}', 401, "no write key; valid is basic auth"),
        (b'{"batch": [{}], "writeKey": "other"}', 401, "the write key is not known here"),
    ],
    ids=lambda given: ascii(given)[:30],
)
def test_a_body_that_cannot_be_kept_is_refused_with_what_would_be_valid(
    door: Door, body: bytes, status: int, expected: str
):
    got, told, answer = door.ask("/v1/batch", body)
    assert (got, answer["success"]) == (status, False)
    assert expected in str(answer["message"])
    assert told["access-control-allow-origin"] == "*"
    assert door.kept == []


@pytest.mark.parametrize(
    ("headers", "body", "status", "expected"),
    [
        ({"Content-Encoding": "gzip"}, BATCH, 400, "the body is not gzip"),
        ({"Content-Encoding": "gzip"}, gzip.compress(BATCH)[:-9], 400, "ends too early"),
        ({"Content-Encoding": "br"}, BATCH, 415, "valid are gzip and deflate"),
        ({"Content-Encoding": "gzip"}, gzip.compress(b" " * 50_000_000), 413, "500,000 octets, inflated"),
        ({"Authorization": "Basic ???"}, BATCH, 401, "not basic auth"),
    ],
    ids=["not gzip", "cut gzip", "unknown", "bomb", "not base64"],
)
def test_a_bad_header_is_refused(door: Door, headers: dict[str, str], body: bytes, status: int, expected: str):
    got, _, answer = door.ask("/v1/batch", body, headers)
    assert got == status
    assert expected in str(answer["message"])


def test_a_body_of_undeclared_length_is_bounded_too(door: Door):
    connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
    chunked = {"Transfer-Encoding": "chunked"}
    connection.request("POST", "/v1/batch", iter([b"x" * 100_000] * 6), chunked, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method_is_told_which_is_valid(door: Door, method: str):
    status, told, answer = door.ask("/v1/batch", BATCH, method=method)
    assert (status, told["allow"]) == (405, "POST, OPTIONS")
    assert "valid is POST" in str(answer["message"])


def test_a_path_that_is_no_door_is_not_found(door: Door):
    status, _, answer = door.ask("/v1/dance", BATCH)
    assert (status, answer["code"]) == (404, "no_such_path")
    assert "/v1/dance is no door; valid are /v1/" in str(answer["message"])


def test_without_its_database_the_door_asks_to_send_again(door: Door):
    door.away = Unready("the database cannot be used now")
    status, told, answer = door.ask("/v1/batch")
    assert (status, told["retry-after"]) == (503, "2")
    assert "the database cannot be used now" in str(answer["message"])
    door.away = None
    assert door.ask("/v1/batch")[0] == 200


def test_a_receipt_that_cannot_be_kept_is_not_called_a_success(door: Door):
    door.away = ValueError("a fault of ours")
    assert door.ask("/v1/batch")[0] == 503


def test_when_too_much_waits_the_door_asks_to_send_later(door: Door):
    door.n_waiting = 10
    status, told, _ = door.ask("/v1/batch")
    assert (status, told["retry-after"]) == (429, "2")
    door.n_waiting = 9
    assert door.ask("/v1/batch")[0] == 200
