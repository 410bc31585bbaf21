"""How a service is declared: what may be left out, what is meant, and every fault with what to do."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.core.service import Clock, Duty, Fields, Moment, Objective
from monitor.core.take import How, Take
from monitor.settings import ConfigurationError, load
from tests.presets import CONFIG
from tests.settings.declared import (
    AREA,
    CATEGORY,
    CLOCK,
    HEAD,
    LEAST,
    OBJECTIVE,
    declared,
    faults_of,
    loaded,
    read,
    refused,
    write_service,
)

NFPA_1710 = """
name = "Fire department"
timezone = "America/New_York"
[[clocks]]
slug = "call-handling"
begin = "answered_at"
end = "dispatched_at"
[[clocks]]
slug = "turnout"
begin = "dispatched_at"
end = "en_route_at"
shortest = "0:01"
[[clocks]]
slug = "travel"
begin = "en_route_at"
end = "on_scene_at"
[[objectives]]
slug = "call-handling"
clock = "call-handling"
percentile = 90
[[objectives]]
slug = "turnout"
clock = "turnout"
percentile = 90
[[objectives]]
slug = "travel"
clock = "travel"
percentile = 90
[[categories]]
slug = "ems"
[[areas]]
slug = "city"
"""


def test_the_least_that_declares_a_service(tmp_path: Path) -> None:
    """One of each; the objective is of the only clock and only shown, the area is root and leaf."""
    service = declared(tmp_path, LEAST)
    assert service.slug == "own"
    assert service.names == {"en": "A service"}
    assert service.objectives == (Objective("p90", 90, Duty.SHOW, "response"),)
    assert service.clocks == (Clock("response", (Moment("called_at"),), (Moment("arrived_at"),), 86_400.0, 0.0),)
    assert service.fields == Fields()
    assert (service.root, service.leaf_areas, service.told_series) == ("town", ("town",), (("town", "all-calls"),))


def test_the_shipped_police_are_what_stood_in_the_code() -> None:
    """Slugs, order, fields of the event and duties are those of every version before."""
    service = load(CONFIG).service
    assert service.slug == "norwegian-police"
    assert [(one.slug, one.percentile, one.duty) for one in service.objectives] == [
        ("goal", 50, Duty.TICKET), ("requirement", 80, Duty.PAGE),
    ]  # fmt: skip
    assert service.fields == Fields(
        area="district", category="settlement", eligible="urgent", instants=("dispatched_at",),
        required=("ringing_at", "on_scene_at"),
    )  # fmt: skip
    assert service.judged_categories == ("urban", "town", "rural")
    assert service.judged_areas[:3] == ("national", "oslo", "ost")
    assert len(service.told_series) == 36
    assert service.area_names("sor-ost") == {"en": "Sør-Øst"}


def test_the_shipped_ambulances_have_means_pools_and_capped_clocks() -> None:
    """England: four standards over two clocks, categories in a pool, a year from April, doubts in words."""
    england = load(CONFIG, service="england-ambulance")
    service = england.service
    assert service.clock("response").begin == (
        Moment("coded_at"), Moment("assigned_at"), Moment("connected_at", 240.0),
    )  # fmt: skip
    assert service.clock("c1-response").begin[-1] == Moment("connected_at", 30.0)
    assert [one.percentile for one in service.objectives] == [None, 90, None, 90]
    assert service.category_pools["c2"] == ("c2", "all")
    assert england.grid.calendar.year_starts == 4
    (one,) = england.targets.sets
    assert one.of("london", "c1") == {"c1-mean": 420.0, "c1-p90": 900.0}
    assert one.of("england", "c2") == {"mean": 1080.0, "p90": 2400.0}
    assert (one.of("yorkshire", "c4"), dict(one.of("england", "all"))) == ({"p90": 10_800.0}, {})
    assert len(england.unverified) > 3


def test_the_second_engine_is_the_second_arrival_of_any() -> None:
    """London: where each engine is told in a row of its own, its arrival is `first_at` in all of them."""
    assert load(CONFIG, service="london-fire").service.fields.fold == (("second_at", Take(How.NTH, 2, "first_at")),)


def test_stages_are_clocks_of_their_own(tmp_path: Path) -> None:
    """NFPA 1710: three clocks, one objective each, judged apart."""
    found = loaded(tmp_path, NFPA_1710, 'call-handling = "60 s"\nturnout = "80 s"\ntravel = "4:00"\n')
    assert found.service.clock_slugs == ("call-handling", "turnout", "travel")
    assert found.service.clock("turnout").shortest_seconds == 1.0
    assert found.targets.sets[0].of("city", "ems") == {"call-handling": 60.0, "turnout": 80.0, "travel": 240.0}


def test_one_clock_may_have_six_objectives(tmp_path: Path) -> None:
    """Tiers on one indicator: 75 % within 10, 92 % within 15 and so on, and a percentile that is no whole number."""
    tiers = {"t50": 50, "t75": 75, "t92": 92, "t98": 98, "t99": 99.9}
    text = HEAD + CLOCK + CATEGORY + AREA + '[[objectives]]\nslug = "mean"\nstatistic = "mean"\n'
    text += "".join(f'[[objectives]]\nslug = "{slug}"\npercentile = {p}\n' for slug, p in tiers.items())
    found = loaded(tmp_path, text, "mean = 9\nt50 = 8\nt75 = 10\nt92 = 15\nt98 = 20\nt99 = 30\n")
    assert [one.percentile for one in found.service.objectives] == [None, 50, 75, 92, 98, Decimal("99.9")]
    assert [type(one.percentile) for one in found.service.objectives[1:5]] == [int] * 4


@pytest.mark.parametrize(
    ("written", "month"),
    [('"04-01"', 4), ('"4"', 4), ("7", 7), ('"10"', 10), ('"01-01"', 1)],
)
def test_years_begin_where_they_are_said_to(tmp_path: Path, written: str, month: int) -> None:
    """As a day of the year, or as a month."""
    assert loaded(tmp_path, f"year_starts = {written}\n{LEAST}").grid.calendar.year_starts == month


@pytest.mark.parametrize(
    ("written", "moments"),
    [
        ('"a"', (Moment("a"),)),
        ('["a", "b"]', (Moment("a"), Moment("b"))),
        ('[{ from = "a", plus = "4:00" }, "b"]', (Moment("a", 240.0), Moment("b"))),
        ('{ from = "a", plus = 0.5 }', (Moment("a", 30.0),)),
        ('[{ from = "a" }]', (Moment("a"),)),
    ],
)
def test_a_clock_begins_at_an_instant_or_at_the_earliest_of_several(
    tmp_path: Path, written: str, moments: tuple[Moment, ...]
) -> None:
    """An element may carry a cap."""
    text = HEAD + CLOCK.replace('"called_at"', written) + OBJECTIVE + CATEGORY + AREA
    assert declared(tmp_path, text).clocks[0].begin == moments


def test_a_page_that_nobody_simulated_is_only_shown_and_told_why(tmp_path: Path) -> None:
    """How often it would come for nothing is known from P50 to P95, and of no mean."""
    text = HEAD + CLOCK + OBJECTIVE.replace("90", "98") + 'duty = "page"\n' + CATEGORY + AREA
    assert declared(tmp_path, text).objectives[0].duty is Duty.SHOW
    (fault,) = read(tmp_path, text).faults
    assert (fault.severity, fault.where) == ("warning", "service.toml: objectives.p98.duty")
    assert "no simulation stands behind an alarm on P98" in fault.message
    for known in ("50", "80", "95"):
        assert declared(tmp_path, text.replace("98", known)).objectives[0].duty is Duty.PAGE


REFUSED = {
    "colour = 1\n" + LEAST: ("colour", "unknown key"),
    "unverfied = []\n" + LEAST: ("unverfied", "did you mean unverified?"),
    LEAST.replace("[[areas]]", "[areas]"): ("areas", "write [[areas]] on a line"),
    HEAD + CLOCK + OBJECTIVE + AREA: ("categories", "declare at least one with [[categories]]"),
    LEAST.replace('"town"', '"Town"'): ("areas[1].slug", "is no slug"),
    LEAST.replace('"town"', '"default"'): ("areas.default", "means something else"),
    LEAST.replace('"all-calls"', '"not_applicable"'): ("categories.not_applicable", "means something else"),
    LEAST.replace('"p90"', '"name"'): ("objectives.name", "means something else"),
    LEAST.replace('"town"', '"-town"'): ("areas[1].slug", "is no slug"),
    LEAST.replace('slug = "town"', 'name = "Town"'): ("areas[1].slug", "is missing"),
    LEAST + 'name = "a\\u202eb"\n': ("areas.town.name", "cannot be seen"),
    LEAST + 'name = { en = "a", NO = "b" }\n': ("areas.town.name", "'NO' is no language"),
    LEAST + "name = 5\n": ("areas.town.name", "must be a text"),
    LEAST + AREA: ("areas.town", "is declared twice"),
    LEAST + CATEGORY: ("categories.all-calls", "is declared twice"),
    LEAST + CLOCK: ("clocks.response", "is declared twice"),
    LEAST + OBJECTIVE: ("objectives.p90", "is declared twice"),
    LEAST + 'widthin = "x"\n': ("areas.town.widthin", "did you mean within?"),
    LEAST + "since = 5\n": ("areas.town.since", "must be a day"),
    LEAST + "since = 2020-01-01\nuntil = 2020-01-01\n": ("areas.town", "before it begins"),
    LEAST.replace("percentile = 90", "percentile = 100"): ("objectives.p90.percentile", "below 100"),
    LEAST.replace("percentile = 90", "percentile = 0"): ("objectives.p90.percentile", "above 0"),
    LEAST.replace("percentile = 90", "percentile = nan"): ("objectives.p90.percentile", "above 0"),
    LEAST.replace("percentile = 90", "percentile = true"): ("objectives.p90.percentile", "must be a number"),
    LEAST.replace("percentile = 90", 'percentile = "90"'): ("objectives.p90.percentile", "must be a number"),
    LEAST.replace("percentile = 90", "percentile = 0.9"): ("objectives.p90.percentile", "write 90 for"),
    LEAST.replace("percentile = 90", ""): ("objectives.p90", "says no statistic"),
    LEAST.replace("percentile = 90", 'percentile = 90\nrounding = "minute"'): (
        "objectives.p90.rounding",
        "must be one of exact, tenth_of_minute, not 'minute'",
    ),
    LEAST.replace("percentile = 90", 'statistic = "mean"\nrounding = "tenth_of_minute"'): (
        "objectives.p90",
        "is a mean, which is judged on exact times: take `rounding` away",
    ),
    LEAST.replace("percentile = 90", 'percentile = 90\nstatistic = "mean"'): (
        "objectives.p90",
        "keep one of the two",
    ),
    LEAST.replace("percentile = 90", 'statistic = "median"'): ("objectives.p90.statistic", "percentile = 50"),
    LEAST.replace("percentile = 90", 'percentile = 90\nduty = "shout"'): (
        "objectives.p90.duty",
        "page, ticket, show",
    ),
    LEAST.replace("percentile = 90", 'percentile = 90\nclock = "respons"'): (
        "objectives.p90.clock",
        "did you mean response?",
    ),
    LEAST.replace('"called_at"', "[]"): ("clocks.response.begin", "names no instant"),
    LEAST.replace('"called_at"', '["a", "a"]'): ("clocks.response.begin", "one instant twice"),
    LEAST.replace('"called_at"', "5"): ("clocks.response.begin", "must name a field"),
    LEAST.replace('"called_at"', '{ plus = "4:00" }'): ("clocks.response.begin", '"from" is missing'),
    LEAST.replace('"called_at"', '{ from = "a", pluss = 4 }'): ("clocks.response.begin", "unknown key 'pluss'"),
    LEAST.replace('"called_at"', '{ from = "a", plus = "soon" }'): ("clocks.response.begin", "minutes as a number"),
    LEAST.replace('"called_at"', '"status"'): ("clocks.response.begin", "a field of every event"),
    LEAST.replace('"called_at"', '"area"'): ("event", "'area' is named for two things"),
    LEAST.replace('end = "arrived_at"\n', ""): ("clocks.response.end", "is missing"),
    LEAST.replace('end = "arrived_at"', 'end = "called_at"'): ("clocks.response", "begins and ends at one instant"),
    LEAST.replace('end = "arrived_at"', 'end = "b"\nlongest = -4'): ("clocks.response.longest", "cannot be right"),
    LEAST.replace('end = "arrived_at"', 'end = "b"\nlongest = 0'): ("clocks.response", "could measure nothing"),
    LEAST.replace('end = "arrived_at"', 'end = "b"\nshortest = "25:00:00"'): (
        "clocks.response",
        "could measure nothing",
    ),
    HEAD + '[event]\narea = "b"\ncategory = "b"\n' + LEAST.replace(HEAD, ""): (
        "event",
        "'b' is named for two things",
    ),
    HEAD + '[event]\neligibel = "x"\n' + LEAST.replace(HEAD, ""): ("event.eligibel", "did you mean eligible?"),
    HEAD + '[event.fold]\nsecond_at = "last"\n' + LEAST.replace(HEAD, ""): (
        "event.fold.second_at",
        "no event has it",
    ),
    HEAD + '[event.fold]\narea = "nth(2)"\n' + LEAST.replace(HEAD, ""): (
        "event.fold.area",
        "write one of first, last",
    ),
    HEAD + '[event.fold]\nstatus = "closed"\n' + LEAST.replace(HEAD, ""): ("event.fold.status", "one of any, all"),
    HEAD + '[event.fold]\narrived_at = "nth(2) of x"\n' + LEAST.replace(HEAD, ""): (
        "event.fold.arrived_at",
        "'x' is no time",
    ),
    HEAD + "[event.fold]\narrived_at = 2\n" + LEAST.replace(HEAD, ""): ("event.fold", "arrived_at: must be a text"),
    HEAD + "event = 5\n" + LEAST.replace(HEAD, ""): ("event", "must be a table"),
    'year_starts = "04-15"\n' + LEAST: ("year_starts", "first day of a month"),
    "year_starts = 13\n" + LEAST: ("year_starts", "first day of a month"),
    'slug = "No Slug"\n' + LEAST: ("slug", "is no slug"),
}


@pytest.mark.parametrize(("text", "told"), REFUSED.items(), ids=[" ".join(told) for told in REFUSED.values()])
def test_what_cannot_be_meant_is_refused_where_it_stands(tmp_path: Path, text: str, told: tuple[str, str]) -> None:
    """Where, what, and what to write instead."""
    where, message = told
    found = faults_of(tmp_path, text)
    assert where in found
    assert message in found[where]


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Of the head, of every table, of what the tables are together, and of the targets, in one run."""
    text = (
        'timezone = "Europe/Olso"\nfoo = 1\n' + CLOCK + '[[clocks]]\nslug = "travel"\nbegin = "a"\n' + OBJECTIVE
        + '[[objectives]]\nslug = "late"\nclock = "travel"\npercentile = 101\n'
        + '[[objectives]]\nslug = "gone"\nclock = "nowhere"\npercentile = 80\n'
        + CATEGORY + AREA + '[[areas]]\nslug = "x"\nwithin = "y"\n[[areas]]\nslug = "y"\nwithin = "x"\n'
    )  # fmt: skip
    found = {fault.where.removeprefix("service.toml: ") for fault in refused(tmp_path, text, 'p90 = "soon"\n')}
    assert found == {
        "timezone", "foo", "clocks.travel.end", "objectives.late.percentile", "objectives.gone.clock", "areas.x",
        "rule.toml: default.default.p90",
    }  # fmt: skip


