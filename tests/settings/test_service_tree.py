"""Trees of areas and categories: what goes without saying, reforms, and what is no tree."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.service import Area
from monitor.settings.service_tables import AreaTable, CategoryTable
from monitor.settings.service_tree import areas_of, categories_of, gaps
from tests.settings.declared import CATEGORY, CLOCK, HEAD, OBJECTIVE, declared, faults_of

NAMES = {"en": "A service"}


def table(slug: str, within: str | None = None, **more: Any) -> AreaTable:
    return AreaTable(slug=slug, within=within, **more)


def areas(*tables: AreaTable) -> tuple[Area, ...]:
    """The tree of areas without a problem."""
    found, problems = areas_of(tables, NAMES)
    assert problems == []
    return found


def problems(*tables: AreaTable) -> dict[str, str]:
    return dict(areas_of(tables, NAMES)[1])


def test_one_area_is_root_and_leaf() -> None:
    """A town alone."""
    assert areas(table("town")) == (Area("town"),)


def test_areas_that_nothing_holds_lie_within_an_implied_root() -> None:
    """It bears the service's name; a declared area of that slug is it."""
    assert areas(table("north"), table("south")) == (
        Area("national", names=NAMES), Area("north", "national"), Area("south", "national"),
    )  # fmt: skip
    assert areas(table("north"), table("national"), table("south")) == (
        Area("north", "national"), Area("national"), Area("south", "national"),
    )  # fmt: skip


def test_a_parent_that_is_only_named_is_implied_before_the_first_that_names_it() -> None:
    """As the root, or as a region below an implied one; as long as what lies within it."""
    assert areas(table("oslo", "norway"), table("ost", "norway")) == (
        Area("norway", names=NAMES), Area("oslo", "norway"), Area("ost", "norway"),
    )  # fmt: skip
    since, until = date(2016, 1, 1), date(2020, 1, 1)
    assert areas(table("a", "x", since=since), table("b", "y", until=until), table("c", "x", since=since)) == (
        Area("national", names=NAMES),
        Area("x", "national", since=since),
        Area("a", "x", since=since),
        Area("y", "national", until=until),
        Area("b", "y", until=until),
        Area("c", "x", since=since),
    )


def test_an_area_without_dates_lasts_as_long_as_what_it_lies_within() -> None:
    """A reform is written once, at the region."""
    since = date(2024, 1, 1)
    found = areas(table("all"), table("new", "all", since=since), table("a", "new"), table("b", "new"))
    assert found[2:] == (Area("a", "new", since), Area("b", "new", since))


def test_a_reform_moves_an_area_on_its_day(tmp_path: Path) -> None:
    """Before, its missions are the old region's; removing it later changes no day before."""
    text = (
        HEAD + CLOCK + OBJECTIVE + CATEGORY
        + '[[areas]]\nslug = "oslo"\nwithin = "west"\nuntil = 2024-07-01\n'
        + '[[areas]]\nslug = "oslo"\nwithin = "east"\nsince = 2024-07-01\nuntil = "2026-01-01"\n'
        + '[[areas]]\nslug = "bergen"\nwithin = "west"\n[[areas]]\nslug = "hamar"\nwithin = "east"\n'
        + '[[areas]]\nslug = "west"\nwithin = "all"\n[[areas]]\nslug = "east"\nwithin = "all"\n'
    )  # fmt: skip
    service = declared(tmp_path, text)
    assert service.root == "all"
    assert service.pools("oslo", date(2024, 6, 30)) == ("oslo", "west", "all")
    assert service.pools("oslo", date(2024, 7, 1)) == ("oslo", "east", "all")
    assert service.pools("oslo", date(2026, 1, 1)) == ()
    assert service.reforms == (date(2024, 7, 1), date(2026, 1, 1))
    assert service.leaf_areas == ("oslo", "bergen", "hamar")


