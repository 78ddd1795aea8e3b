"""The product on sets with known answers. Thresholds come from the records; the labels only measure."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow.compute as pc
from bench.figures import Figure
from bench.identity_metrics import Quality, b_cubed, cluster_quality, largest, pair_quality
from bench.identity_sets import SHARED, Known, febrl, generated, historical, senzing
from bench.identity_specs import FEBRL, HISTORICAL, with_papers

from closeloop.dedupe.sweep import Swept, sweep
from closeloop.dedupe.train import train
from closeloop.matching.bundle import default_bundle
from closeloop.matching.companies import CompanyIndex
from closeloop.matching.companies_names import company_name, compare_names
from closeloop.matching.companies_ties import Account

SEEDS = (7, 8, 9)
"""Of generated bases; the packaged bundle was trained on another one."""


def measure_sets() -> list[Figure]:
    """FEBRL and historical, each with a model trained on its own records; Senzing with what contacts taught."""
    figures = []
    for name, known, spec in (("febrl3", febrl(), FEBRL), ("historical_50k a", historical(), HISTORICAL)):
        figures += quality(name, known, sweep(known.table, train(known.table, spec)))
    known = senzing()
    return figures + quality("senzing", known, sweep(known.table, with_papers(default_bundle()), adapt=True))


def measure_generated(n: int, folder: Path) -> list[Figure]:
    """The packaged bundle, adapted to bases of n contacts that it never saw."""
    figures = []
    for seed in SEEDS:
        known = generated(n, seed, folder)
        figures += quality(f"contacts seed {seed}", known, sweep(known.table, default_bundle(), adapt=True))
    return figures


def quality(name: str, known: Known, swept: Swept) -> list[Figure]:
    """What a pass over a set was worth."""
    joined = swept.pairs.filter(pc.equal(swept.pairs["band"], "same"))
    pairs = zip(joined["left"].to_pylist(), joined["right"].to_pylist(), strict=True)
    clusters = swept.clusters.to_pylist()
    n = swept.n_records
    figures = []
    for measured, found in (
        ("pair", pair_quality(pairs, known.truth)),
        ("cluster", cluster_quality(clusters, known.truth)),
        ("B-cubed", b_cubed(clusters, known.truth)),
    ):
        figures += _shares(f"{name}, {measured}", n, found)
    return [
        *figures,
        Figure(f"{name}, largest cluster", n, largest(clusters), "records"),
        Figure(f"{name}, asks", n, len(swept.pairs) - len(joined), "pairs"),
        Figure(f"{name}, joined from", n, swept.same_at, "bits"),
    ]


def measure_companies(shared: Path = SHARED) -> list[Figure]:
    """Look-up of spellings: half of Leuven's are known, the other half is asked; and names made to be confused."""
    rows = _rows(shared / "data/company_names/patstat_reference.csv")
    spellings = defaultdict(list)
    for row in rows[::2]:
        spellings[row["leuven_id"]].append(row["person_name"])
    index = CompanyIndex([Account(company, tuple(dict.fromkeys(names))) for company, names in spellings.items()])
    asked = [row for row in rows[1::2] if row["leuven_id"] in spellings]
    found = Counter(
        "right" if match.account_id == row["leuven_id"] else "wrong" if match.band == "same" else match.band
        for row in asked
        for match in (index.find(row["person_name"]),)
    )
    looked_up = Quality(found["right"] / max(found["right"] + found["wrong"], 1), found["right"] / len(asked))

    pairs = [
        row
        for row in _rows(shared / "data/company_names/nomenklatura_name_bench_cases.csv")
        if row["schema"] in ("Company", "Organization", "LegalEntity")
    ]
    answers = Counter(
        (compare_names(company_name(row["name1"]), company_name(row["name2"])).relation, row["is_match"] == "true")
        for row in pairs
    )
    figures = _shares("Leuven look-up", len(asked), looked_up)
    for name, accepted in (
        ("adversarial names, joined", ("equal", "alike")),
        ("adversarial names, joined or asked", ("equal", "alike", "close", "series")),
    ):
        right, wrong = (sum(answers[relation, is_match] for relation in accepted) for is_match in (True, False))
        n_true = sum(n for (_, is_match), n in answers.items() if is_match)
        figures += _shares(name, len(pairs), Quality(right / max(right + wrong, 1), right / n_true))
    return figures


def _shares(name: str, n: int, found: Quality) -> list[Figure]:
    return [
        Figure(f"{name} F1", n, 100 * found.f1, "%"),
        Figure(f"{name} precision", n, 100 * found.precision, "%"),
        Figure(f"{name} recall", n, 100 * found.recall, "%"),
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