def test_a_zone_that_is_none_is_told_in_the_services_file(tmp_path: Path) -> None:
    """With the one that was meant; one that is missing is no default, for it would move missions into other days."""
    (fault,) = refused(tmp_path, LEAST.replace("UTC", "Europe/Olso"))
    assert (fault.where, "did you mean Europe/Oslo?" in fault.message) == ("service.toml: timezone", True)
    (fault,) = refused(tmp_path, LEAST.replace('timezone = "UTC"\n', ""))
    assert (fault.where, "is missing" in fault.message) == ("service.toml: timezone", True)


@pytest.mark.parametrize("name", ["Our Service", "x" * 60, "b.02"])
def test_a_folder_gives_the_slug_that_its_name_makes(tmp_path: Path, name: str) -> None:
    """Whatever a temporary folder is called; who minds says `slug`."""
    (tmp_path / "monitor.toml").write_text(f'service = "{name}"\n', encoding="utf-8")
    write_service(tmp_path / name)
    assert load(tmp_path / "monitor.toml").service.slug in {"our-service", "x" * 40, "b-02"}
    write_service(tmp_path / name, 'slug = "mine"\n' + LEAST)
    assert load(tmp_path / "monitor.toml").service.slug == "mine"


def test_a_service_without_tables_is_refused(tmp_path: Path) -> None:
    """Nothing could be judged, and everything would read no_target."""
    (fault,) = refused(tmp_path, targets=None)
    assert "no target files" in fault.message
    assert fault.where.endswith("own/targets")


