"""What people say of pairs and links: the same, different, later, ask again, undo; refused with the reason."""

from __future__ import annotations

from closeloop.identity import store as identity_store
from closeloop.identity.nouns import Merge, Pair
from closeloop.inbox.nouns import Click, Message
from closeloop.steps.batch import Batch
from closeloop.steps.match import link
from closeloop.steps.settle import settle
from closeloop.words import ids
from closeloop.words.errors import BadInput


def judge(batch: Batch) -> None:
    """identity: what people say of pairs and links."""
    for message in batch.messages:
        if message.click is not None and message.click.verb in _ANSWERS:
            try:
                _ANSWERS[message.click.verb](batch, message, message.click)
            except BadInput as error:
                batch.refused[message.id] = str(error)


def _same(batch: Batch, message: Message, click: Click) -> None:
    pair = _open(batch, click.subject)
    locked = identity_store.lock(batch.connection, [pair.left_id, pair.right_id])
    batch.known.roots.update(locked)
    survivor, loser = sorted({locked[pair.left_id], locked[pair.right_id]})
    linked = [entity for entity, root in locked.items() if root in (survivor, loser)]
    for left, right in identity_store.told_apart(batch.connection, sorted(linked)):
        if {locked.get(left), locked.get(right)} == {survivor, loser}:
            raise BadInput(
                f"{left} and {right}, who are linked to these two, were told apart; ask again about them first (reopen)"
            )
    said = f": {click.choice}" if click.choice else ""
    merge = Merge(
        ids.derive(message.received_at, "merge", survivor, loser), pair.kind, survivor, loser, message.received_at,
        click.by, f"judged the same{said}", message.id, pair.weight, pair.evidence, pair.id,
    )  # fmt: skip
    identity_store.judge(batch.connection, pair.id, "same", click.by, batch.now)
    link(batch, [merge])
    batch.parted[message.id] = (survivor,)


def _different(batch: Batch, message: Message, click: Click) -> None:
    pair = _open(batch, click.subject)
    identity_store.judge(batch.connection, pair.id, "different", click.by, batch.now)
    if click.choice:
        batch.notes[message.id] = click.choice


def _skip(batch: Batch, message: Message, click: Click) -> None:
    identity_store.skip(batch.connection, _open(batch, click.subject).id, batch.now)


def _reopen(batch: Batch, message: Message, click: Click) -> None:
    pair, left, right = identity_store.load_pair(batch.connection, click.subject)
    if left == right:
        raise BadInput(f"pair {pair.id} is one now; undo its link first: `closeloop unlink`")
    if pair.state == "open":
        raise BadInput(f"pair {pair.id} is open already")
    identity_store.judge(batch.connection, pair.id, "open", None, None)


def _unlink(batch: Batch, message: Message, click: Click) -> None:
    roots = identity_store.unlink(batch.connection, click.subject, click.by, batch.now)
    batch.parted[message.id] = roots
    batch.known.roots.update(identity_store.family(batch.connection, roots))
    settle(batch, roots)


def _open(batch: Batch, pair_id: str) -> Pair:
    pair, left, right = identity_store.load_pair(batch.connection, pair_id)
    if pair.state in ("same", "different"):
        how = "`closeloop unlink` undoes their link" if pair.state == "same" else "it can be asked again (reopen)"
        raise BadInput(f"pair {pair.id} was judged {pair.state} already, by {pair.decided_by}; {how}")
    if pair.state == "moot" or left == right:
        raise BadInput(f"pair {pair.id} is one person already, by another link")
    return pair


_ANSWERS = {"same": _same, "different": _different, "skip": _skip, "reopen": _reopen, "unlink": _unlink}
