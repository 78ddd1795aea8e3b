"""A table of records made comparable by columns: each distinct value is normalised once, so millions take seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from closeloop.matching.forms import FORMS, split_whole_name
from closeloop.matching.nouns import Traits
from closeloop.matching.spec import Block, Shared, Spec, WholeName, fields_of
from closeloop.words.errors import BadInput

Coded: TypeAlias = pa.DictionaryArray
"""A column as codes into its distinct values; null where nothing is known."""


@dataclass(frozen=True)
class Prepared:
    """The comparable columns of n records, in the order of the records."""

    n: int
    columns: Mapping[str, Coded]

    def traits(self, row: int) -> Traits:
        """The columns of one record, as `Bundle.prepare` would make them."""
        return {
            name: column.dictionary[code].as_py()
            for name, column in self.columns.items()
            if (code := column.indices[row].as_py()) is not None
        }


def prepare_table(table: pa.Table, spec: Spec) -> Prepared:
    """Make the comparable columns of all records.

    Args:
        table: columns named as the fields that the bundle reads, of text; others are left, missing ones are unknown.

    Raises:
        BadInput: the table has none of the fields.
    """
    reads = fields_of(spec)
    fields = [field for field in reads if field in table.column_names]
    if not fields:
        raise BadInput(
            f"the table has the columns {', '.join(table.column_names)}; valid are some of {', '.join(reads)}"
        )
    raw = {field: _coded(table[field]) for field in fields}
    if spec.whole_name:
        _split_names(raw, spec.whole_name, len(table))
    made: dict[str, Coded] = {}
    for column in spec.columns:
        sources = [made.get(of[1:]) if of.startswith("=") else raw.get(of) for of in column.of]
        made[column.name] = _formed(sources, column.form, len(table))
    for shared in spec.shared:
        _drop_shared(made, shared)
    return Prepared(len(table), made)


def block_keys(prepared: Prepared, block: Block, most: int) -> pa.Array:
    """The block key of each record as a number; null where it has none, is alone with it or shares it with too many."""
    parts = [_key_part(prepared.columns, part) for part in block.on]
    codes, _ = _combined(_sorted(*parts) if block.unordered else parts)
    if all(part.null_count == len(part) for part in parts):
        return codes
    # Codes are numbered as they first appear, and so are their counts.
    counts = codes.drop_null().value_counts().field("counts")
    kept = pc.and_(pc.greater(counts, 1), pc.less_equal(counts, most))
    return pc.if_else(kept.take(codes), codes, pa.scalar(None, pa.int64()))


def frequencies_of(column: Coded) -> dict[str, float]:
    """The share of each value among the records that have one."""
    counted = column.indices.drop_null().value_counts()
    values = column.dictionary.to_pylist()
    n_known = len(column) - column.null_count
    return {
        values[code]: n / n_known
        for code, n in zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    }


def _coded(column: pa.ChunkedArray | pa.Array) -> Coded:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.string()).dictionary_encode()


def _formed(sources: Sequence[Coded | None], form: str, n: int) -> Coded:
    known = [source for source in sources if source is not None]
    if not known:
        return _empty(n)
    read = FORMS[form]
    if len(sources) == 1:
        # A value that stands behind no row any more costs a call and does no harm.
        return _recoded(known[0].indices, [read(value or "") for value in known[0].dictionary.to_pylist()])
    codes, distinct = _combined([source if source is not None else _empty(n) for source in sources], nulls=True)
    return _recoded(codes, [read(*(value or "" for value in values)) for values in distinct])


def _recoded(codes: pa.Array, values: list[str | None]) -> Coded:
    coded = pa.array(values, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(coded.indices.take(codes), coded.dictionary)


def _combined(parts: Sequence[Coded], *, nulls: bool = False) -> tuple[pa.Array, list[tuple[str | None, ...]]]:
    """One code per row for the tuple of parts; null as soon as a part is, unless `nulls`, then with the tuples."""
    codes = pa.repeat(pa.scalar(0, pa.int64()), len(parts[0]))
    n_codes = 1
    for part in parts:
        own = part.indices.cast(pa.int64())
        if nulls:
            own = pc.fill_null(own, len(part.dictionary))
        # Coded anew at each step, so that the product stays within 64 bits.
        coded = pc.add(pc.multiply(codes, len(part.dictionary) + 1), own).dictionary_encode()
        codes, n_codes = coded.indices.cast(pa.int64()), len(coded.dictionary)
    if not nulls:
        return codes, []
    first = pc.index_in(pa.array(range(n_codes), pa.int64()), codes)
    values = [part.take(first).to_pylist() for part in parts]
    return codes, list(zip(*values, strict=True))


def _sorted(one: Coded, other: Coded) -> Sequence[Coded]:
    known = pa.concat_arrays([one.dictionary, other.dictionary]).unique()
    indices = [pc.index_in(part.dictionary, known).take(part.indices) for part in (one, other)]
    either = pc.min_element_wise(*indices, skip_nulls=False), pc.max_element_wise(*indices, skip_nulls=False)
    return [pa.DictionaryArray.from_arrays(part, known) for part in either]


def _split_names(raw: dict[str, Coded], whole: WholeName, n: int) -> None:
    if whole.field not in raw:
        return
    first, last = (raw.get(field) or _empty(n) for field in (whole.first, whole.last))
    without = pc.and_(_says_nothing(first), _says_nothing(last))
    names = raw[whole.field]
    split = [split_whole_name(name) for name in names.dictionary.to_pylist()]
    for position, (field, given) in enumerate(((whole.first, first), (whole.last, last))):
        taken = pa.array([parts[position] for parts in split], pa.string()).take(names.indices)
        raw[field] = pc.if_else(without, taken, given.cast(pa.string())).dictionary_encode()


def _says_nothing(column: Coded) -> pa.Array:
    return pc.or_kleene(pc.is_null(column), pc.equal(column.cast(pa.string()), "")).fill_null(True)


def _drop_shared(made: dict[str, Coded], shared: Shared) -> None:
    value, among = made[shared.column].indices, made[shared.among].indices
    both = pa.table({"value": value, "among": among}).group_by("value").aggregate([("among", "count_distinct")])
    generic = both.filter(
        pc.and_(pc.is_valid(both["value"]), pc.greater_equal(both["among_count_distinct"], shared.n))
    )["value"].combine_chunks()
    if not len(generic):
        return
    keep = pc.invert(pc.is_in(value, generic))
    for column in shared.drops:
        coded = made[column]
        indices = pc.if_else(keep, coded.indices, pa.scalar(None, coded.indices.type))
        made[column] = pa.DictionaryArray.from_arrays(indices, coded.dictionary)


def _key_part(columns: Mapping[str, Coded], part: str) -> Coded:
    column, colon, length = part.partition(":")
    coded = columns[column]
    if not colon:
        return coded
    return _recoded(coded.indices, [value[: int(length)] for value in coded.dictionary.to_pylist()])


def _empty(n: int) -> Coded:
    return pa.DictionaryArray.from_arrays(pa.nulls(n, pa.int32()), pa.array([], pa.string()))
