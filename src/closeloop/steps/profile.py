"""What was done becomes touches and fading sums; earlier anonymous acts join the person who now has a name."""

from __future__ import annotations

from closeloop.identity import store as identity_store
from closeloop.identity.keys import OURS
from closeloop.inbox.nouns import Key
from closeloop.profile import store as profile_store
from closeloop.profile.attribute import attribute, people_of
from closeloop.profile.nouns import SumKey
from closeloop.profile.score import fold
from closeloop.profile.touches import touch_of
from closeloop.steps.batch import Batch


def profile(batch: Batch) -> None:
    """Touches of named people first, since they say who was on a browser; then those of nobody, then the sums."""
    named = [
        touch
        for message in batch.messages
        if message.identified and (touch := touch_of(message, batch.who.subject.get(message.id), batch.process))
    ]
    nameless = [
        touch
        for message in batch.messages
        if not message.identified and (touch := touch_of(message, None, batch.process))
    ]
    profile_store.save_touches(batch.connection, named)
    seen = {message.visitor for message in batch.messages if message.visitor is not None and message.identified}
    before = profile_store.visitor_touches(batch.connection, sorted(seen))
    browsers = {touch.visitor for touch in (*nameless, *before) if touch.visitor is not None}
    if browsers:
        spans = identity_store.spans(batch.connection, browsers)
        for visitor, more in profile_store.named_visits(batch.connection, sorted(browsers)).items():
            spans[visitor] = sorted([*spans.get(visitor, []), *more])
        nameless = [*{touch.id: touch for touch in (*nameless, *attribute(nameless, spans))}.values()]
        moved = attribute(before, spans)
        profile_store.save_touches(batch.connection, nameless)
        profile_store.reassign(batch.connection, moved)
        moved_ids = {touch.id for touch in moved}
        changed_hands = people_of(touch for touch in before if touch.id in moved_ids) | people_of(moved)
    else:
        changed_hands = set()
    batch.touches = [*named, *nameless]
    _meet(batch, {touch.person_id for touch in batch.touches if touch.person_id is not None} | changed_hands)
    _score(batch, changed_hands)


def _meet(batch: Batch, people: set[str]) -> None:
    """Whom a browser led us to, no key did: they are looked up and locked like everybody else."""
    strangers = people - batch.known.roots.keys()
    if strangers:
        known = identity_store.load(batch.connection, [Key(OURS, person_id) for person_id in strangers])
        batch.known.roots.update(known.roots)


def _score(batch: Batch, changed_hands: set[str]) -> None:
    steady = [touch for touch in batch.touches if touch.person_id is not None and touch.person_id not in changed_hands]
    roots = {batch.root(touch.person_id) for touch in steady if touch.person_id is not None}
    loaded = profile_store.load_sums(batch.connection, sorted(roots))
    sums = {SumKey(row.person_id, row.product, row.line): row for rows in loaded.values() for row in rows}
    profile_store.save_sums(batch.connection, fold(sums, steady, batch.process).values())
    profile_store.rebuild(batch.connection, sorted(changed_hands), batch.process)
