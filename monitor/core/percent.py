"""Arithmetic of a percentage of missions that never rounds: what is decided by a share is decided by whole numbers.

A percentage is an int, or a Decimal where it is no whole number (99.9). Refuses to know what is counted.
"""

from decimal import Decimal

Percent = int | Decimal


def reached(within: int, n: int, percent: Percent) -> bool:
    """Whether `within` of `n` are at least so many per cent.

    >>> reached(8, 10, 80), reached(999, 1000, Decimal("99.9")), reached(998, 1000, Decimal("99.9"))
    (True, True, False)
    """
    over, under = percent.as_integer_ratio()
    return 100 * under * within >= over * n


def rank(n: int, percent: Percent) -> int:
    """Nearest rank (1-based) of the percentile of `n` values: the smallest k with 100 k >= percent n.

    >>> rank(10, 80), rank(11, 80), rank(1000, Decimal("99.9")), rank(1001, Decimal("99.9"))
    (8, 9, 999, 1000)
    """
    return max(1, least(n, percent))


def least(n: int, percent: Percent) -> int:
    """How few of `n` are at least so many per cent: the smallest k with 100 k >= percent n.

    >>> least(10, 80), least(11, 80), least(0, 80)
    (8, 9, 0)
    """
    over, under = percent.as_integer_ratio()
    return -(-over * n // (100 * under))


def spare(n: int, percent: Percent) -> int:
    """How many of `n` may be late: floor((1 - p) n)."""
    over, under = percent.as_integer_ratio()
    return (100 * under - over) * n // (100 * under)


def share(percent: Percent) -> float:
    """The percentage as a share (0 to 1)."""
    return float(percent) / 100


def complement(percent: Percent) -> float:
    """What is missing of the whole, as a share (0 to 1)."""
    return float(100 - percent) / 100
