"""Which set of tables judges a day."""

from datetime import date

from monitor.core.targets import NO_TARGET, Targets, TargetSet
from tests.core.police import target_of


def a_set(valid_from: date) -> TargetSet:
    return TargetSet(valid_from=valid_from, source="", targets={("oslo", "urban"): target_of(60.0, 120.0)})


def test_a_set_is_in_force_until_superseded() -> None:
    """The first day belongs to the new set, the day before to the old one, and earlier days to none."""
    old, new = a_set(date(2024, 1, 1)), a_set(date(2025, 3, 1))
    targets = Targets([new, old])
    assert targets.in_force(date(2023, 12, 31)) is None
    assert targets.in_force(date(2024, 1, 1)) is old
    assert targets.in_force(date(2025, 2, 28)) is old
    assert targets.in_force(date(2025, 3, 1)) is new
    assert targets.in_force(date(2199, 1, 1)) is new
    assert targets.target("oslo", "urban", date(2024, 1, 1)) == target_of(60.0, 120.0)
    assert targets.target("oslo", "rural", date(2024, 1, 1)) == NO_TARGET
    assert targets.target("oslo", "urban", date(2023, 1, 1)) == NO_TARGET
