"""Years of a history: as far back as anything is known, each by its own thresholds, and said which are not whole."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.core.calendar import Calendar
from monitor.core.mission import Kind
from monitor.core.verdict import State
from monitor.core.years import Year, years_of
from tests.core.figures import Call, history_of

DAY = 86_400.0
PLACE = ("oslo", "urban")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Oslo")).timestamp()


def calls(*moments: str, sealed_before: str = "") -> list[Call]:
    """Missions of ten minutes each."""
    limit = at(sealed_before) if sealed_before else 0.0
    return [Call(PLACE, at(one), Kind.MEASURED, 600.0, sealed=at(one) < limit) for one in moments]


def told(missions: list[Call], last: str = "2025", now: str = "2026-02-01", **asked: object) -> list[Year]:
    return list(
        years_of(history_of(missions), Calendar().period(last), now=at(now), abandoned_after_seconds=DAY, **asked)  # type: ignore[arg-type]
    )


def states(years: list[Year]) -> dict[str, tuple[int, State]]:
    rows = {year.period.name: year.rows[PLACE] for year in years}
    return {name: (row.figures.first.measured, row.verdicts["requirement"].state) for name, row in rows.items()}


EVERY_YEAR = [f"{year}-{day}T12:00" for year in range(2021, 2026) for day in ("01-02", "06-15", "12-30")]


@pytest.mark.parametrize("sealed_before", ["", "2025-01-01"])
def test_each_year_is_judged_by_what_was_in_force_in_it(sealed_before: str) -> None:
    """Ten minutes keep the 1,000 s of early 2024 and the 600 s of its end; before 2024 nothing was in force."""
    years = told(calls(*EVERY_YEAR, sealed_before=sealed_before))
    assert states(years) == {
        "2021": (3, State.NO_TARGET),
        "2022": (3, State.NO_TARGET),
        "2023": (3, State.NO_TARGET),
        "2024": (3, State.MET),
        "2025": (3, State.MET),
    }
    assert [year.rows[PLACE].verdicts["requirement"].target_seconds for year in years][-2:] == [600.0, 600.0]
    assert all(year.whole and not year.running for year in years)


def test_what_nobody_knows_of_is_left_out() -> None:
    """Years before the first mission are no years without missions; a gap between two years is one."""
    years = told(calls("2023-01-03T12:00", "2025-12-31T12:00"))
    assert states(years) == {
        "2023": (1, State.NO_TARGET),
        "2024": (0, State.NO_DATA),
        "2025": (1, State.MET),
    }
    assert told([]) == []


def test_a_year_known_in_part_is_not_whole() -> None:
    """A history that begins in May, or ends in November, would look like a quiet year."""
    years = told(
        calls(
            "2023-05-01T12:00",
            "2023-12-30T12:00",
            "2024-01-03T12:00",
            "2024-12-30T12:00",
            "2025-01-02T12:00",
            "2025-11-01T12:00",
        )
    )
    assert [(year.period.name, year.whole) for year in years] == [("2023", False), ("2024", True), ("2025", False)]


def test_what_other_years_know_makes_no_year_whole() -> None:
    """A stray mission of long ago, and a source that began in the middle of a year: none of these years is whole."""
    years = told(calls("2021-02-03T12:00", "2023-09-01T12:00", "2023-12-30T12:00", "2024-01-02T12:00"))
    assert [(year.period.name, year.whole) for year in years][:3] == [
        ("2021", False),
        ("2022", False),
        ("2023", False),
    ]


def test_a_running_year_is_whole_up_to_now_and_no_data_while_the_feed_is_silent() -> None:
    """It is marked as running; what can be said of it depends on the feed, and nothing else does."""
    missions = calls("2023-01-03T12:00", "2025-01-03T12:00", "2025-03-01T12:00")
    (*before, running) = told(missions, now="2025-03-02")
    assert (running.running, running.whole) == (True, True)
    assert not any(year.running for year in before)
    silent = told(missions, now="2025-03-02", silent=True)
    assert [year.rows[PLACE].verdicts["requirement"].state for year in silent][-1] is State.NO_DATA
    assert states(silent)["2023"] == states([*before])["2023"]


def test_areas_are_asked_for_by_name() -> None:
    """The board shows one area, and has only that one judged."""
    (year,) = told(calls("2025-06-01T12:00"), areas=["oslo"], count=1)
    assert {area for area, _ in year.rows} == {"oslo"}
