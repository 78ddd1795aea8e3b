"""Pairs that a person is asked about: the next one, how many are left, and what each field says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Row, text

from closeloop.measure.stored import in_words, moment, value_of
from closeloop.words.moment import from_us

KINDS = ("person", "account")
Said = Literal["agree", "close", "differ", "missing"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What one comparison says. `weight` is in bits: one more doubles the odds that the two are one."""

    comparison: str
    level: str
    weight: float
    left: str
    right: str

    @property
    def says(self) -> Said:
        """In one word: the same value, one that speaks for the pair all the same, one against it, none on a side."""
        if not self.left or not self.right:
            return "missing"
        if self.left.casefold() == self.right.casefold():
            return "agree"
        return "close" if self.weight > 0 else "differ"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one.

    Attributes:
        left_id, right_id: the two that were compared; `left_root` and `right_root` are whom they are linked to now.
        weight: bits in all, what speaks for any pair at the start included.
        state: open, same, different, or moot when one of them was merged or erased meanwhile.
        bundle: what compared them, with its version.
    """

    id: str
    kind: str
    left_id: str
    right_id: str
    left_root: str
    right_root: str
    weight: float
    state: str
    why: str
    evidence: tuple[Proof, ...]
    bundle: str
    at: datetime
    message_id: str
    skipped_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None

    @property
    def roots(self) -> tuple[str, str]:
        """Whom the two are linked to now."""
        return self.left_root, self.right_root

    @property
    def at_first(self) -> float:
        """Bits before any field is looked at, below nought: two records taken at random are hardly ever one."""
        return self.weight - sum(proof.weight for proof in self.evidence)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the queue is: open and answered pairs, of all kinds or of one."""

    n_open: int
    n_answered: int

    @property
    def n(self) -> int:
        """All that were ever asked and still matter."""
        return self.n_open + self.n_answered


_ONE = "SELECT * FROM v_pairs WHERE id = "
_OPEN = "SELECT id FROM v_pairs WHERE state = 'open'"
_OF_KIND = "(:kind = '' OR kind = :kind) AND id <> :but"
# The one wanted is found before whom its two are linked to is looked up, which costs more than all the rest.
_FRESH = text(f"{_ONE} ({_OPEN} AND skipped_at IS NULL AND {_OF_KIND} ORDER BY weight DESC, id LIMIT 1)")
_SKIPPED = text(
    f"{_ONE} ({_OPEN} AND skipped_at IS NOT NULL AND {_OF_KIND} ORDER BY skipped_at, weight DESC, id LIMIT 1)"
)
_NAMED = text(f"{_ONE} :id")
_COUNTS = text("SELECT kind, state, n FROM v_pair_states")
_DECIDED_LAST = text(f"""
    {_ONE} (SELECT id FROM v_pairs WHERE decided_by = :by AND state IN ('same', 'different') AND {_OF_KIND}
    ORDER BY decided_at DESC, id DESC LIMIT 1)""")  # noqa: S608 — texts of ours
_SKIPPED_LAST = text(
    f"{_ONE} ({_OPEN} AND skipped_at IS NOT NULL AND {_OF_KIND} ORDER BY skipped_at DESC, id DESC LIMIT 1)"
)
_THEIRS = "SELECT entity_id FROM v_entities WHERE root_id = :root"
_OPEN_OF = text(f"""
    SELECT * FROM v_pairs WHERE id IN ({_OPEN} AND left_id IN ({_THEIRS}) UNION {_OPEN} AND right_id IN ({_THEIRS}))
    ORDER BY weight DESC, id LIMIT 20""")  # noqa: S608 — texts of ours
_LINK_OF = text("SELECT id FROM v_links WHERE pair_id = :pair AND undone_at IS NULL ORDER BY at DESC, id DESC LIMIT 1")


def next_pair(connection: Connection, kind: str = "", but: str = "") -> Pair | None:
    """The open pair to ask about now: never skipped before skipped, then the heaviest; of skipped the longest ago.

    Args:
        kind: "person", "account", or "" for both.
        but: a pair to leave out, since its answer is on the way.
    """
    asked = {"kind": kind, "but": but}
    line = connection.execute(_FRESH, asked).first() or connection.execute(_SKIPPED, asked).first()
    return None if line is None else _pair(line)


def pair_of(connection: Connection, pair_id: str) -> Pair | None:
    """One pair in whatever state; None when there is none with that id."""
    line = connection.execute(_NAMED, {"id": pair_id}).first()
    return None if line is None else _pair(line)


def progress(connection: Connection) -> Mapping[str, Progress]:
    """Kind → how far its queue is; "" is all kinds together."""
    n = {(line.kind, line.state): line.n for line in connection.execute(_COUNTS)}
    found = {
        kind: Progress(n.get((kind, "open"), 0), n.get((kind, "same"), 0) + n.get((kind, "different"), 0))
        for kind in KINDS
    }
    every = found.values()
    return {"": Progress(sum(one.n_open for one in every), sum(one.n_answered for one in every)), **found}


def last_answered(connection: Connection, by: str, kind: str = "", but: str = "") -> Pair | None:
    """The pair that `by` answered last, or that was skipped last if that is later; None when there is none.

    Args:
        but: a pair to leave out: it is being asked about again.
    """
    asked = {"by": by, "kind": kind, "but": but}
    decided, skipped = (
        connection.execute(_DECIDED_LAST, asked).first(),
        connection.execute(_SKIPPED_LAST, asked).first(),
    )
    if decided is not None and skipped is not None:
        return _pair(decided if decided.decided_at >= skipped.skipped_at else skipped)
    found = decided or skipped
    return None if found is None else _pair(found)


def open_pairs_of(connection: Connection, root_id: str) -> tuple[Pair, ...]:
    """Questions that are open about one resolved person or account, the heaviest first, 20 at most."""
    return tuple(_pair(line) for line in connection.execute(_OPEN_OF, {"root": root_id}))


def link_of(connection: Connection, pair_id: str) -> str | None:
    """The link that the answer "same" made and nobody has undone."""
    return connection.execute(_LINK_OF, {"pair": pair_id}).scalar()


def proofs(stored: str | None) -> tuple[Proof, ...]:
    """Evidence as it is stored, a JSON list; what cannot be read of it is left out."""
    found = value_of(stored)
    lines = (line for line in found if isinstance(line, dict)) if isinstance(found, list) else ()
    return tuple(
        Proof(
            in_words(line.get("comparison")), in_words(line.get("level")),
            weight if isinstance(weight := line.get("weight"), int | float) else 0.0,
            in_words(line.get("left")), in_words(line.get("right")),
        )
        for line in lines
    )  # fmt: skip


def _pair(line: Row[tuple[object, ...]]) -> Pair:
    return Pair(
        line.id, line.kind, line.left_id, line.right_id, line.left_root or line.left_id,
        line.right_root or line.right_id, line.weight, line.state, line.why, proofs(line.evidence), line.bundle,
        from_us(line.at), line.message_id, moment(line.skipped_at), moment(line.decided_at), line.decided_by,
    )  # fmt: skip
