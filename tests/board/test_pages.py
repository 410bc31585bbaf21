"""The pages as the server makes them: the published figures, escaped, and no verdict that nobody can vouch for."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from html.parser import HTMLParser

import pytest

from monitor.board.area import area_page
from monitor.board.assets import ASSETS, SCRIPT, STYLE
from monitor.board.cells import ordered
from monitor.board.doubts import PROBLEMS, SILENT
from monitor.board.frame import POLICY, View
from monitor.board.matrix import board
from monitor.board.why import why_page
from monitor.core.calendar import Calendar
from monitor.core.closer import closer_of
from monitor.core.compared import Gap
from monitor.core.figures import InProgress
from monitor.core.verdict import State
from monitor.core.weeks import weeks_of
from monitor.core.windows import parse_window
from monitor.core.years import years_of
from monitor.exporter.refresh import Refresh
from monitor.http.negotiation import languages
from monitor.published import Published, StoreState
from monitor.words.catalogue import LANGUAGES, Language, chosen
from monitor.words.speaker import speaker
from monitor.words.verdicts import EVIDENCES, STATES
from tests.eventually import wait_until
from tests.exporter.serving import served, status_is
from tests.exporter.world import DAY, NOW, World, event


class Page(HTMLParser):
    """Texts by the id of the element they stand in, attributes by id, and every tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text: dict[str, str] = {}
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.tags: list[str] = []
        self._path: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        key = found.get("id") or ""
        if key:
            assert key not in self.attributes, f"the id {key} stands twice"
            self.attributes[key] = found
        if tag not in ("meta", "link"):
            self._path.append((tag, key))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._path.pop()
        assert opened == tag, f"<{opened}> is ended by </{tag}>"

    def handle_data(self, data: str) -> None:
        for _, key in self._path:
            if key:
                self.text[key] = self.text.get(key, "") + data + " "


def view(world: World, published: Published, language: Language = "en", window: str = "28d") -> View:
    """What somebody looks at."""
    return View(
        published=published,
        say=speaker(language),
        zone=world.configuration.grid.zone,
        window=window,
        windows=world.configuration.settings.windows.names,
    )


@pytest.mark.parametrize("window", ["24h", "28d", "last100", "year"])
async def test_every_cell_shows_the_published_figures(world: World, refresh: Refresh, window: str) -> None:
    """13 areas by 3 classes: percentile, count, budget, verdict and evidence of the published rows."""
    page = Page(board(view(world, refresh.published, window=window)))
    say = speaker("en")
    rows = [row for row in refresh.published.snapshot.rows if row.window == window]
    assert len(rows) == 39
    for row in rows:
        key, verdict = f"c-{row.area}-{row.category}", row.verdicts["requirement"]
        told, state = page.text[key], page.attributes[key]
        p80 = row.figures.values["requirement"]
        assert ("P80 – min" if p80 is None else f"P80 {p80 / 60:.1f}") in re.sub(r"\s+", " ", told)
        assert f"n {row.figures.first.measured} " in told
        assert STATES[verdict.state] in told
        assert state["data-state"] == verdict.state
        decided = verdict.state in (State.MET, State.MISSED)
        assert state.get("data-evidence") == (verdict.evidence if decided else None)
        assert (say(EVIDENCES[verdict.evidence]) in told) or not decided
        if verdict.late_budget is not None:
            assert re.search(rf"late to spare\s+{re.escape(say.signed(verdict.late_budget))} ", told)
        hangs = verdict.unmeasured is not None and not verdict.unmeasured.settled
        assert ("the unmeasured decide" in told) == hangs


async def test_missions_in_progress_are_shown_where_there_are_any(world: World, refresh: Refresh) -> None:
    """Open and overdue now, in the district and in the pool; nothing where there are none."""
    page = Page(board(view(world, refresh.published)))
    for key in ("c-vest-urban", "c-national-urban"):
        assert "1 open" in page.text[key]
        assert "1 overdue" in page.text[key]
    assert "open" not in page.text["c-oslo-urban"]


async def test_who_was_probably_reached_is_said_in_words(world: World, refresh: Refresh) -> None:
    """An arrival that nobody registered is no emergency: the cell tells the two apart, in the reader's language."""
    shown = refresh.published.snapshot
    standings = [
        replace(one, in_progress=InProgress(5, 3, 2)) if (one.area, one.category) == ("vest", "urban") else one
        for one in shown.standings
    ]
    published = replace(refresh.published, snapshot=replace(shown, standings=standings))
    for language, said in (("en", "3 overdue, of these 2 probably reached"), ("nb", "2 av dem trolig fremme")):
        assert said in Page(board(view(world, published, language))).text["c-vest-urban"]


