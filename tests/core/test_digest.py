"""One contract for both libraries behind a digest. What is only approximately true says so, and how closely."""

import math
import random
from itertools import pairwise

import fastdigest
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core import digest
from monitor.core.digest import BACKENDS, CENTROIDS, Backend, Digest
from monitor.core.percent import rank as nearest_rank

PERCENTS = (1, 10, 50, 80, 95, 99)
VALUES = st.lists(st.floats(0.0, 86_400.0), max_size=60)


def responses(n: int, seed: int = 1) -> list[float]:
    """Response times as they are: log-normal, median 9 minutes, P80 about 15."""
    source = random.Random(seed)  # noqa: S311 - calibrated noise, the same every time
    return [source.lognormvariate(math.log(540.0), 0.6) for _ in range(n)]


def nth(values: list[float], percent: int) -> float:
    """Nearest rank, by its definition: the first value that at least `percent` % do not exceed."""
    return next(value for k, value in enumerate(sorted(values), 1) if 100 * k >= percent * len(values))


@pytest.fixture(params=sorted(BACKENDS), scope="module")
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each library in turn."""
    chosen: Backend = request.param
    return chosen


@pytest.fixture(scope="module")
def big(backend: Backend) -> tuple[list[float], Digest]:
    """Twice as many responses as are kept exactly, in many merged parts."""
    values = responses(2 * CENTROIDS)
    return values, digest.merge(
        [digest.of(values[at : at + 50], backend=backend) for at in range(0, len(values), 50)], backend=backend
    )


def test_nearest_rank_is_the_smallest_rank_that_reaches_the_share() -> None:
    """Equals brute force for up to 500 values and every percent."""
    for percent in range(1, 101):
        rank = 1
        for n in range(1, 501):
            while 100 * rank < percent * n:
                rank += 1
            assert nearest_rank(n, percent) == rank


def test_an_empty_digest_knows_that_it_is_empty(backend: Backend) -> None:
    """No weight, no percentile, and still merged and stored like any other."""
    for empty in (digest.of([], backend=backend), digest.merge([], backend=backend), digest.EMPTY):
        assert (empty.weight, empty.percentile(80), empty.exact) == (0, None, True)
        assert all(math.isnan(one) for one in (empty.minimum, empty.maximum, empty.cdf(1.0), empty.quantile(0.5)))
        assert digest.from_fields(digest.to_fields(empty), backend=backend).weight == 0
    one = digest.of([7.0], backend=backend)
    assert digest.merge([digest.EMPTY, one, digest.EMPTY], backend=backend) == one


@settings(max_examples=150)
@given(values=VALUES, cuts=st.lists(st.integers(0, 60), max_size=5), percent=st.integers(1, 100))
def test_few_values_are_exact_in_any_split(
    backend: Backend, values: list[float], cuts: list[int], percent: int
) -> None:
    """Up to CENTROIDS values every percentile is the nearest rank of the pool, however it was put together."""
    edges = sorted({0, len(values), *(min(cut, len(values)) for cut in cuts)})
    parts = [digest.of(values[left:right], backend=backend) for left, right in pairwise(edges)]
    pool = digest.merge(parts, backend=backend)
    assert pool.exact
    assert pool == digest.of(values, backend=backend) or not values
    assert pool.percentile(percent) == (nth(values, percent) if values else None)
    if values:
        middle = sorted(values)[len(values) // 2]
        assert pool.cdf(middle) == sum(value <= middle for value in values) / len(values)


def test_values_are_exact_up_to_the_limit_and_not_beyond(backend: Backend) -> None:
    """CENTROIDS values are all kept; twice as many are not."""
    values = responses(2 * CENTROIDS)
    full = digest.merge([digest.of([value], backend=backend) for value in values[:CENTROIDS]], backend=backend)
    assert full.exact
    assert [full.percentile(percent) for percent in PERCENTS] == [nth(values[:CENTROIDS], p) for p in PERCENTS]
    assert not digest.of(values, backend=backend).exact


@settings(max_examples=10)
@given(sizes=st.lists(st.integers(1, CENTROIDS), min_size=1, max_size=3))
def test_the_weight_is_exact_after_any_merges(backend: Backend, sizes: list[int]) -> None:
    """Compression moves values together, it never loses one; the extremes stay as they were."""
    chain, pool = digest.EMPTY, []
    for seed, size in enumerate(sizes):
        values = responses(size, seed)
        pool += values
        chain = digest.merge([chain, digest.of(values, backend=backend)], backend=backend)
    assert chain.weight == len(pool)
    assert (chain.minimum, chain.maximum) == (min(pool), max(pool))


def test_the_order_of_merging_changes_no_count(backend: Backend) -> None:
    """Weight, minimum and maximum are the same; percentiles are so only approximately: here within 1 %."""
    parts = [digest.of(responses(CENTROIDS // 2, seed), backend=backend) for seed in range(4)]
    orders = (parts, parts[::-1], [digest.merge(parts[:2], backend=backend), *parts[2:]])
    merged = [digest.merge(order, backend=backend) for order in orders]
    assert len({(one.weight, one.minimum, one.maximum) for one in merged}) == 1
    for percent in (50, 80):
        shown = [one.percentile(percent) or math.nan for one in merged]
        assert max(shown) <= 1.01 * min(shown)


def test_what_is_beyond_the_limit_is_always_compressed(backend: Backend) -> None:
    """By the same steps each time: the library's own compression drew an order, and one in forty merged nothing."""
    values = responses(2 * CENTROIDS)
    first, *others = (digest.of(values, backend=backend) for _ in range(5))
    assert len(first.means) < 1.1 * CENTROIDS
    assert all(other == first for other in others)


