"""Make the bundle that ships: trained on generated contacts, with no opinion on companies, which belong to each base.

usage: make_default_bundle.py CONTACTS.parquet
       CONTACTS.parquet: 100,000 rows or more by generate_contacts.py; its truth columns are not read.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from closeloop.dedupe.train import train
from closeloop.matching.bundle import PACKAGED, Bundle
from closeloop.matching.contacts import CONTACTS
from closeloop.matching.spec import Frequencies, Spec

OF_PEOPLE = frozenset({"first", "last"})
SAME = 5.6
"""Bits, fifty to one: the packaged bundle does not know which companies of a base are large, so it asks where a bundle
that was adapted to the base decides by the average of its links."""


def main(contacts: Path) -> None:
    """Train, blank what belongs to a base, write the file beside the package's code, print what was learnt."""
    table = pq.read_table(contacts)
    spec = train(table, CONTACTS).spec
    made = (
        f"trained on {len(table):,} generated contacts; names by the US census; companies, titles and places unweighted"
    )
    bands = replace(spec.bands, same=SAME)
    bundle = Bundle(replace(spec, frequencies=_of_people(spec), bands=bands, made=made))
    bundle.save(PACKAGED)
    print(bundle.signed, bands, f"prior {spec.prior:.3g}")
    for comparison in spec.comparisons:
        for level in comparison.levels:
            if not level.silent:
                print(f"{comparison.name:20} {level.name:28} m {level.m:.3g}  u {level.u:.3g}")


def _of_people(spec: Spec) -> dict[str, Frequencies]:
    kept = {column: each for column, each in spec.frequencies.items() if column in OF_PEOPLE}
    for comparison in spec.comparisons:
        for level in comparison.levels:
            if level.rarity and level.rarity.column not in kept:
                # Every value as frequent as equality itself: rarity then moves nothing.
                kept[level.rarity.column] = Frequencies(level.u or 1.0)
    return kept


if __name__ == "__main__":
    main(Path(sys.argv[1]))
