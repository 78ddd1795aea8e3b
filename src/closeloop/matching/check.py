"""Is a declared bundle sound: every form, column and condition that it names exists, and every comparison ends."""

from __future__ import annotations

from collections.abc import Iterator

from closeloop.matching.conditions import columns_of
from closeloop.matching.forms import FORMS
from closeloop.matching.spec import Comparison, Spec
from closeloop.words.errors import BadInput


def check(spec: Spec) -> None:
    """Refuse a declaration that cannot decide.

    Raises:
        BadInput: names the first fault, and what would be valid.
    """
    made: list[str] = []
    for column in spec.columns:
        if column.form not in FORMS:
            raise BadInput(f"column {column.name!r}: {column.form!r} is not a form; valid are {', '.join(FORMS)}")
        _known((of[1:] for of in column.of if of.startswith("=")), made, f"column {column.name!r}")
        made.append(column.name)
    for comparison in spec.comparisons:
        _check_comparison(comparison, made)
    for guard in spec.guards:
        _known(columns_of(guard.when), made, f"guard {guard.name!r}")
    for block in spec.blocks:
        _known((part.partition(":")[0] for part in block.on), made, f"block {block.name!r}")
        if block.unordered and len(block.on) != 2:
            raise BadInput(f"block {block.name!r} is unordered, which needs two columns; it has {len(block.on)}")
    for shared in spec.shared:
        _known((shared.column, shared.among, *shared.drops), made, "a rule of shared values")
    for columns in spec.training:
        _known(columns, made, "training")
    if not 0 < spec.prior < 1:
        raise BadInput(f"the prior is {spec.prior}; valid is a probability between 0 and 1")


def _check_comparison(comparison: Comparison, made: list[str]) -> None:
    where = f"comparison {comparison.name!r}"
    _known(comparison.shows, made, where)
    for level in comparison.levels:
        _known(columns_of(level.when), made, where)
    if not comparison.levels or list(comparison.levels[-1].when) != ["else"]:
        raise BadInput(f'{where} does not end with a level for everything else: ["else"]')
    if not comparison.shows:
        raise BadInput(f"{where} shows no column; name those that a person should see")


def _known(columns: Iterator[str] | tuple[str, ...], made: list[str], where: str) -> None:
    for column in columns:
        if column not in made:
            raise BadInput(
                f"{where} uses column {column!r}, which the bundle does not make; it makes {', '.join(made)}"
            )
