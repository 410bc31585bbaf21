"""Sketches of other projects, in the peers' own environment: samples in a file, estimates as JSON.

python sketch.py samples.npz     keys "n-repeat", each a year's values in the order they came
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import crick
import datasketches
import numpy as np
import pytdigest

DAYS = 365


def of_datasketches(days: Sequence[np.ndarray], k: int) -> tuple[Callable[[float], float], int]:
    """Apache DataSketches' t-digest."""

    def digest(values: np.ndarray) -> Any:
        sketch = datasketches.tdigest_double(k)
        for value in values.tolist():
            sketch.update(value)
        return sketch

    parts = [digest(values) for values in days]
    whole = datasketches.tdigest_double(k)
    for part in parts:
        whole.merge(part)
    return whole.get_quantile, whole.get_serialized_size_bytes()


def of_crick(days: Sequence[np.ndarray], compression: int) -> tuple[Callable[[float], float], int]:
    """crick, which dask uses."""

    def digest(values: np.ndarray) -> Any:
        sketch = crick.TDigest(compression)
        sketch.update(values)
        return sketch

    whole = crick.TDigest(compression)
    whole.merge(*(digest(values) for values in days))
    return whole.quantile, whole.centroids().nbytes


def of_pytdigest(days: Sequence[np.ndarray], compression: int) -> tuple[Callable[[float], float], int]:
    """Pytdigest."""
    # A lone value as a number: it cannot take an array of one with numpy 2.4.
    parts = [
        pytdigest.TDigest.compute(values if values.size > 1 else float(values[0]), compression=compression)
        for values in days
    ]
    whole = pytdigest.TDigest.combine(parts)
    return lambda share: float(whole.inverse_cdf(share)), whole.get_centroids().nbytes


SKETCHES = {
    "Apache DataSketches (k = 200, its default)": (of_datasketches, 200),
    "Apache DataSketches (k = 500)": (of_datasketches, 500),
    "crick (compression 100, its default)": (of_crick, 100),
    "crick (compression 500)": (of_crick, 500),
    "pytdigest (compression 100, its default)": (of_pytdigest, 100),
    "pytdigest (compression 500)": (of_pytdigest, 500),
}


def split(values: np.ndarray) -> list[np.ndarray]:
    """The values of each day; days without any are left out."""
    return [day for day in np.array_split(values, DAYS) if day.size]


def main(path: str) -> None:
    """Print, by sketch and sample: both percentiles, seconds taken, bytes kept."""
    found: dict[str, dict[str, tuple[float, float, float, int]]] = {}
    with np.load(path) as samples:
        for label, (build, limit) in SKETCHES.items():
            for name in samples.files:
                days = split(samples[name])
                began = time.perf_counter()
                quantile, size = build(days, limit)
                estimates = float(quantile(0.5)), float(quantile(0.8))
                found.setdefault(label, {})[name] = (*estimates, time.perf_counter() - began, size)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
