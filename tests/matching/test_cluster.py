"""Guarded clustering keeps apart what must be apart, whatever the links say and in whatever order they come."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from closeloop.matching.cluster import cluster

N = 14
pairs = st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)).filter(lambda pair: pair[0] != pair[1])
links = st.lists(st.tuples(pairs, st.integers(0, 4)), max_size=60).map(
    lambda found: [(*pair, float(weight)) for pair, weight in {tuple(sorted(p)): w for p, w in found}.items()]
)


@given(links=links, apart=st.sets(pairs, max_size=8))
def test_a_cannot_link_is_never_broken(links, apart):
    clusters = cluster(links, N, apart=apart)
    assert all(clusters[left] != clusters[right] for left, right in apart)


@given(links=links, at_most=st.integers(1, 6))
def test_no_cluster_grows_beyond_the_cap(links, at_most):
    assert max(Counter(cluster(links, N, at_most=at_most)).values()) <= at_most


@given(links=links, seed=st.randoms(use_true_random=False))
def test_the_order_of_links_does_not_matter(links, seed):
    shuffled = [seed.choice([(left, right, weight), (right, left, weight)]) for left, right, weight in links]
    seed.shuffle(shuffled)
    assert cluster(shuffled, N) == cluster(links, N)


@given(links=links)
def test_each_cluster_is_named_by_its_smallest_row_and_held_together_by_links(links):
    clusters = cluster(links, N)
    linked = {frozenset(link[:2]) for link in links}
    for row, name in enumerate(clusters):
        members = [other for other in range(N) if clusters[other] == name]
        assert name == min(members)
        assert len(members) == 1 or any(frozenset((row, other)) in linked for other in members)


def test_a_bridge_between_two_full_clusters_does_not_join_them():
    full = [(left, right, 9.0) for rows in ((0, 1, 2), (3, 4, 5)) for left, right in combinations(rows, 2)]
    assert cluster([*full, (2, 3, 8.0)], 6) == [0, 0, 0, 3, 3, 3]


def test_a_control_without_the_half_rule_joins_them():
    full = [(left, right, 9.0) for rows in ((0, 1, 2), (3, 4, 5)) for left, right in combinations(rows, 2)]
    assert cluster([*full, (2, 3, 8.0)], 6, least_linked=0.0) == [0] * 6


def test_a_chain_whose_ends_clash_stays_two():
    chain = [(0, 1, 9.0), (1, 2, 8.0)]
    assert cluster(chain, 3, clash=lambda left, right: {left, right} == {0, 2}) == [0, 0, 2]


def test_a_control_without_the_clash_ties_the_chain_together():
    assert cluster([(0, 1, 9.0), (1, 2, 8.0)], 3) == [0, 0, 0]
