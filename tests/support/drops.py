"""What a folder of files is declared to hold, for tests."""

from __future__ import annotations

DECLARED = """
objects:
  Contact:
    entity: person
    from: people
    id: [id]
    changed: changed
    fields: {Email: email, Name: name}
    key: key
    refs: {account: {to: Account, by: firm}}
    inactive: {off: [true]}
    merges: {from: merges, loser: loser, survivor: winner, each: '\\d+'}
    write: [Email, Name]
  Account: {entity: account, from: firms, id: id}
"""