def test_an_objective_that_asks_and_has_no_threshold_is_refused(tmp_path: Path) -> None:
    """One that is only shown is told, unless the tables say so themselves."""
    text = LEAST + '[[objectives]]\nslug = "median"\npercentile = 50\n'
    assert "objectives.median" in [fault.where for fault in loaded(tmp_path, text).warnings]
    text += 'duty = "ticket"\n'
    (fault,) = refused(tmp_path, text)
    assert fault.where == "objectives.median"
    assert loaded(tmp_path, text, 'p90 = 15\nmedian = "none"\n').service.objectives[1].slug == "median"


def test_a_threshold_beyond_what_the_clock_may_take_is_refused(tmp_path: Path) -> None:
    """It would always be met."""
    text = LEAST.replace('end = "arrived_at"', 'end = "arrived_at"\nlongest = "0:30:00"')
    (fault,) = refused(tmp_path, text, "p90 = 31\n")
    assert "at most 1800 s" in fault.message


def test_a_threshold_that_no_rounded_time_can_be_is_told(tmp_path: Path) -> None:
    """Ten seconds are no tenth of a minute: up to 8.999999 s is read as 0.1, which is less."""
    text = LEAST.replace("percentile = 90", 'percentile = 90\nrounding = "tenth_of_minute"')
    assert declared(tmp_path, text).objectives[0].rounding == "tenth_of_minute"
    assert loaded(tmp_path, text, "p90 = 4.1\n").warnings == loaded(tmp_path, LEAST, "p90 = 4.1\n").warnings
    (fault,) = [one for one in loaded(tmp_path, text, 'p90 = "10 s"\n').warnings if "tenth" in one.message]
    assert fault.where.endswith("default.default.p90")
    assert "what takes less than 9 s counts as within" in fault.message