async def test_the_worst_comes_first_below_the_whole_country(refresh: Refresh) -> None:
    """By evidence of a miss, then by how unlikely it is; as configured on demand."""
    rows = [row for row in refresh.published.snapshot.rows if row.window == "28d"]
    declared, today = refresh.published.snapshot.service, date(2024, 6, 12)
    worst = ordered(declared, rows, "worst", today)
    fixed = ordered(declared, rows, "fixed", today)
    assert worst[:3] == [("national", 0), ("vest", 1), ("oslo", 1)]
    assert fixed[:4] == [("national", 0), ("oslo", 1), ("ost", 1), ("innlandet", 1)]
    assert sorted(worst) == sorted(fixed)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_verdict_is_shown_when_nobody_knows(world: World, refresh: Refresh, language: Language) -> None:
    """Store down or unreadable, feed silent, nothing read: no cell and no window is met, and a banner says why."""
    published = refresh.published
    down = replace(published, store=StoreState.DOWN, problem="the cable is cut")
    unreadable = replace(published, store=StoreState.UNREADABLE, problem="too new")
    world.clock.now += 2 * DAY
    await wait_until(lambda: refresh.published.snapshot.stale, "the feed to be stale")
    say = speaker(language)
    for shown, banner in (
        (down, say(PROBLEMS[StoreState.DOWN])),
        (unreadable, say(PROBLEMS[StoreState.UNREADABLE])),
        (refresh.published, say(SILENT)),
        (world.refresh().published, say(PROBLEMS[StoreState.UNKNOWN])),
    ):
        found = view(world, shown, language)
        for text in (board(found), area_page(found, "oslo", None, drift_threshold=6.5)):
            assert banner in Page(text).text["banners"]
            assert "the cable is cut" not in text  # an address and an error in English are for /readyz
            main = text.partition("<main")[2].partition('<div class="legend">')[0]
            assert f">{say(STATES[State.MET])}<" not in main
            assert 'data-state="met"' not in main
            assert 'data-state="missed"' not in main
            assert " of 40 missions within" not in main


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_makes_the_figures_doubtful_is_a_banner(
    world: World, refresh: Refresh, language: Language
) -> None:
    """A record of the future, with its year; missions in no figure, with their number and district."""
    snapshot = refresh.published.snapshot
    heard = replace(snapshot.heard, ahead_at=NOW + 365 * DAY)
    doubtful = replace(refresh.published, snapshot=replace(snapshot, heard=heard, left_out={"<b>": 4, "oslo": 3}))
    for published, told in ((refresh.published, ()), (doubtful, ("2025-06-12 14:00", "<b> 4", "Oslo 3", "7 "))):
        found = view(world, published, language)
        for text in (board(found), area_page(found, "oslo", None, drift_threshold=6.5)):
            banners = Page(text).text.get("banners", "").strip()
            assert all(one in banners for one in told)
            assert bool(banners) == bool(told)


async def test_what_comes_from_outside_is_escaped(world: World, refresh: Refresh) -> None:
    """A name cannot become markup, whatever it is of."""
    evil, snapshot = {"en": '<img src="x">'}, refresh.published.snapshot
    declared = snapshot.service
    service = replace(
        declared,
        names=evil,
        areas=tuple(replace(one, names=evil) for one in declared.areas),
        categories=tuple(replace(one, names=evil) for one in declared.categories),
        clocks=tuple(replace(one, names=evil) for one in declared.clocks),
        objectives=tuple(replace(one, names=evil) for one in declared.objectives),
    )
    shown = replace(refresh.published, snapshot=replace(snapshot, service=service))
    found = view(world, shown)
    weeks = await refresh.ask(partial(weeks_of, area="oslo", now=NOW, abandoned_after_seconds=DAY))
    why = why_page(found, "oslo", [(service.objectives[0], Gap.FEW)], "")
    for text in (board(found), area_page(found, "oslo", weeks, drift_threshold=6.5), why):
        assert "<img" not in text
        assert "&lt;img src=&#34;x&#34;&gt;" in text


