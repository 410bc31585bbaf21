"""Which instants a window or a period covers, written out in epoch seconds where the clocks or the year change."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendar import Calendar, Unit
from monitor.core.slices import Grid
from monitor.core.windows import DEFAULT, Span, parse_window, span_of

GRID = Grid(ZoneInfo("Europe/Oslo"))
HOUR, DAY = 3600, 86_400


def epoch(text: str) -> float:
    """Epoch seconds of a time with offset."""
    return datetime.fromisoformat(text).timestamp()


# Each moment, then the start of every window and their common end, in epoch seconds. Times in Europe/Oslo:
#
#   month    ┃1 Mar ───────────────────────────────────────►┃
#   28d            ├──────────── 28 × 24 h ────────────────►┃
#   7d                                   ├─── 7 × 24 h ────►┃
#   24h                                            ├─ 24 h ►┃      31 Mar 2024
#                                                    01:59 ┄┃┄ 03:00   (no 02:xx)
#                                                 slice that holds now ends here
MOMENTS = {
    # The slice before the clocks go forward: 01:30 +01:00 = 00:30 UTC.
    "2024-03-31T01:30:00+01:00": {
        "24h": 1_711_756_800, "7d": 1_711_238_400, "28d": 1_709_424_000, "month": 1_709_247_600,
        "tertial": 1_704_063_600, "year": 1_704_063_600, "end": 1_711_846_800,
    },
    # The slice after: 03:30 +02:00 = 01:30 UTC, one hour later by any clock that counts.
    "2024-03-31T03:30:00+02:00": {
        "24h": 1_711_760_400, "7d": 1_711_242_000, "28d": 1_709_427_600, "month": 1_709_247_600,
        "tertial": 1_704_063_600, "year": 1_704_063_600, "end": 1_711_850_400,
    },
    # Both 02:30 of the day when the clocks go back: 00:30 and 01:30 UTC are slices of their own.
    "2024-10-27T02:30:00+02:00": {
        "24h": 1_729_900_800, "7d": 1_729_382_400, "28d": 1_727_568_000, "month": 1_727_733_600,
        "tertial": 1_725_141_600, "year": 1_704_063_600, "end": 1_729_990_800,
    },
    "2024-10-27T02:30:00+01:00": {
        "24h": 1_729_904_400, "7d": 1_729_386_000, "28d": 1_727_571_600, "month": 1_727_733_600,
        "tertial": 1_725_141_600, "year": 1_704_063_600, "end": 1_729_994_400,
    },
    "2026-03-29T03:30:00+02:00": {
        "24h": 1_774_659_600, "7d": 1_774_141_200, "28d": 1_772_326_800, "month": 1_772_319_600,
        "tertial": 1_767_222_000, "year": 1_767_222_000, "end": 1_774_749_600,
    },
    "2026-10-25T02:30:00+01:00": {
        "24h": 1_792_803_600, "7d": 1_792_285_200, "28d": 1_790_470_800, "month": 1_790_805_600,
        "tertial": 1_788_213_600, "year": 1_767_222_000, "end": 1_792_893_600,
    },
    # One minute before and at New Year: the calendar begins anew, the rolling windows do not notice.
    "2024-12-31T23:59:00+01:00": {
        "24h": 1_735_596_000, "7d": 1_735_077_600, "28d": 1_733_263_200, "month": 1_733_007_600,
        "tertial": 1_725_141_600, "year": 1_704_063_600, "end": 1_735_686_000,
    },
    "2025-01-01T00:00:00+01:00": {
        "24h": 1_735_599_600, "7d": 1_735_081_200, "28d": 1_733_266_800, "month": 1_735_686_000,
        "tertial": 1_735_686_000, "year": 1_735_686_000, "end": 1_735_689_600,
    },
}  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS)
def test_windows_over_changing_clocks_and_years_cover_exactly_these_seconds(moment: str) -> None:
    """Rolling windows have their length whatever the clocks do; calendar windows begin at local midnight."""
    expected = dict(MOMENTS[moment])
    end = expected.pop("end")
    spans = {name: parse_window(name).span(epoch(moment), GRID) for name in expected}
    assert spans == {name: Span(start, end) for name, start in expected.items()}


MOMENT = st.floats(epoch("1990-01-01T00:00:00+01:00"), epoch("2060-01-01T00:00:00+01:00"))
ROLLING = st.sampled_from(["1h", "24h", "7d", "28d", "90d", "365d"])


@given(MOMENT, ROLLING)
def test_a_rolling_window_covers_at_least_its_length_and_less_than_two_slices_more(now: float, name: str) -> None:
    """Resolved to slices on both sides: nothing of the last `length` is cut off.

        now - length            now
    ├─────┊──────────┄┄──────────┊──┤
    └ its slice's start          └ its slice's end
    """
    window = parse_window(name)
    span = window.span(now, GRID)
    assert span is not None
    assert window.seconds is not None
    assert span.start <= now - window.seconds
    assert now < span.end
    assert window.seconds <= span.end - span.start <= window.seconds + 2 * HOUR
    assert span.start % HOUR == span.end % HOUR == 0


@given(MOMENT, st.sampled_from([name for name in DEFAULT if name != "last100"]))
def test_a_window_moves_only_with_slices(now: float, name: str) -> None:
    """Within one slice every moment has the same window; the next slice has a later one."""
    window = parse_window(name)
    start = GRID.floor(now)
    here = window.span(now, GRID)
    assert here == window.span(start, GRID) == window.span(start + HOUR - 0.001, GRID)
    later = window.span(start + HOUR, GRID)
    assert here is not None
    assert later is not None
    assert later.end == here.end + HOUR
    assert later.start >= here.start


@given(MOMENT, st.sampled_from(["week", "month", "quarter", "tertial", "half_year", "year"]), st.integers(1, 12))
def test_a_calendar_window_is_its_period_to_date(now: float, unit: Unit, starts: int) -> None:
    """It begins where the period that holds now begins, and ends within it."""
    grid = Grid(ZoneInfo("Europe/Oslo"), calendar=Calendar(starts))
    whole = span_of(grid.calendar.holding(unit, date.fromordinal(grid.day_of(now))), grid)
    span = parse_window(unit).span(now, grid)
    assert span is not None
    assert span.start == whole.start
    assert span.end <= whole.end
    assert parse_window(unit).calendar


def test_a_window_by_count_has_no_span() -> None:
    """The newest missions, however old."""
    window = parse_window("last100")
    assert (window.count, window.span(0.0, GRID), window.calendar) == (100, None, False)


def test_every_default_window_has_its_label() -> None:
    """What is configured when nothing is configured can be read."""
    assert [parse_window(name).name for name in DEFAULT] == list(DEFAULT)


@pytest.mark.parametrize(
    "name", ["", "24", "h", "0h", "-1h", "1.5d", "24 h", "24H", "1w", "last", "last0", "last-5", "half-year", "Month",
             "100000h", "7d ", "7d\n", "٣d", "last1٣"],
)  # fmt: skip
def test_an_unknown_window_is_refused_with_the_known_ones(name: str) -> None:
    """Whoever writes the configuration reads what may stand there."""
    with pytest.raises(ValueError, match="say hours"):
        parse_window(name)
