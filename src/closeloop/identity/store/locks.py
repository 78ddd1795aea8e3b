"""Locks on what is looked up, before anybody holds it: of two workers the second sees what the first wrote."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, text


def lock_hashed(connection: Connection, values: Collection[str], first: int, buckets: int) -> None:
    """Lock these values until the transaction ends, in an order that all share; SQLite has one writer anyway.

    Args:
        first, buckets: the advisory locks that this kind of value is spread over: `first` to `first + buckets - 1`.
    """
    if connection.dialect.name == "postgresql" and values:
        connection.execute(
            text(
                "SELECT pg_advisory_xact_lock(h) FROM (SELECT DISTINCT abs(hashtext(v)) % :buckets + :first"
                " AS h FROM unnest(CAST(:v AS text[])) v ORDER BY h) s"
            ),
            {"v": sorted(values), "buckets": buckets, "first": first},
        )