def test_names_of_the_tables_are_the_services_where_it_has_none(tmp_path: Path) -> None:
    """A printed table often says what an area is called."""
    found = loaded(tmp_path, LEAST, 'p90 = 15\n[town]\nname = "The Town"\n')
    assert found.service.area_names("town") == {"en": "The Town"}
    found = loaded(tmp_path, LEAST + 'name = "Ours"\n', 'p90 = 15\n[town]\nname = "The Town"\n')
    assert found.service.area_names("town") == {"en": "Ours"}


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"a = ", b"[[clocks]]\n[[clocks]]\n", b"clocks = 5\nareas = [1]\n"]
)
def test_no_file_is_a_traceback(tmp_path: Path, content: bytes) -> None:
    """Whatever stands in service.toml: faults that name it."""
    folder = write_service(tmp_path / "own")
    (folder / "service.toml").write_bytes(content)
    (tmp_path / "monitor.toml").write_text('service = "own"\n', encoding="utf-8")
    found = refused_file(tmp_path / "monitor.toml")
    assert found
    assert all("service.toml" in where for where in found)


def refused_file(path: Path) -> list[str]:
    """Where the errors of a configuration are."""
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    return [fault.where for fault in caught.value.faults if fault.severity == "error"]


LITERALS = [
    '""', '"x"', '" "',
    '"\\u0000"', '"é"', "0", "-1", "7", "true", "inf", "nan", "1e308", "99999999999999999999", "[]",
    "[1]", '["x"]', "{}", "{ a = 1 }", '{ from = "x" }', '[{ plus = "4:00" }]', "2024-01-01", "2024-01-01T00:00:00Z",
    "12:00:00", "[[1]]", "{ en = 5 }", '"mean"', '"4:00"', '"area"', '"default"', '"town"', '["x", "x"]',
]  # fmt: skip
KEYS = {
    "": [
        "slug",
        "name",
        "description",
        "timezone",
        "year_starts",
        "unverified",
        "cannot_say",
        "instants",
        "event",
        "clocks",
        "areas",
        "extra",
    ],
    "[event]": ["area", "category", "eligible", "instants", "required", "fold", "extra"],
    "[[clocks]]": ["slug", "begin", "end", "longest", "shortest", "name", "since", "until", "source", "extra"],
    "[[objectives]]": ["slug", "clock", "percentile", "statistic", "duty", "name"],
    "[[categories]]": ["slug", "within", "name"],
    "[[areas]]": ["slug", "within", "since", "until", "name"],
}
TABLES = st.lists(
    st.sampled_from(list(KEYS)[1:]).flatmap(
        lambda head: st.tuples(
            st.just(head), st.dictionaries(st.sampled_from(KEYS[head]), st.sampled_from(LITERALS), max_size=4)
        )
    ),
    max_size=4,
)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(KEYS[""]), st.sampled_from(LITERALS), max_size=3), TABLES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_no_value_of_any_key_is_a_traceback(
    tmp_path: Path, head: dict[str, str], more: list[tuple[str, dict[str, str]]]
) -> None:
    """Whatever stands where: a service that may be worked with, or faults of the file; or no TOML at all."""
    lines = [f"{key} = {value}" for key, value in ({"timezone": '"UTC"'} | head).items()]
    lines.append(CLOCK + OBJECTIVE + CATEGORY + AREA)
    for name, table in more:
        lines += [name, *(f"{key} = {value}" for key, value in table.items())]
    found = read(tmp_path, "\n".join(lines) + "\n")
    errors = [fault for fault in found.faults if fault.severity == "error"]
    assert (found.service is None) == bool(errors)
    assert all("service.toml" in fault.where and fault.message.isprintable() for fault in errors)