@pytest.mark.slow
def test_compressed_percentiles_are_close_to_the_nearest_rank(
    big: tuple[list[float], Digest],
) -> None:
    """Approximately true: within 1 % from P10 to P99 on log-normal responses (measured: 0.3 % at worst)."""
    values, pool = big
    assert not pool.exact
    assert pool.weight == len(values)
    for percent in PERCENTS[1:]:
        assert pool.percentile(percent) == pytest.approx(nth(values, percent), rel=0.01)


def test_reading_merges_nothing_once_more() -> None:
    """What a compressed digest says is what the library said before its centroids were taken out of it."""
    values = sorted(responses(3 * CENTROIDS))
    straight = fastdigest.TDigest.from_values(values, [1.0] * len(values), max_centroids=CENTROIDS)
    shares = [step / 200 for step in range(1, 200)]
    assert digest.of(values).quantiles(shares) == [straight.quantile(share) for share in shares]


@pytest.mark.slow
def test_the_share_below_is_monotone_and_inverts_the_quantile(big: tuple[list[float], Digest]) -> None:
    """Never falls, 0 before the first value and 1 from the last; undoes the quantile approximately, within 0.5 %."""
    values, pool = big
    places = [min(values) - 1.0, *(300.0 + 60.0 * step for step in range(15)), max(values)]
    shares = [pool.cdf(place) for place in places]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    for place in places[1:-1:3]:
        assert pool.cdf(place) == pytest.approx(sum(v <= place for v in values) / len(values), abs=0.005)
    for percent in (10, 50, 80, 95):
        assert pool.cdf(pool.quantile(percent / 100)) == pytest.approx(percent / 100, abs=0.005)


def test_quantiles_stay_between_the_extremes_and_never_fall(big: tuple[list[float], Digest]) -> None:
    """Also at the very ends, where a library might extrapolate."""
    values, pool = big
    shown = [pool.quantile(share) for share in (0.0, 0.0005, 0.25, 0.5, 0.75, 0.9995, 1.0)]
    assert shown == sorted(shown)
    assert min(values) <= shown[0]
    assert shown[-1] <= max(values)


def test_fields_come_back_from_bytes_and_from_the_other_library(
    backend: Backend, big: tuple[list[float], Digest]
) -> None:
    """Stored state outlives a library: what one wrote, the other reads and goes on with."""
    values, pool = big
    stored = msgspec.msgpack.encode(digest.to_fields(pool))
    fields = msgspec.msgpack.decode(stored, type=tuple[list[float], list[float], float, float])
    assert digest.from_fields(fields, backend=backend) == pool
    for other in BACKENDS:
        read = digest.from_fields(fields, backend=other)
        assert (read.weight, read.minimum, read.maximum) == (len(values), min(values), max(values))
        assert read.percentile(80) == pytest.approx(nth(values, 80), rel=0.01)
        more = digest.merge([read, digest.of([1.0, 90_000.0], backend=other)], backend=other)
        assert (more.weight, more.minimum, more.maximum) == (len(values) + 2, 1.0, 90_000.0)


def test_fields_that_do_not_fit_each_other_are_refused(backend: Backend) -> None:
    """A mean without a weight is damage, not a value."""
    with pytest.raises(msgspec.ValidationError, match="2 means but 1 weights"):
        digest.from_fields(([1.0, 2.0], [1.0], 1.0, 2.0), backend=backend)


def test_merging_pools_and_never_averages(backend: Backend) -> None:
    """Ninety quick and ten slow missions: P80 of the pool is quick, whatever the mean of two P80s would be."""
    pool = digest.merge([digest.of([60.0] * 90, backend=backend), digest.of([6000.0] * 10, backend=backend)])
    assert (pool.percentile(80), pool.percentile(91)) == (60.0, 6000.0)


def test_both_libraries_are_here() -> None:
    """The contract above speaks of two backends; a missing wheel must not shorten it silently."""
    assert all(digest.available(backend) for backend in BACKENDS)


@pytest.mark.parametrize("n", [0, 1, 7, CENTROIDS, CENTROIDS + 1])
def test_the_short_way_to_the_stored_form_leads_to_the_same(backend: Backend, n: int) -> None:
    """Whether the values are few enough to be stored as they are, or not."""
    ordered = sorted(responses(n))
    short, long = digest.fields_of(ordered, backend), digest.to_fields(digest.of(ordered, backend=backend))
    if backend == "tdigest" and n > CENTROIDS:  # it merges in an order drawn by chance
        assert sum(short[1]) == sum(long[1]) == n
        return
    assert msgspec.msgpack.encode(short) == msgspec.msgpack.encode(long)


@settings(max_examples=60)
@given(parts=st.lists(VALUES, max_size=5), big=st.booleans(), doubled=st.booleans())
def test_merging_stored_forms_is_merging_digests(parts: list[list[float]], big: bool, doubled: bool) -> None:
    """Whether only plain values are among them, too many of those, or a sketch with centroids of several values."""
    if big:
        parts = [*parts, responses(CENTROIDS)]
    stored = [digest.to_fields(digest.of(values)) for values in parts]
    if doubled:
        stored.append(([1.0, 5.0, 9.0], [1.0, 2.0, 1.0], 1.0, 9.0))
    short = digest.merge_fields(stored)
    long = digest.to_fields(digest.merge([digest.from_fields(fields) for fields in stored]))
    assert msgspec.msgpack.encode(short) == msgspec.msgpack.encode(long)