@pytest.mark.parametrize(
    ("tables", "slug", "why"),
    [
        ([table("all"), table("a", "all"), table("b")], "b", "within nothing, and so does 'all'"),
        ([table("a", "b"), table("b", "a")], "a", "lies within itself (a within b within a)"),
        ([table("all"), table("a", "b"), table("b", "c"), table("c", "a")], "a", "lies within itself"),
        ([table("a", "a")], "a", "lies within itself"),
        ([table("a"), table("a")], "a", "is declared twice"),
        ([table("a", until=date(2024, 1, 1)), table("a", since=date(2023, 12, 31))], "a", "twice from 2023-12-31"),
        ([table("a", since=date(2024, 1, 1), until=date(2023, 1, 1))], "a", "before it begins"),
        (
            [table("all"), table("x", "all", until=date(2024, 1, 1)), table("a", "x", until=date(2025, 1, 1))],
            "a",
            "which does not exist on 2024-01-01",
        ),
        (
            [table("all", since=date(2020, 1, 1)), table("a", "all", since=date(2019, 1, 1))],
            "a",
            "which does not exist on 2019-01-01",
        ),
        ([table("national"), table("a", "national"), table("b", "natoinal")], "b", "did you mean 'national'?"),
        ([table("england"), table("a", "england"), table("b", "englan")], "b", "did you mean 'england'?"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_tree_is_told(tables: list[AreaTable], slug: str, why: str) -> None:
    """With the area that is wrong, once."""
    assert why in problems(*tables)[slug]


def test_pools_that_are_only_named_are_implied_among_categories() -> None:
    """Also over several steps; a circle is none."""
    said = [CategoryTable(slug="c1", within="severe"), CategoryTable(slug="c2", within="severe")]
    found, wrong = categories_of([*said, CategoryTable(slug="severe", within="all"), CategoryTable(slug="c3")])
    assert wrong == []
    assert [(one.slug, one.within) for one in found] == [
        ("c1", "severe"), ("c2", "severe"), ("all", None), ("severe", "all"), ("c3", None),
    ]  # fmt: skip
    assert categories_of([CategoryTable(slug="a", within="a")])[1] != []


def test_a_circle_is_told_where_it_stands(tmp_path: Path) -> None:
    """Categories and areas alike."""
    text = (
        HEAD + CLOCK + OBJECTIVE + '[[categories]]\nslug = "c"\nwithin = "c"\n[[areas]]\nslug = "a"\nwithin = "a"\n'
    )
    assert faults_of(tmp_path, text).keys() == {"categories.c", "areas.a"}


DAYS = [date(2020, 1, 1) + timedelta(days=30 * number) for number in range(4)]
SLUGS = ["top", "east", "west", "oslo", "hamar"]


@st.composite
def tables(draw: st.DrawFn) -> list[AreaTable]:
    """Any tables over a few slugs and days, most of them no tree."""
    return draw(
        st.lists(
            st.builds(
                AreaTable,
                slug=st.sampled_from(SLUGS),
                within=st.none() | st.sampled_from(["top", "top", *SLUGS]),
                since=st.none() | st.sampled_from(DAYS),
                until=st.none() | st.sampled_from(DAYS),
            ),
            min_size=1,
            max_size=7,
        )
    )


@given(tables())
def test_what_is_accepted_is_a_tree_on_every_day(said: list[AreaTable]) -> None:
    """One root over all; nobody within what does not exist, within itself, or in two places at once."""
    found, wrong = areas_of(said, NAMES)
    assert {table.slug for table in said} <= {one.slug for one in found} | {slug for slug, _ in wrong}
    if wrong:
        return
    roots = {one.slug for one in found if one.within is None}
    assert len(roots) == 1
    for day in (date.min, *DAYS, *(day - timedelta(days=1) for day in DAYS), date(9999, 12, 30)):
        here = [one for one in found if one.since <= day < one.until]
        within = {one.slug: one.within for one in here}
        assert len(within) == len(here)
        for slug in within:
            step: str | None = slug
            for _ in range(len(within) + 1):
                if step is None or step in roots:
                    break
                step = within[step]
            assert step in roots


@pytest.mark.parametrize(
    ("until", "since", "told"),
    [("2024-01-01", "2024-01-02", True), ("2024-01-01", "2024-01-01", False), ("2024-01-01", "2024-03-01", False)],
)
@pytest.mark.parametrize("successor", ["old", "new"])
def test_a_day_between_two_areas_of_a_reform_is_warned_of(until: str, since: str, told: bool, successor: str) -> None:
    """`until` taken for the last day loses a day of missions; what follows at once, or much later, is meant."""
    found, wrong = areas_of(
        [
            AreaTable(slug="all"),
            AreaTable(slug="old", within="all", until=date.fromisoformat(until)),
            AreaTable(slug=successor, within="all", since=date.fromisoformat(since)),
        ],
        NAMES,
    )
    assert not wrong
    said = gaps(found)
    assert [slug for slug, _ in said] == (["old"] if told else [])
    assert all(repr(successor) in why and "2024-01-01" in why for _, why in said)


def test_an_area_that_ends_while_another_begins_that_day_leaves_no_gap() -> None:
    """Of two successors one may begin later."""
    found, _ = areas_of(
        [
            AreaTable(slug="all"),
            AreaTable(slug="old", within="all", until=date(2024, 1, 1)),
            AreaTable(slug="one", within="all", since=date(2024, 1, 1)),
            AreaTable(slug="two", within="all", since=date(2024, 1, 2)),
        ],
        NAMES,
    )
    assert gaps(found) == []
