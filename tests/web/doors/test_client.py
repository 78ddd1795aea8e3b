"""The public Python client, unmodified, delivers into the door through a restart without loss or repeats."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from segment.analytics.client import Client
from sqlalchemy import func, select

from closeloop.db import Database
from closeloop.inbox import store
from closeloop.inbox.nouns import Message, Verdict
from closeloop.inbox.read import read
from closeloop.process.load import load
from support.door import WRITE_KEY, DoorProcess

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
PROCESS = load(Path(__file__).parents[3] / "processes/b2b.yaml")


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
def test_every_event_is_decided_once_through_a_restart(database_url: str, zipped: bool):
    failed: list[object] = []
    with DoorProcess(database_url) as door:
        client = Client(
            WRITE_KEY, host=door.url, gzip=zipped, upload_size=10, upload_interval=0.05,
            on_error=lambda error, _: failed.append(error),
        )  # fmt: skip
        form = "Form Submitted"
        ids = {client.track(f"u-{n}", form, {"email": f"n{n}@acme.example"})[1]["messageId"] for n in range(150)}
        time.sleep(0.2)
        door.kill()
        ids |= {client.identify(f"u-{n}", {"title": "CTO"})[1]["messageId"] for n in range(50)}
        time.sleep(0.3)
        door.start()
        ids |= {client.page(f"u-{n}", None, "Pricing")[1]["messageId"] for n in range(50)}
        client.flush()
        client.join()
    assert failed == []
    assert decide_all(database_url) == {f"form:{each}" for each in ids}
    assert decide_all(database_url) == {f"form:{each}" for each in ids}


def decide_all(url: str) -> set[str]:
    """Read everything that was ever received, decide what is new, and return the ids of all that was decided."""
    database = Database(url)
    with database.write() as connection:
        receipt_ids = connection.execute(select(store.receipts.c.id)).scalars().all()
        kept = store.load_receipts(connection, receipt_ids).values()
        found = [message for receipt in kept for message in read(receipt, PROCESS)]
        new = {message.id: message for message in found if isinstance(message, Message)}
        for each in store.known(connection, list(new)):
            del new[each]
        no = store.open_batch(connection, PROCESS.signed, len(new), NOW)
        store.save_messages(connection, [Verdict(message, "decided") for message in new.values()], no)
        decided = set(connection.execute(select(store.messages.c.id)).scalars())
        assert connection.execute(select(func.count()).select_from(store.messages)).scalar_one() == len(decided)
    database.close()
    return decided
