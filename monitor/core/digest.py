"""The t-digest as the core sees it: an immutable bag of centroids with two libraries behind it.

A digest keeps every value as a centroid of its own until there are more than `CENTROIDS`; up to there percentiles
are exact (nearest rank). Beyond, a backend compresses and interpolates: `fastdigest` (Rust, deterministic,
default) or `tdigest` (an extra: pure Python, for platforms without a wheel of the other, on a tree that must be
compiled; of two centroids just as near it draws one). The stored bytes are ours, so they outlive either library.

Refuses to delete: a t-digest cannot. What may still be corrected is kept as exact values elsewhere.
Source: Dunning & Ertl, "Computing Extremely Accurate Quantiles Using t-Digests" (2019), arXiv:1902.04023.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.core.percent import Percent, rank, share

try:
    import fastdigest
except ImportError:  # no wheel for this platform: the configuration must then say tdigest
    fastdigest = None  # type: ignore[assignment]
try:
    import tdigest
except ImportError:  # the extra `tdigest` is not installed
    tdigest = None

CENTROIDS: Final = 4000
"""Centroids kept before compression: what is stored of a day of one series and partition is then every value, up to
4,000 missions. No day of a nation's ambulances has so many (`benchmarks/pooled.py`): periods that are pooled of such
days are exact, and nobody with fewer missions stores more for it. Of larger days P90 of hours is some seconds off in
each of them, and half a second in ninety together; with 1,000 that was two (`core.selection` never merges them)."""

_GOLDEN: Final = (math.sqrt(5.0) - 1.0) / 2.0
"""Steps of this share of a circle lie as far from each other as can be, whatever their number (Weyl)."""

Backend = Literal["fastdigest", "tdigest"]
Values = Sequence[float]
Floats = NDArray[np.float64]
Fields = tuple[list[float], list[float], float, float]


class Sketch(Protocol):
    """What a library must be able to do, on centroids by ascending mean: means in seconds, weights in missions."""

    def compress(self, means: Values, weights: Values, limit: int) -> tuple[Values, Values]:
        """Merge neighbours until about `limit` centroids are left, the total weight unchanged."""

    def quantiles(self, means: Values, weights: Values, shares: Sequence[float]) -> list[float]:
        """The interpolated values below which `shares` (0 to 1) of the weight lie."""

    def cdf(self, means: Values, weights: Values, seconds: float) -> float:
        """The interpolated share (0 to 1) of the weight at or below `seconds`."""


class FastDigest:
    """Backend: the `fastdigest` library."""

    def compress(self, means: Values, weights: Values, limit: int) -> tuple[Values, Values]:
        kept = fastdigest.TDigest.from_values(means, weights, max_centroids=limit).centroids
        return [mean for mean, _ in kept], [weight for _, weight in kept]

    def quantiles(self, means: Values, weights: Values, shares: Sequence[float]) -> list[float]:
        sketch = self._as_they_are(means, weights)
        return [sketch.quantile(share) for share in shares]

    def cdf(self, means: Values, weights: Values, seconds: float) -> float:
        return self._as_they_are(means, weights).cdf(seconds)

    @staticmethod
    def _as_they_are(means: Values, weights: Values) -> "fastdigest.TDigest":
        # With room for just as many centroids as it is given, it merges some once more; with twice the room, none.
        return fastdigest.TDigest.from_values(means, weights, max_centroids=2 * len(means))


class PlainDigest:
    """Backend: the `tdigest` library."""

    def compress(self, means: Values, weights: Values, limit: int) -> tuple[Values, Values]:
        # delta is the library's size knob: with 4 / limit about `limit` centroids are left of twice as many. In
        # ascending order each would be the last, and the last is never merged; the library's own `compress` draws
        # an order, and one in forty is ascending: 2,000 stayed 2,000. So they come strewn, always in the same way.
        sketch = tdigest.TDigest(delta=4.0 / limit)
        for at in sorted(range(len(means)), key=lambda at: at * _GOLDEN % 1.0):
            sketch.update(means[at], weights[at])
        kept = sketch.centroids_to_list()
        return [one["m"] for one in kept], [float(one["c"]) for one in kept]

    def quantiles(self, means: Values, weights: Values, shares: Sequence[float]) -> list[float]:
        sketch = self._load(means, weights)
        return [float(sketch.percentile(100.0 * share)) for share in shares]

    def cdf(self, means: Values, weights: Values, seconds: float) -> float:
        return float(min(1.0, max(0.0, self._load(means, weights).cdf(seconds))))

    @staticmethod
    def _load(means: Values, weights: Values) -> "tdigest.TDigest":
        # A tiny delta makes the threshold for merging smaller than any weight: the centroids go in as they are.
        sketch = tdigest.TDigest(delta=1e-12, K=1)
        for mean, weight in zip(means, weights, strict=True):
            sketch.update(mean, weight)
        return sketch


BACKENDS: Final[dict[Backend, Sketch]] = {"fastdigest": FastDigest(), "tdigest": PlainDigest()}


def available(backend: Backend) -> bool:
    """Whether the library behind a backend is installed."""
    return {"tdigest": tdigest, "fastdigest": fastdigest}[backend] is not None


@dataclass(frozen=True, slots=True)
class Digest:
    """A distribution of response times (seconds). Build with `of` or `merge`, never by hand.

    `means` ascend, each with its weight (missions); `minimum` and `maximum` are exact (NaN when empty).
    """

    means: tuple[float, ...]
    weights: tuple[float, ...]
    minimum: float
    maximum: float
    backend: Backend = "fastdigest"

    @property
    def weight(self) -> int:
        """How many values the digest holds: always exact."""
        return round(math.fsum(self.weights))

    @property
    def exact(self) -> bool:
        """Whether every value is still a centroid of its own, so that percentiles are exact."""
        return self.weights.count(1.0) == len(self.weights)

    def percentile(self, percent: Percent) -> float | None:
        """The value at `percent` (0 to 100): nearest rank while exact, else interpolated; None when empty."""
        return self.percentiles((percent,))[0]

    def percentiles(self, percents: Sequence[Percent]) -> list[float | None]:
        """`percentile` of several: a library is handed the centroids once, which is most of the work."""
        if not self.means:
            return [None for _ in percents]
        if self.exact:
            return [self.means[rank(len(self.means), percent) - 1] for percent in percents]
        return [*self.quantiles([share(percent) for percent in percents])]

    def quantile(self, share: float) -> float:
        """The value below which a `share` (0 to 1) lies; NaN when empty. For official percentiles: `percentile`."""
        return self.quantiles((share,))[0]

    def quantiles(self, shares: Sequence[float]) -> list[float]:
        """`quantile` of several shares."""
        if not self.means:
            return [math.nan for _ in shares]
        if self.exact:
            return [self.means[max(0, math.ceil(share * len(self.means)) - 1)] for share in shares]
        found = BACKENDS[self.backend].quantiles(self.means, self.weights, shares)
        return [min(self.maximum, max(self.minimum, value)) for value in found]

    def cdf(self, seconds: float) -> float:
        """Share (0 to 1) of values at or below `seconds`; NaN when empty."""
        if not self.means:
            return math.nan
        if seconds >= self.maximum:
            return 1.0
        if seconds < self.minimum:
            return 0.0
        if self.exact:
            return bisect_right(self.means, seconds) / len(self.means)
        return BACKENDS[self.backend].cdf(self.means, self.weights, seconds)


EMPTY: Final = Digest((), (), math.nan, math.nan)


def of(values: Iterable[float], *, backend: Backend = "fastdigest") -> Digest:
    """Digest of plain values."""
    ordered = sorted(values)
    if not ordered:
        return Digest((), (), math.nan, math.nan, backend)
    return _build(ordered, [1.0] * len(ordered), ordered[0], ordered[-1], backend)


def merge(digests: Iterable[Digest], *, backend: Backend = "fastdigest") -> Digest:
    """One digest of everything in `digests`: percentiles of the pool, never an average of percentiles."""
    parts = [digest for digest in digests if digest.means]
    if not parts:
        return Digest((), (), math.nan, math.nan, backend)
    means = np.concatenate([part.means for part in parts])
    weights = np.concatenate([part.weights for part in parts])
    minimum, maximum = min(part.minimum for part in parts), max(part.maximum for part in parts)
    return _build(*_ascending(means, weights), minimum, maximum, backend)


def _ascending(means: Floats, weights: Floats) -> tuple[list[float], list[float]]:
    """By mean, then by weight: in whatever order parts come, the library sees the same."""
    order = np.lexsort((weights, means))
    return means[order].tolist(), weights[order].tolist()


def _build(means: Values, weights: Values, minimum: float, maximum: float, backend: Backend) -> Digest:
    if len(means) > CENTROIDS:
        means, weights = BACKENDS[backend].compress(means, weights, CENTROIDS)
    return Digest(tuple(means), tuple(weights), minimum, maximum, backend)


def to_fields(digest: Digest) -> Fields:
    """Means, weights, minimum, maximum: the stored form, free of either library."""
    return list(digest.means), list(digest.weights), digest.minimum, digest.maximum


def fields_of(ordered: list[float], backend: Backend = "fastdigest") -> Fields:
    """`to_fields` of the digest of plain, ascending values; few, as in most slices, are their own centroids."""
    if not ordered:
        return [], [], math.nan, math.nan
    if len(ordered) > CENTROIDS:
        return to_fields(of(ordered, backend=backend))
    return ordered, [1.0] * len(ordered), ordered[0], ordered[-1]


def merge_fields(parts: Sequence[Fields], backend: Backend = "fastdigest") -> Fields:
    """`to_fields` of the merge of what `to_fields` gave; few plain values, as of most days, are only sorted."""
    values: list[float] = []
    for means, weights, _, _ in parts:
        if weights.count(1.0) < len(weights):
            return to_fields(merge([from_fields(fields, backend=backend) for fields in parts], backend=backend))
        values += means
    values.sort()
    return fields_of(values, backend)


def from_fields(fields: Fields, *, backend: Backend = "fastdigest") -> Digest:
    """Rebuild what `to_fields` gave; the backend may be another one than wrote it."""
    means, weights, minimum, maximum = fields
    if len(means) != len(weights):
        raise msgspec.ValidationError(f"digest with {len(means)} means but {len(weights)} weights")
    return Digest(tuple(means), tuple(weights), minimum, maximum, backend)
