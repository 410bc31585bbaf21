"""The t-digest as the core sees it: an immutable bag of centroids with two libraries behind it.

A digest keeps every value as a centroid of its own until there are more than `CENTROIDS`; up to there percentiles
are exact (nearest rank). Beyond, a backend compresses and interpolates: `fastdigest` (Rust, deterministic,
default) or `tdigest` (pure Python, for platforms without a wheel; its clustering is randomised, so two runs
differ in the last digits). The stored bytes are ours, so they outlive either library.

Refuses to delete: a t-digest cannot. What may still be corrected is kept as exact values elsewhere.
Source: Dunning & Ertl, "Computing Extremely Accurate Quantiles Using t-Digests" (2019), arXiv:1902.04023.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import msgspec
import numpy as np
import tdigest
from numpy.typing import NDArray

try:
    import fastdigest
except ImportError:  # no wheel for this platform: the configuration must then say tdigest
    fastdigest = None  # type: ignore[assignment]

CENTROIDS: Final = 500
"""Centroids kept before compression. Of 10,000 calibrated values merged from daily slices, 500 put the 80th
percentile 2.3 s off at worst, and 1,000 put it 1.1 s off for twice the bytes (`benchmarks/sketches.py --quick`)."""

Backend = Literal["fastdigest", "tdigest"]
Centroid = tuple[float, float]
"""Mean (seconds) and weight (missions)."""
Floats = NDArray[np.float64]
Fields = tuple[list[float], list[float], float, float]


class Sketch(Protocol):
    """What a library must be able to do, on centroids sorted by mean."""

    def compress(self, centroids: Sequence[Centroid], limit: int) -> list[Centroid]:
        """Merge neighbours until about `limit` centroids are left, the total weight unchanged."""

    def quantile(self, centroids: Sequence[Centroid], q: float) -> float:
        """The interpolated value below which a share `q` (0 to 1) of the weight lies."""

    def quantiles(self, centroids: Sequence[Centroid], qs: Sequence[float]) -> list[float]:
        """The interpolated values below which shares `qs` (0 to 1) of the weight lie."""

    def cdf(self, centroids: Sequence[Centroid], x: float) -> float:
        """The interpolated share (0 to 1) of the weight at or below `x`."""


class FastDigest:
    """Backend: the `fastdigest` library."""

    def compress(self, centroids: Sequence[Centroid], limit: int) -> list[Centroid]:
        return self._load(centroids, limit).centroids

    def quantile(self, centroids: Sequence[Centroid], q: float) -> float:
        return self.quantiles(centroids, (q,))[0]

    def quantiles(self, centroids: Sequence[Centroid], qs: Sequence[float]) -> list[float]:
        sketch = self._load(centroids, len(centroids))
        return [sketch.quantile(q) for q in qs]

    def cdf(self, centroids: Sequence[Centroid], x: float) -> float:
        return self._load(centroids, len(centroids)).cdf(x)

    @staticmethod
    def _load(centroids: Sequence[Centroid], limit: int) -> "fastdigest.TDigest":
        means = [mean for mean, _ in centroids]
        weights = [weight for _, weight in centroids]
        return fastdigest.TDigest.from_values(means, weights, max_centroids=limit)


class PlainDigest:
    """Backend: the `tdigest` library."""

    def compress(self, centroids: Sequence[Centroid], limit: int) -> list[Centroid]:
        # delta is the library's size knob: 4 / delta keeps about 2 x limit centroids.
        sketch = tdigest.TDigest(delta=4.0 / limit)
        for mean, weight in centroids:
            sketch.update(mean, weight)
        sketch.compress()
        return [(c["m"], float(c["c"])) for c in sketch.centroids_to_list()]

    def quantile(self, centroids: Sequence[Centroid], q: float) -> float:
        return self.quantiles(centroids, (q,))[0]

    def quantiles(self, centroids: Sequence[Centroid], qs: Sequence[float]) -> list[float]:
        sketch = self._load(centroids)
        return [float(sketch.percentile(100.0 * q)) for q in qs]

    def cdf(self, centroids: Sequence[Centroid], x: float) -> float:
        return float(min(1.0, max(0.0, self._load(centroids).cdf(x))))

    @staticmethod
    def _load(centroids: Sequence[Centroid]) -> "tdigest.TDigest":
        # A tiny delta makes the threshold for merging smaller than any weight: the centroids go in as they are.
        sketch = tdigest.TDigest(delta=1e-12, K=1)
        for mean, weight in centroids:
            sketch.update(mean, weight)
        return sketch


BACKENDS: Final[dict[Backend, Sketch]] = {"fastdigest": FastDigest(), "tdigest": PlainDigest()}


def available(backend: Backend) -> bool:
    """Whether the library behind a backend is installed."""
    return backend == "tdigest" or fastdigest is not None


@dataclass(frozen=True, slots=True)
class Digest:
    """A distribution of response times (seconds). Build with `of` or `merge`, never by hand.

    `centroids` are sorted by mean; `minimum` and `maximum` are exact (NaN when empty).
    """

    centroids: tuple[Centroid, ...]
    minimum: float
    maximum: float
    backend: Backend = "fastdigest"

    @property
    def weight(self) -> int:
        """How many values the digest holds: always exact."""
        return round(math.fsum(weight for _, weight in self.centroids))

    @property
    def exact(self) -> bool:
        """Whether every value is still a centroid of its own, so that percentiles are exact."""
        return all(weight == 1.0 for _, weight in self.centroids)

    def percentile(self, percent: int) -> float | None:
        """The value at `percent` (1 to 100): nearest rank while exact, else interpolated; None when empty."""
        if not self.centroids:
            return None
        if self.exact:
            return self.centroids[nearest_rank(len(self.centroids), percent) - 1][0]
        return self.quantile(percent / 100)

    def quantile(self, share: float) -> float:
        """The value below which a `share` (0 to 1) lies; NaN when empty. For official percentiles: `percentile`."""
        return self.quantiles((share,))[0]

    def quantiles(self, shares: Sequence[float]) -> list[float]:
        """`quantile` of several shares: a library is handed the centroids once, which is most of the work."""
        if not self.centroids:
            return [math.nan for _ in shares]
        if self.exact:
            return [self.centroids[max(0, math.ceil(share * len(self.centroids)) - 1)][0] for share in shares]
        found = BACKENDS[self.backend].quantiles(self.centroids, shares)
        return [min(self.maximum, max(self.minimum, value)) for value in found]

    def cdf(self, seconds: float) -> float:
        """Share (0 to 1) of values at or below `seconds`; NaN when empty."""
        if not self.centroids:
            return math.nan
        if seconds >= self.maximum:
            return 1.0
        if seconds < self.minimum:
            return 0.0
        if self.exact:
            return sum(1 for mean, _ in self.centroids if mean <= seconds) / len(self.centroids)
        return BACKENDS[self.backend].cdf(self.centroids, seconds)


EMPTY: Final = Digest((), math.nan, math.nan)


def of(values: Iterable[float], *, backend: Backend = "fastdigest") -> Digest:
    """Digest of plain values."""
    ordered = sorted(values)
    if not ordered:
        return Digest((), math.nan, math.nan, backend)
    return _build([(value, 1.0) for value in ordered], ordered[0], ordered[-1], backend)


def merge(digests: Iterable[Digest], *, backend: Backend = "fastdigest") -> Digest:
    """One digest of everything in `digests`: percentiles of the pool, never an average of percentiles."""
    parts = [digest for digest in digests if digest.centroids]
    if not parts:
        return Digest((), math.nan, math.nan, backend)
    centroids = sorted(centroid for part in parts for centroid in part.centroids)
    return _build(centroids, min(part.minimum for part in parts), max(part.maximum for part in parts), backend)


def of_centroids(
    means: Floats, weights: Floats, minimum: float, maximum: float, *, backend: Backend = "fastdigest"
) -> Digest:
    """One digest of centroids in any order."""
    if len(means) > CENTROIDS:
        means, weights = compress(means, weights, CENTROIDS, backend=backend)
    order = np.lexsort((weights, means))
    centroids = tuple(zip(means[order].tolist(), weights[order].tolist(), strict=True))
    return Digest(centroids, minimum, maximum, backend)


def compress(means: Floats, weights: Floats, limit: int, *, backend: Backend) -> tuple[Floats, Floats]:
    """Centroids in any order, merged until about `limit` are left."""
    order = np.lexsort((weights, means))
    centroids = list(zip(means[order].tolist(), weights[order].tolist(), strict=True))
    kept = np.array(BACKENDS[backend].compress(centroids, limit), dtype=np.float64).reshape(-1, 2)
    return kept[:, 0], kept[:, 1]


def _build(centroids: list[Centroid], minimum: float, maximum: float, backend: Backend) -> Digest:
    if len(centroids) > CENTROIDS:
        centroids = BACKENDS[backend].compress(centroids, CENTROIDS)
    return Digest(tuple(centroids), minimum, maximum, backend)


def nearest_rank(n: int, percent: int) -> int:
    """Rank (1-based) of the nearest-rank percentile of `n` values: the smallest k with 100 k >= percent n."""
    return max(1, -(-percent * n // 100))


def to_fields(digest: Digest) -> Fields:
    """Means, weights, minimum, maximum: the stored form, free of either library."""
    return (
        [mean for mean, _ in digest.centroids],
        [weight for _, weight in digest.centroids],
        digest.minimum,
        digest.maximum,
    )


def fields_of(ordered: Sequence[float], *, backend: Backend = "fastdigest") -> Fields:
    """`to_fields` of the digest of plain, ascending values; few, as in most slices, are their own centroids."""
    if not ordered or len(ordered) > CENTROIDS:
        return to_fields(of(ordered, backend=backend))
    return list(ordered), [1.0] * len(ordered), ordered[0], ordered[-1]


def from_fields(fields: Fields, *, backend: Backend = "fastdigest") -> Digest:
    """Rebuild what `to_fields` gave; the backend may be another one than wrote it."""
    means, weights, minimum, maximum = fields
    if len(means) != len(weights):
        raise msgspec.ValidationError(f"digest with {len(means)} means but {len(weights)} weights")
    return Digest(tuple(zip(means, weights, strict=True)), minimum, maximum, backend)
