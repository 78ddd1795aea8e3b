"""A bundle as it is declared: columns, block rules, comparisons with levels, guards, bands; one JSON file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Declaration = list[object]
"""A condition as it stands in JSON: see `closeloop.matching.conditions`."""


@dataclass(frozen=True, slots=True)
class WholeName:
    """Where the whole name stands when the fields `first` and `last` say nothing."""

    field: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Column:
    """One comparable column: `form` (a name in `forms.FORMS`) of the fields `of`, as given.

    "=email" in `of` is no field but the comparable column `email`, which must stand before this one.
    """

    name: str
    form: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Two records are worth comparing when all of `on` are known and equal.

    `on` holds names of columns; "last:4" means the first four letters of `last`. `unordered`: it does not matter in
    which of two columns a value stands.
    """

    name: str
    on: tuple[str, ...]
    unordered: bool = False


@dataclass(frozen=True, slots=True)
class Rarity:
    """A rare value says more: the level's weight is moved by log2 of (u of equality / frequency of the value).

    Args:
        column: the column whose frequency counts; of two different values the more frequent one counts.
        share: how much of the move is made, 0 to 1.
        least: frequencies below count as this, so that a misspelling is not taken for a rare name.
    """

    column: str
    share: float = 1.0
    least: float = 0.0


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of agreement. `m`: its probability among pairs of one person; `u`: among pairs of two people.

    Training finds both; what is stated under `fixed` ("m", "u", "mu") stays as it is. A `silent` level has neither: the
    comparison says nothing then, as when a side is unknown.
    """

    name: str
    when: Declaration
    m: float | None = None
    u: float | None = None
    rarity: Rarity | None = None
    fixed: Literal["", "m", "u", "mu"] = ""
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Levels in order; the first that holds counts, the last holds always. `shows`: the columns a person sees of it."""

    name: str
    shows: tuple[str, ...]
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Guard:
    """A pair for which `when` holds is never joined without a person, whatever it weighs; `why` is what they read."""

    name: str
    when: Declaration
    why: str


@dataclass(frozen=True, slots=True)
class Shared:
    """A value of `column` that `n` or more different values of `among` hold is nobody's own: `drops` lose it."""

    column: str
    among: str
    n: int
    drops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bands:
    """Where the bands begin, in bits, in a base of `n_records`; both rise by `rise` bits with each doubling."""

    n_records: int
    same: float
    ask: float
    rise: float = 1.0


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How often values of one column are met. `rare` holds for every value that is not listed."""

    rare: float
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spec:
    """Everything that decides who is who, frozen together. `prior`: probability that two random records are one person.

    `most_per_key`: a block key that more records hold makes no candidates. `most_per_cluster`: beyond, a person
    decides. `least_linked`: share of the pairs between two clusters that must be links for them to join. `training`:
    for each round of training the columns on which those pairs agree that m is learnt from.
    """

    name: str
    version: str
    made: str
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    comparisons: tuple[Comparison, ...]
    bands: Bands
    prior: float
    whole_name: WholeName | None = None
    guards: tuple[Guard, ...] = ()
    shared: tuple[Shared, ...] = ()
    frequencies: Mapping[str, Frequencies] = field(default_factory=dict)
    most_per_key: int = 500
    most_per_cluster: int = 10
    least_linked: float = 0.5
    training: tuple[tuple[str, ...], ...] = ()


def fields_of(spec: Spec) -> tuple[str, ...]:
    """The fields of a record that the spec reads, by name."""
    fields = [field for column in spec.columns for field in column.of if not field.startswith("=")]
    if spec.whole_name:
        fields += [spec.whole_name.field, spec.whole_name.first, spec.whole_name.last]
    return tuple(dict.fromkeys(fields))
