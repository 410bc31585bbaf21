"""Panels that stand on several dashboards: whether to believe them, how objectives stand, a value over time."""

from typing import Final

from monitor import metrics
from monitor.alerts.promql import Matcher, of_leaf_categories
from monitor.dashboards.frame import Names, rows_for
from monitor.dashboards.palette import BLUE, GREY, ORANGE, PURPLE, SLATE, VERMILLION
from monitor.dashboards.panels import (
    COUNT,
    DASHED,
    MINUTES,
    TEXT,
    Panel,
    Query,
    arranged,
    banded,
    cells,
    corner,
    crossed,
    drawn,
    figures,
    flags,
    lines,
    mapped,
    note,
    override,
    plain,
    steps,
    verdict_cells,
    worst_first,
)
from monitor.dashboards.queries import CELL, CHOSEN, HERE, age, at, judged_cells, minutes, newest, turned
from monitor.dashboards.words import Words
from monitor.metrics import CATEGORY, OBJECTIVE, SERVICE, WINDOW

QUIET_MINUTES: Final = 60
OLD_MINUTES: Final = 1
DEAD_MINUTES: Final = 5
MANY_LATE: Final = 5
FEW_LEFT: Final = 3
"""Where fewer more could have been late, the objective is nearly missed."""
BUDGET: Final = steps((None, VERMILLION), (0, ORANGE), (FEW_LEFT, BLUE))
_HEADED_PIXELS: Final = 60
_LINE_PIXELS: Final = 22
_BETWEEN_PIXELS: Final = 14
_LETTER_PIXELS: Final = 7.2
_COLUMN_PIXELS: Final = 53
"""Of a panel's head and edges, of text at Grafana's size, and of a column of the grid on a screen 1366 wide."""


def in_order(words: Words) -> Panel:
    """Feed and store: 0 is in order, 1 is not."""
    fails = ((newest(metrics.FEED_STALE, by=()), "feed"), (f"1 - {newest(metrics.STORE_UP, by=())}", "store"))
    return figures(
        words.head("feed"), [Query(one, words(f"name.{key}")) for one, key in fails], unit=COUNT,
        mappings=flags((words("feed.alive"), BLUE), (words("feed.silent"), VERMILLION)),
        thresholds=steps((None, GREY)),
    )  # fmt: skip


def banner(words: Words, where: Matcher) -> list[tuple[Panel, int]]:
    """Whether to believe what is shown, and what is late already, `where` the page is about."""
    event, shown = words("name.event"), words("name.figures")
    fresh = figures(
        words.head("age"),
        [Query(age(metrics.LAST_RECORD_TIMESTAMP_SECONDS), event),
         Query(age(metrics.SNAPSHOT_TIMESTAMP_SECONDS), shown)],
        unit=MINUTES, decimals=0,
        thresholds=steps((None, SLATE), (QUIET_MINUTES, ORANGE)),
    )  # fmt: skip
    # Figures are renewed every 15 s: a minute is late for them, where an hour is nothing for an event.
    sooner = steps((None, SLATE), (OLD_MINUTES, ORANGE), (DEAD_MINUTES, VERMILLION))
    fresh["fieldConfig"]["overrides"].append(override(shown, thresholds=sooner, decimals=1))
    overdue = of_leaf_categories(newest(metrics.RESPONSE_MISSIONS_OVERDUE, where), HERE)
    late = figures(
        words.head("overdue.now"), [Query(f"sum by ({SERVICE}) ({overdue})", words("name.overdue"))],
        unit=COUNT, thresholds=steps((None, SLATE), (1, ORANGE), (MANY_LATE, VERMILLION)),
    )  # fmt: skip
    return [(in_order(words), 9), (fresh, 10), (late, 5)]


def standing(words: Words, names: Names, *place: Matcher) -> Panel:
    """Every objective of an area, by category: verdict and value in each cell."""
    first, categories = corner(OBJECTIVE, CATEGORY), names.categories(words)
    return cells(
        words.head("standing"),
        [Query(judged_cells(*place, (WINDOW, "=", f"${WINDOW}"), by=(CATEGORY, OBJECTIVE)))],
        unit=TEXT,
        mappings=verdict_cells(words),
        transformations=[
            worst_first(CELL),
            crossed(OBJECTIVE, CATEGORY, CELL),
            arranged((first, *categories), named={first: words("variable.objective"), **categories}),
        ],
        overrides=[plain(words("variable.objective"), mappings=mapped(names.objectives(words)))],
    )


def times(words: Words, key: str, area: Matcher) -> Panel:
    """What the objective is about, with its interval and target, of the category that the panel or row repeats.

    A dot marks where it began or ceased to be missed: an annotation would stand in the rows of all categories.
    """
    value, target, change = words("name.value"), words("name.target"), words("name.turned")
    lower, upper = words("name.lower"), words("name.upper")
    series = (area, (CATEGORY, "=~", f"${CATEGORY}"))
    panel = lines(
        words.head(key),
        [
            Query(minutes(metrics.RESPONSE_TIME_LOWER_SECONDS, *at(*series)), lower),
            Query(minutes(metrics.RESPONSE_TIME_UPPER_SECONDS, *at(*series)), upper),
            Query(minutes(metrics.RESPONSE_TIME_SECONDS, *at(*series)), value),
            Query(minutes(metrics.RESPONSE_TIME_TARGET_SECONDS, CHOSEN, *series), target),
            Query(turned(minutes(metrics.RESPONSE_TIME_SECONDS, *at(*series)), *at(*series)), change),
        ],
        unit=MINUTES,
    )
    drawn(drawn(banded(panel, lower, upper), value, BLUE), target, PURPLE, custom__lineStyle=DASHED)
    return drawn(panel, change, VERMILLION, custom__drawStyle="points", custom__showPoints="always",
                 custom__pointSize=10)  # fmt: skip


def legend(words: Words, key: str) -> Panel:
    """What the colours stand for."""
    return note(words.head(key), words.legend)


def text_rows(content: str, columns: int) -> int:
    """So many rows of the grid show a text without scrolling, in a panel of that many columns."""
    letters = max(1, int((columns * _COLUMN_PIXELS - 32) / _LETTER_PIXELS))
    blocks = content.split("\n\n")
    shown = sum(max(1, -(-_letters(line) // letters)) for block in blocks for line in block.split("\n"))
    return rows_for(_HEADED_PIXELS + _LINE_PIXELS * shown + _BETWEEN_PIXELS * len(blocks))


def _letters(line: str) -> int:
    """Those that are read: no tags."""
    return len("".join(part.rpartition(">")[2] for part in line.split("<")))
