"""The benchmark of identity measures what it says, on cases counted by hand; the real code reaches its figure."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from closeloop.dedupe.sweep import sweep
from closeloop.dedupe.train import train

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bench(monkeypatch):
    """Modules of the benchmark by name; they are scripts beside the package, not part of it."""
    monkeypatch.syspath_prepend(str(PROJECT))
    return lambda name: importlib.import_module(f"bench.{name}")


@pytest.fixture
def metrics(bench):
    return bench("identity_metrics")


def test_pairs_are_counted_against_all_pairs_of_one_person(metrics):
    found = metrics.pair_quality([(0, 1), (2, 3)], ["ann", "ann", "ann", "bob"])
    # One of two is right; Ann has three pairs.
    assert (found.precision, found.recall) == (1 / 2, 1 / 3)
    assert found.f1 == pytest.approx(0.4)


def test_clusters_are_counted_by_the_pairs_that_they_tie(metrics):
    truth = ["ann", "ann", "ann", "bob", "bob"]
    # {ann ann} {ann bob bob}: of four pairs two are right, of four true ones two are found.
    found = metrics.cluster_quality([0, 0, 2, 2, 2], truth)
    assert (found.precision, found.recall, found.f1) == (1 / 2, 1 / 2, 1 / 2)


def test_one_wrong_link_costs_all_that_it_ties(metrics):
    truth = ["ann"] * 10 + ["bob"] * 10
    apart, tied = [0] * 10 + [1] * 10, [0] * 20
    assert metrics.cluster_quality(apart, truth).f1 == 1
    assert metrics.cluster_quality(tied, truth).precision == pytest.approx(90 / 190)


def test_b_cubed_is_the_mean_over_records(metrics):
    found = metrics.b_cubed([0, 0, 2, 2, 2], ["ann", "ann", "ann", "bob", "bob"])
    # Precision: 1, 1, 1/3, 2/3, 2/3; recall: 2/3, 2/3, 1/3, 1, 1.
    assert found.precision == pytest.approx(11 / 15)
    assert found.recall == pytest.approx(11 / 15)


def test_nothing_found_is_nothing_wrong_and_nothing_right(metrics):
    found = metrics.pair_quality([], ["ann", "ann"])
    assert (found.precision, found.recall, found.f1) == (1, 0, 0)
    assert metrics.cluster_quality([0, 1], ["ann", "ann"]).f1 == 0
    assert metrics.b_cubed([0, 1], ["ann", "ann"]).recall == 1 / 2


def test_everything_right_is_one(metrics):
    clusters, truth = [4, 4, 7], ["ann", "ann", "bob"]
    assert [measure(clusters, truth).f1 for measure in (metrics.cluster_quality, metrics.b_cubed)] == [1, 1]
    assert metrics.largest(clusters) == 2
    assert metrics.largest([]) == 0


def test_febrl_is_put_together_without_labels(bench, metrics, shared):
    known, spec = bench("identity_sets").febrl(shared), bench("identity_specs").FEBRL
    swept = sweep(known.table, train(known.table, spec))
    found = metrics.cluster_quality(swept.clusters.to_pylist(), known.truth)
    assert found.precision >= 0.9995
    assert found.f1 >= 0.996