async def test_pages_are_whole_and_need_only_their_own_files(world: World, refresh: Refresh) -> None:
    """Every element is closed, every id is single; one script, one stylesheet, nothing styled or run in place."""
    weeks = await refresh.ask(partial(weeks_of, area="oslo", now=NOW, abandoned_after_seconds=DAY))
    found = view(world, refresh.published)
    area = area_page(replace(found, root="../"), "oslo", weeks, drift_threshold=6.5)
    why = why_page(replace(found, root="../"), "oslo", [(found.ranked[0], Gap.FEW)], "")
    for text, root in ((board(found), ""), (area, "../"), (why, "../")):
        page = Page(text)
        assert page.tags.count("script") == 1
        assert not {"img", "iframe", "object", "form", "style"} & set(page.tags)
        ours = r"(?:static/|board\.xlsx\?|area/|why/|api/v1/|metrics$|readyz$|\?|#)"
        for address in re.findall(r'(?:src|href)="([^"]*)"', text):
            assert re.match(f"{re.escape(root)}{ours}|#", address), address
        assert not re.search(r' (?:style|on\w+)="', text)
        for href in re.findall(r'href="#([^"]+)"', text):
            assert href in page.attributes
    assert "unsafe" not in POLICY
    assert POLICY.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")


async def test_a_week_without_missions_is_a_gap(world: World, refresh: Refresh) -> None:
    """Lines are drawn between neighbours only; an empty week has neither mark nor bar."""
    await world.tell([
        event(f"w-{weeks}", rang=NOW - weeks * 7 * DAY, district="troms") for weeks in (1, 2, 3, 6, 7)
    ])  # fmt: skip
    await wait_until(lambda: any(row.area == "troms" and row.figures.first.measured == 5 for row in
                                 refresh.published.snapshot.rows), "the missions")  # fmt: skip
    weeks = await refresh.ask(partial(weeks_of, area="troms", now=NOW, abandoned_after_seconds=DAY))
    text = area_page(view(world, refresh.published), "troms", weeks, drift_threshold=6.5)
    urban = text.partition('id="chart-urban_requirement"')[2].partition("</svg>")[0]
    lines = re.findall(r'<path class="line"[^>]* d="([^"]+)"', urban)
    assert [line.count("M") for line in lines] == [3, 3]  # two pieces, then one: P80 and share
    assert urban.count('class="mark ') == 10
    assert urban.count('class="bar') == 5
    assert "no missions" in text


async def test_the_years_of_an_area_stand_beside_each_other(world: World, refresh: Refresh) -> None:
    """One chart for each objective, each year with its missions; one year alone has nothing to stand beside."""
    await world.tell([
        event(f"y-{years}-{number}", rang=NOW - (365 * years + number) * DAY, district="troms")
        for years in (1, 0) for number in range(1, 4)
    ])  # fmt: skip
    await wait_until(lambda: any(row.area == "troms" and row.figures.first.measured == 3 for row in
                                 refresh.published.snapshot.rows), "the missions")  # fmt: skip
    last = Calendar().holding("year", datetime.fromtimestamp(NOW, UTC).date())
    asked = partial(years_of, last=last, now=NOW, abandoned_after_seconds=DAY, areas=["troms"])
    years = await refresh.ask(asked)
    names = [str(last.first.year - back) for back in (1, 0)]
    assert [year.period.name for year in years] == names
    text = area_page(view(world, refresh.published), "troms", None, drift_threshold=6.5, years=years)
    page = Page(text)
    drawn = text.partition('id="years-urban"')[2].partition("<details")[0]
    assert drawn.count("<svg") == 2
    said = page.text["years-of-urban_requirement-said"]
    assert [f"{name} *:" in said or f"{name}:" in said for name in names] == [True] * 2
    assert said.count("n 3.") == 2
    assert "Not the whole year is known" in page.text["years-urban"]
    single = await refresh.ask(partial(asked, count=1))
    bare = area_page(view(world, refresh.published), "troms", None, drift_threshold=6.5, years=single)
    assert "<svg" not in bare


async def test_the_page_of_an_area_is_served_with_its_years(world: World) -> None:
    """The exporter asks the history for them."""
    await world.tell([
        event(f"y-{years}", rang=NOW - (365 * years + 1) * DAY, district="troms") for years in (1, 0)
    ])  # fmt: skip
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "the figures")
        _, text, _ = await get("/area/troms")
    assert "years-of-urban_requirement" in text


