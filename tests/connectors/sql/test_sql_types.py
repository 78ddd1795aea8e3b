"""The types of PostgreSQL that SQLite does not have, read and written."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from closeloop.connectors.sql import connect
from closeloop.ports import Command, Outcome, Ref, Verb
from support.erp import read_all, scan_all

pytestmark = pytest.mark.without_tables

ID = "6f1c0a52-6c1a-4b8e-9d52-0a4f1d3c2b10"
DECLARED = """
objects:
  Deal:
    entity: opportunity
    from: shop.deals
    id: id
    changed: changed
    fields: {name: name, amount: amount, more: more, due: due, state: state}
    key: key
    deleted: {state: [void]}
    write: [name, amount, due, state]
"""


TABLE = f"""
CREATE SCHEMA shop;
CREATE TYPE shop.state AS ENUM ('open', 'void');
CREATE TABLE shop.deals (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text, amount numeric(12, 2), more jsonb, due date,
  state shop.state, changed timestamptz, key text UNIQUE
);
INSERT INTO shop.deals VALUES
  ('{ID}', 'Robot', 12.50, '{{"a": [1]}}', '2026-10-01', 'open', '2026-09-01 10:00:00+02', NULL)
"""


@pytest.fixture
def shop(postgres_url):
    """A table in a schema of its own with the types that PostgreSQL alone has."""
    engine = create_engine(postgres_url)
    with engine.begin() as db:
        for statement in TABLE.split(";"):
            db.execute(text(statement.replace(":", "\\:")))
    engine.dispose()


def test_reads_and_writes_the_types_of_postgresql(postgres_url, shop, clock):
    connector = connect({"url": postgres_url, "declared": DECLARED}, clock)
    (deal,), cursor = read_all(connector)
    assert (deal.id, deal.changed_at.hour, deal.deleted) == (ID, 8, False)
    assert deal.fields == {
        "name": "Robot",
        "amount": "12.5",
        "more": '{"a": [1]}',
        "due": "2026-10-01",
        "state": "open",
    }
    assert (read_all(connector, cursor)[0], scan_all(connector, "Deal"), connector.count("Deal")) == ([], [deal], 1)

    fields = {"amount": "13.75", "due": "2026-11-02", "state": "void"}
    changed, no_date, no_word, made, odd = connector.push([
        Command("u1", Verb.UPDATE, "Deal", Ref("Deal", ID), fields=fields),
        Command("u2", Verb.UPDATE, "Deal", Ref("Deal", ID), fields={"due": "soon"}),
        Command("u3", Verb.UPDATE, "Deal", Ref("Deal", ID), fields={"state": "lost"}),
        Command("c1", Verb.CREATE, "Deal", our_key="k1", fields={"name": "Sensor", "amount": 5}),
        Command("u4", Verb.UPDATE, "Deal", Ref("Deal", "no uuid"), fields={"name": "x"}),
    ])  # fmt: skip
    assert [each.outcome for each in (changed, made)] == [Outcome.DONE, Outcome.DONE]
    assert (no_date.outcome, no_date.reason) == (Outcome.PERMANENT, "'soon' does not fit the column due (DATE)")
    assert (no_word.outcome, "lost" in no_word.reason) == (Outcome.PERMANENT, True)
    assert odd.outcome is Outcome.CHANGED

    told = {record.id: record for record in read_all(connector, cursor)[0]}
    assert (told[ID].deleted, told[ID].fields["amount"], told[ID].fields["due"]) == (True, "13.75", "2026-11-02")
    assert told[made.ref.id].fields["amount"] == 5
    assert connector.count("Deal") == 1
    connector.close()
