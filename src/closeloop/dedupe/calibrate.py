"""The prior and the thresholds that fit a base, found without labels.

The prior λ is the number of matches that the model itself expects among its candidates; since that number depends on λ,
it is the fixed point of both. Weights are then odds that can be believed. "Same" begins where, of all pairs from there
up, five in a thousand are expected to be wrong (half of the one in a hundred that is promised, for what the model does
not know), and no single pair below four to one is joined. "Ask" begins where one pair in ten is expected to be right.
"""

from __future__ import annotations

import math
from dataclasses import replace

from closeloop.dedupe.engine import BIN, Evidence
from closeloop.dedupe.prepared import Coded, Prepared, frequencies_of
from closeloop.dedupe.settings import rarity_columns
from closeloop.matching.spec import Bands, Frequencies, Spec

_ROUNDS = 60
_MOST_WRONG = 0.005
_LEAST_SAME, _SURE = 2.0, 20.0
ASK = math.log2(0.1 / 0.9)
"""Odds, in bits, from which a pair is worth a person's time."""

_MOST_VALUES, _LEAST_COUNT = 20_000, 3


def with_frequencies(prepared: Prepared, spec: Spec) -> Spec:
    """The spec with the frequencies of these records: a company that is rare elsewhere may be half of a base."""
    columns = rarity_columns(spec)
    return replace(spec, frequencies={column: _frequencies(column, prepared.columns[column]) for column in columns})


def calibrated(evidence: Evidence, n_records: int, spec: Spec) -> Spec:
    """The spec with the prior and the bands that fit the evidence: the weights of all candidate pairs, by `spec`."""
    without_prior = [(weight - logit(spec.prior), n) for weight, n in evidence]
    prior = _fixed_point(without_prior, n_records, spec.prior)
    same = band_from([(weight + logit(prior), n) for weight, n in without_prior])
    bands = Bands(n_records, round(same, 2), round(ASK, 2), spec.bands.rise)
    return replace(spec, prior=prior, bands=bands)


def logit(probability: float) -> float:
    """A probability as bits of odds."""
    return math.log2(probability / (1 - probability))


def probability(weight: float) -> float:
    """Odds in bits as a probability."""
    return 1 / (1 + math.exp(-max(min(weight, 500.0), -500.0) * math.log(2)))


def band_from(falling: Evidence) -> float:
    """Where "same" begins, for pairs that weigh what they should: (odds in bits, how many), falling."""
    expected_wrong, n_pairs, lowest = 0.0, 0, _SURE
    for weight, n in falling:
        expected_wrong += n * (1 - probability(weight))
        n_pairs += n
        if expected_wrong > _MOST_WRONG * n_pairs:
            break
        lowest = weight - BIN / 2
    return max(lowest, _LEAST_SAME)


def _fixed_point(evidence: Evidence, n_records: int, start: float) -> float:
    n_pairs = max(n_records * (n_records - 1) / 2, 1)
    prior = start
    for _ in range(_ROUNDS):
        expected = sum(n * probability(weight + logit(prior)) for weight, n in evidence)
        prior = min(max(expected, 1.0) / n_pairs, 0.5)
    return prior


def _frequencies(column: str, values: Coded) -> Frequencies:
    n_known = len(values) - values.null_count
    if not n_known:
        return Frequencies(1.0)
    shares = sorted(frequencies_of(values).items(), key=lambda item: (-item[1], item[0]))
    listed = [item for item in shares[:_MOST_VALUES] if round(item[1] * n_known) >= _LEAST_COUNT]
    others = [share for _, share in shares[len(listed) :]]
    rare = sum(others) / len(others) if others else 1 / n_known
    return Frequencies(_short(rare), {value: _short(share) for value, share in listed})


def _short(share: float) -> float:
    return float(f"{share:.4g}")
