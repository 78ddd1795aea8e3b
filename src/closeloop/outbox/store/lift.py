"""What a hot command has to wait for is hot too: else it would wait for the whole backlog before it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, or_, select, update

from closeloop.db import among
from closeloop.outbox.lanes import HOT, lane_of
from closeloop.outbox.nouns import UNFINISHED, Planned
from closeloop.outbox.store.tables import commands


def lift(connection: Connection, planned: Sequence[Planned]) -> None:
    """Make hot what goes before a hot command of the same person, or must be done first for one.

    Also where the hot one was there before: of two workers, the second may plan with the earlier moment.
    """
    people = {each.person_id for each in planned if each.person_id is not None}
    hot = [each for each in planned if lane_of(each, bulk=False) == HOT]
    needed = {key for each in hot for key in (each.command.key, each.after) if key is not None}
    while people or needed:
        lifted = list(connection.execute(_NEEDED, {"keys": sorted(needed)})) if needed else []
        people |= {row.person_id for row in lifted if row.person_id is not None}
        lifted += connection.execute(_EARLIER, {"people": sorted(people)}) if people else []
        people, needed = set(), {row.after for row in lifted if row.after is not None}


_hot = commands.alias("hot")
_is_colder = and_(commands.c.lane > HOT, commands.c.state.in_(UNFINISHED))
_is_waited_for = (
    select(_hot.c.key)
    .where(
        _hot.c.source == commands.c.source,
        _hot.c.person_id == commands.c.person_id,
        _hot.c.lane == HOT,
        _hot.c.state.in_(UNFINISHED),
        or_(
            _hot.c.created_at > commands.c.created_at,
            and_(_hot.c.created_at == commands.c.created_at, _hot.c.no > commands.c.no),
        ),
    )
    .exists()
)
_EARLIER = (
    update(commands)
    .where(_is_colder, among(commands.c.person_id, "people"), _is_waited_for)
    .values(lane=HOT)
    .returning(commands.c.person_id, commands.c.after)
)
_NEEDED = (
    update(commands)
    .where(_is_colder, among(commands.c.key, "keys"))
    .values(lane=HOT)
    .returning(commands.c.person_id, commands.c.after)
)
