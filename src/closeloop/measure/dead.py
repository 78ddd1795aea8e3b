"""Commands that were given up for one cause, so that they can be tried again together once it is mended."""

from __future__ import annotations

from sqlalchemy import Connection, text

_LIKE = text("""
    SELECT c.key FROM v_commands one
    JOIN v_commands c ON c.state = 'dead' AND c.source = one.source AND c.verb = one.verb
      AND COALESCE(c.reason, '') = COALESCE(one.reason, '')
    WHERE one.key = :key AND one.state = 'dead' ORDER BY c.created_at, c.no, c.key LIMIT :most""")


def dead_like(connection: Connection, key: str, at_most: int) -> tuple[str, ...]:
    """Keys of the dead commands of the same end, verb and reason as this one, it among them, in their order.

    Returns:
        0..at_most keys; none when the command is not dead, or not known.
    """
    return tuple(connection.execute(_LIKE, {"key": key, "most": at_most}).scalars())
