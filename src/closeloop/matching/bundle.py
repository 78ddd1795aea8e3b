"""The bundle: normal forms, block keys, model and frequencies under one version, read by batch and real time alike."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from math import log2
from pathlib import Path

import msgspec

from closeloop.matching.check import check
from closeloop.matching.conditions import read_condition
from closeloop.matching.forms import FORMS, split_whole_name
from closeloop.matching.nouns import Band, Decision, Given, Raw, Traits, Weight
from closeloop.matching.scorer import make_scorer
from closeloop.matching.spec import Spec, fields_of
from closeloop.words.errors import BadInput

PACKAGED = Path(__file__).with_name("contacts.json.gz")


class Bundle:
    """Decides who is who. Made of a `Spec`, which is all that it keeps; two bundles of one digest decide alike."""

    def __init__(self, spec: Spec) -> None:
        """Make the declared ready for use.

        Raises:
            BadInput: a form, column or condition is none, or a level was never trained; names it.
        """
        check(spec)
        self.spec = spec
        self.columns = tuple(column.name for column in spec.columns)
        self.reads = fields_of(spec)
        self.weigh = make_scorer(spec)
        self._forms = tuple((column.name, FORMS[column.form], column.of) for column in spec.columns)
        self._keys = tuple((block.name, block.unordered, tuple(map(_key_part, block.on))) for block in spec.blocks)
        self._guards = tuple((guard, read_condition(guard.when).test) for guard in spec.guards)
        self.encoded = msgspec.json.encode(asdict(spec), order="sorted")
        self.digest = hashlib.sha256(self.encoded).hexdigest()[:12]
        self.signed = f"{spec.name}@{spec.version}+{self.digest}"

    def prepare(self, given: Given | Raw, generic: frozenset[str] = frozenset()) -> Traits:
        """The comparable columns of a record.

        Args:
            given: the record as it came; fields that the bundle does not read are left.
            generic: normalised values that many people share and that are nobody's own: see `matching.generic`.
        """
        read: Callable[[str], str | None] = (
            given.get if isinstance(given, Mapping) else lambda field: getattr(given, field, "")
        )
        raw = {field: read(field) or "" for field in self.reads}
        whole = self.spec.whole_name
        if whole and raw[whole.field] and not raw[whole.first] and not raw[whole.last]:
            raw[whole.first], raw[whole.last] = split_whole_name(raw[whole.field])
        traits: dict[str, str] = {}
        for name, form, of in self._forms:
            value = form(*(traits.get(source[1:], "") if source[0] == "=" else raw[source] for source in of))
            if value is not None:
                traits[name] = value
        for shared in self.spec.shared:
            if traits.get(shared.column) in generic:
                for column in shared.drops:
                    traits.pop(column, None)
        return traits

    def keys(self, traits: Traits) -> tuple[str, ...]:
        """The block keys of a record; two records are candidates exactly when they share one.

        A key that more than `most_per_key` records hold makes no candidates.
        """
        keys = []
        for name, unordered, parts in self._keys:
            values = [value for part in parts if (value := part(traits))]
            if len(values) == len(parts):
                keys.append(f"{name}:" + "|".join(sorted(values) if unordered else values))
        return tuple(keys)

    def band(self, weight: float, n_records: int) -> Band:
        """The band of a weight in bits within a base of that many records, before guards."""
        same_at, ask_at = self.thresholds(n_records)
        return "same" if weight >= same_at else "ask" if weight >= ask_at else "different"

    def thresholds(self, n_records: int) -> tuple[float, float]:
        """Where "same" and "ask" begin, in bits: the more records, the more pairs agree by chance."""
        bands = self.spec.bands
        rise = bands.rise * log2(max(n_records, 2) / bands.n_records)
        return bands.same + rise, bands.ask + rise

    def decide(self, left: Traits, right: Traits, n_records: int) -> tuple[Decision, Weight]:
        """Weigh a pair and say what follows; a guard turns "same" into "ask"."""
        weight = self.weigh(left, right)
        band = self.band(weight.total, n_records)
        if band == "same" and (why := self.guarded(left, right)):
            return Decision("ask", why), weight
        return Decision(band), weight

    def guarded(self, left: Traits, right: Traits) -> str:
        """Why two records must not become one without a person; "" when no guard speaks."""
        for guard, test in self._guards:
            if test(left, right):
                return guard.why
        return ""

    def save(self, path: Path) -> None:
        """Write the bundle as one JSON file, compressed when the name ends in .gz."""
        written = gzip.compress(self.encoded, mtime=0) if path.suffix == ".gz" else self.encoded
        path.write_bytes(written)


def read_bundle(encoded: bytes, name: str) -> Bundle:
    """The bundle in those octets, JSON or compressed JSON.

    Args:
        encoded: `Bundle.encoded`, or the content of a bundle's file.
        name: where they come from, for messages.

    Raises:
        BadInput: they are no bundle; says where it goes wrong.
    """
    try:
        if encoded[:2] == b"\x1f\x8b":
            encoded = gzip.decompress(encoded)
        return Bundle(msgspec.json.decode(encoded, type=Spec))
    except (msgspec.MsgspecError, OSError, EOFError) as error:
        raise BadInput(f"{name} is not a bundle: {error}; valid is a file made by `closeloop match train`") from error


def load_bundle(path: Path) -> Bundle:
    """Read a bundle.

    Raises:
        BadInput: the file is missing or is no bundle; says where it goes wrong.
    """
    try:
        return read_bundle(path.read_bytes(), str(path))
    except OSError as error:
        raise BadInput(
            f"{path} cannot be read: {error.strerror}; name a bundle made by `closeloop match train`"
        ) from error


@cache
def default_bundle() -> Bundle:
    """The bundle that ships, for business contacts; `spec.made` says how it was made."""
    return read_bundle(PACKAGED.read_bytes(), "the packaged bundle")


def _key_part(part: str) -> Callable[[Traits], str | None]:
    column, colon, length = part.partition(":")
    if not colon:
        return lambda traits: traits.get(column)
    n_letters = int(length)
    return lambda traits: traits.get(column, "")[:n_letters] or None