async def test_the_language_is_the_readers(world: World) -> None:
    """By choice, else by Accept-Language, else English; the page says which it is."""
    async with served(world) as get:
        await wait_until(lambda: status_is(get, "/readyz", 200), "readiness")
        for path in ("/", "/area/oslo"):
            for query, accepted, language in (
                ("", "", "en"),
                ("", "nb-NO,nb;q=0.9,en;q=0.8", "nb"),
                ("?lang=en", "nb", "en"),
                ("?lang=nb", "", "nb"),
            ):
                _, text, headers = await get(path + query, **{"Accept-Language": accepted})
                assert f'<html lang="{language}"' in text
                assert headers["Content-Language"] == language
                assert "Accept-Language" in headers["Vary"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("no", "nb"), ("nn-NO", "nb"), ("de, en;q=0.3", "en"), ("en;q=0.2, nb;q=0.7", "nb"), ("nb;q=0", "en"),
     ("nb;q=x", "en"), ("fr", "en"), (",;,", "en"), ("sv-FI, nb;q=0.9", "sv")],
)  # fmt: skip
def test_the_best_of_the_accepted_languages_is_chosen(accepted: str, language: str) -> None:
    """Any Norwegian gets bokmål; what is unknown, refused or nonsense gets English."""
    assert chosen(None, languages(accepted)) == language
    assert chosen("xx", languages(accepted)) == language


async def test_files_are_named_by_their_content_and_kept_for_ever(world: World) -> None:
    """A page and its script are always of one version; a name that is not known is not found."""
    async with served(world) as get:
        for asset in ASSETS.values():
            status, text, headers = await get(asset.path)
            assert (status, text.encode()) == (200, asset.body)
            assert "immutable" in headers["Cache-Control"]
        assert (await get("/static/board.js"))[0] == 404
        _, text, _ = await get("/")
    assert f'"{SCRIPT.path.removeprefix("/")}"' in text
    assert f'"{STYLE.path.removeprefix("/")}"' in text


async def test_windows_and_orders_are_chosen_by_links(world: World) -> None:
    """Every configured window has its page; what is unknown is refused with the list, and not repeated."""
    async with served(world) as get:
        _, text, _ = await get("/")
        found = {"/" + link.replace("&amp;", "&") for link in re.findall(r'href="(\?[^"]+)"', text)}
        windows = {match[1] for link in found if (match := re.search(r"window=(\w+)", link))}
        assert windows == set(world.configuration.settings.windows.names)
        for link in found:
            assert (await get(link))[0] == 200
        for path in (
            "/?window=<script>", "/?order=<script>", "/?view=<script>", "/?category=<script>", "/?period=<script>",
            "/board.xlsx?window=<script>", "/area/<script>",
        ):  # fmt: skip
            status, told, headers = await get(path)
            assert status in (400, 404)
            assert headers["Content-Type"].startswith("text/plain")
            assert "script" not in told
            assert "use one of" in told or "say a year" in told


async def test_what_is_behind_the_figures_of_an_area(world: World, refresh: Refresh) -> None:
    """Vest: of thirty missions fifteen took 25 minutes of 20; when, and that hours tell nothing of a single one."""
    published = refresh.published
    spans = {name: parse_window(name).span(NOW, world.configuration.grid) for name in ("28d", "365d")}
    known = {name: span for name, span in spans.items() if span is not None}
    behind = await refresh.ask(partial(closer_of, area="vest", spans=known, longest=known["365d"]))
    page = Page(area_page(view(world, published), "vest", None, behind, drift_threshold=6.5))
    assert re.search(r"Requirement\s+28 d\s+30\s+15 \(50.0 %\)\s+0 \(0.0 %\)\s+0 \(0.0 %\)", page.text["tail-urban"])
    assert re.search(r"25:00\s+12 June 2024 13:00", page.text["urban"])
    assert "No hours stand out" in page.text["urban"]
    assert re.search(r"Wednesday(\s+–\s+0){4}\s+50 %\s+30\s+(–\s+0\s+){3}50 %\s+30", page.text["hours-urban"])
    assert re.search(r"10 or more\s+30\s+100.0 %\s+15\s+100.0 %\s+50.0 %", page.text["crowding-urban"])
    assert "stages-urban" not in page.attributes  # the police have one clock
    assert page.text.get("closer-town", "").strip() == ""  # nothing was measured there


async def test_a_page_without_figures_has_the_places_of_what_is_behind_them(world: World) -> None:
    """They are empty until the store was read, and a live page fills them."""
    page = Page(area_page(view(world, world.refresh().published), "vest", None, None, drift_threshold=6.5))
    for key in ("closer-urban", "closer-town", "closer-rural"):
        assert page.attributes[key].keys() >= {"data-live", "id"}
        assert page.text.get(key, "").strip() == ""
