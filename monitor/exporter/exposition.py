"""Families of gauges and counters as text, byte for byte as the client library writes it, in a third of its time.

That library looks at each sample for what only some have (exemplars, timestamps, names that need quotes). All samples
of a family of ours have the same labels, by names that need nothing, so that one pattern serves them all. Refuses to
know where families come from, and histograms.
"""

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Final

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.utils import floatToGoString

_EXPONENT_FROM: Final = 1e6
"""Values below are written as Python does; beyond, as Go does."""


class _Escaped(dict[str, str]):
    """Label values as they stand between quotes: the same few in thousands of samples."""

    def __missing__(self, value: str) -> str:
        text = self[value] = value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
        return text


def written(families: Iterable[Family], *, open_metrics: bool) -> Iterator[bytes]:
    """Each family, in the format of OpenMetrics (without its end) or of Prometheus."""
    escaped = _Escaped()
    for family in families:
        name, about = family.name, family.documentation
        if open_metrics:
            about = escaped[about]
        else:
            name += "_total" * (family.type == "counter")
            about = about.replace("\\", r"\\").replace("\n", r"\n")
        lines = [f"# HELP {name} {about}\n# TYPE {name} {family.type}\n"]
        if family.samples:
            sample = family.samples[0]
            pattern, values_of = _pattern(sample.name, sorted(sample.labels))
            lines += [
                pattern % (*map(escaped.__getitem__, values_of(sample.labels)), number(sample.value))
                for sample in family.samples
            ]
        yield "".join(lines).encode()


def number(value: float) -> str:
    """As Go writes it."""
    return repr(value) if -_EXPONENT_FROM < value < _EXPONENT_FROM else str(floatToGoString(value))  # type: ignore[no-untyped-call]


def _pattern(name: str, labels: list[str]) -> tuple[str, Callable[[dict[str, str]], tuple[str, ...]]]:
    """A line with a place for each label's value and for the sample's; and what gives the former in their order."""
    between = ",".join([f'{label}="%s"' for label in labels])
    pattern = f"{name}{{{between}}} %s\n" if labels else f"{name} %s\n"
    if len(labels) > 1:
        return pattern, itemgetter(*labels)
    return pattern, lambda known: tuple([known[label] for label in labels])
