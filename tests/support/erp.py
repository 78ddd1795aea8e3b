"""An ERP of somebody else, as tables and as a declaration, and short ways to read a connector to its end."""

from __future__ import annotations

from closeloop.ports import Connector, Record

TABLES = """
CREATE TABLE firms (id INTEGER PRIMARY KEY, title VARCHAR(80) NOT NULL);
CREATE TABLE people (
  id {serial}, email VARCHAR(60), full_name VARCHAR(40) NOT NULL, state INTEGER, closeloop_key VARCHAR(80),
  firm_id INTEGER, seller VARCHAR(20), active BOOLEAN NOT NULL DEFAULT {true}, gone_at TIMESTAMP, merged_into INTEGER,
  updated_at TIMESTAMP, CHECK (full_name <> 'refused')
);
CREATE UNIQUE INDEX people_key ON people (closeloop_key);
CREATE TABLE merges (loser INTEGER, winner INTEGER, at TIMESTAMP);
CREATE TABLE acts (id INTEGER PRIMARY KEY, person INTEGER, kind VARCHAR(20), happened TIMESTAMP);
CREATE TABLE tags (person INTEGER, tag VARCHAR(20), note VARCHAR(20), PRIMARY KEY (person, tag))
"""
DECLARED = """
objects:
  Contact:
    entity: person
    from: people
    id: [id]
    changed: updated_at
    fields: {Email: email, Name: full_name, Status: state}
    values: {Status: {"1": open, "2": closed}}
    key: closeloop_key
    refs: {account: {to: Account, by: firm_id}, owner: {to: User, by: seller}}
    deleted: {gone_at: "*"}
    inactive: {active: [false]}
    active: {active: true}
    became: {to: Contact, by: merged_into}
    merges: {from: merges, loser: loser, survivor: winner, at: at}
    write: [Email, Name, Status, account, owner]
  Account: {entity: account, from: firms, id: id, fields: {Name: title}}
  Act:
    entity: activity
    from: acts
    id: [id]
    touch: {column: kind, names: {click: email.clicked}, at: happened}
    changed: happened
    refs: {person: {to: Contact, by: person}}
"""


def read_all(connector: Connector, cursor: str | None = None) -> tuple[list[Record], str]:
    """Pull to the end: the records and the last cursor."""
    records: list[Record] = []
    while True:
        pulled = connector.pull(cursor)
        records += pulled.records
        cursor = pulled.cursor
        if not pulled.more:
            return records, cursor


def scan_all(connector: Connector, object_name: str) -> list[Record]:
    """Every living record of an object."""
    records: list[Record] = []
    place: str | None = None
    while True:
        pulled = connector.scan(object_name, place)
        records += pulled.records
        place = pulled.cursor
        if not pulled.more:
            return records