@pytest.mark.parametrize(
    ("zone", "message"),
    [
        ('timezone = "Europe/Olso"', "did you mean Europe/Oslo?"),
        ("", "is missing"),
        ("timezone = 5", "must be a text"),
    ],
)
def test_the_zone_is_judged_beside_whatever_else_is_wrong(tmp_path: Path, zone: str, message: str) -> None:
    """Who mends a declaration hears everything at once, and of each key once."""
    text = f'{zone}\n{CLOCK}{OBJECTIVE}clock = "nope"\n{CATEGORY}{AREA}'
    told = [(fault.where.removeprefix("service.toml: "), fault.message) for fault in refused(tmp_path, text)]
    assert sorted(where for where, _ in told) == ["objectives.p90.clock", "timezone"]
    assert message in dict(told)["timezone"]


def test_a_slug_that_stands_twice_is_told_also_where_one_of_the_two_cannot_be_used(tmp_path: Path) -> None:
    """Mending the other fault would only bring this one."""
    broken = '[[objectives]]\nslug = "p90"\nstatistic = "median"\n'
    for pair in (OBJECTIVE + broken, broken + OBJECTIVE):
        assert "is declared twice" in faults_of(tmp_path, HEAD + CLOCK + pair + CATEGORY + AREA)["objectives.p90"]
