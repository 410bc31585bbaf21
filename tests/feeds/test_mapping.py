"""One record in, its events out: words, conditions, filters, identities, revisions, rows that leave."""

from decimal import Decimal
from typing import Any

import pytest

from monitor.feeds.mapping import Mapper
from monitor.feeds.rows import Notice, Refusal, Row, What, Why
from monitor.feeds.sought import Sought
from tests.feeds.small import FIELDS, HEAD, SERVICE, event, feed, mapped, mapper, utc

ROWS = 'row = "unit"\n'


def with_field(line: str) -> str:
    """The fields, one of them another, or one more."""
    name = line.partition(" ")[0]
    return "\n".join([*(one for one in FIELDS.splitlines() if not one.startswith(name + " ")), line])


def refusals(*arguments: Any) -> list[tuple[Why, str, str]]:
    return [(one.why, one.field, one.example) for one in mapped(*arguments).refused]


@pytest.mark.parametrize(
    ("word", "wanted"),
    [("north", "north"), ("North ", "north"), ("SOUTH", "south"), ("St. 2", "south"), ("st. 2", "south")],
)
def test_a_word_is_known_by_the_map_or_as_a_slug_of_the_service(word: str, wanted: str) -> None:
    """Capitals and spaces do not matter."""
    line = 'area = { path = "station", map = { "St. 2" = "south" } }'
    assert event({"station": word}, "", with_field(line))["area"] == wanted


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [("", None), (', unknown = { as = "south" }', "south")],
)
def test_an_unknown_word_becomes_what_the_feed_says(rule: str, wanted: str | None) -> None:
    """Refused unless it says otherwise, and named and counted in any case."""
    line = f'area = {{ path = "station"{rule} }}'
    if wanted is None:
        assert refusals({"station": "??"}, "", with_field(line)) == [(Why.UNKNOWN_WORD, "area", "??")]
    else:
        found = mapped({"station": "??"}, "", with_field(line))
        assert found.events[0]["area"] == wanted
        assert found.notices == [Notice(What.UNKNOWN_WORD, "area", "??")]


def test_a_word_that_means_nothing_says_nothing() -> None:
    """Of the statuses of a stream, one says that the mission is closed."""
    line = 'status = { path = "state", map = { CallCleared = "closed" }, unknown = "nothing" }'
    told = event({"state": "UnitEnroute", "unit": "E1"}, ROWS, with_field(line))
    assert "status" not in told
    assert event({"state": "callcleared", "unit": "E1"}, ROWS, with_field(line))["status"] == "closed"


def test_a_whole_mission_that_nothing_calls_closed_is_open() -> None:
    """As one that is told in rows; a word that nobody knows refuses it all the same."""
    line = 'status = { path = "state", map = { CLR = "closed" }, unknown = "nothing" }'
    for state in ({"state": "ENROUTE"}, {"state": ""}, {}):
        assert event(state, "", with_field(line))["status"] == "open"
    assert event({"state": "CLR"}, "", with_field(line))["status"] == "closed"
    line = 'status = { constant = "closed", if = { done = { known = true } } }'
    assert event({"done": None}, "", with_field(line))["status"] == "open"
    assert [why for why, *_ in refusals({"status": "??"}, "", with_field('status = "status"'))] == [Why.UNKNOWN_WORD]


@pytest.mark.parametrize("written", [0, "0", 0.0, Decimal("0.00")])
def test_a_number_may_stand_for_not_known(written: Any) -> None:
    """As people read it: 1970 is no arrival."""
    line = 'on_scene_at = { path = "arrived", formats = "epoch_s", nulls = ["0"] }'
    assert "on_scene_at" not in event({"arrived": written}, "", with_field(line))
    assert "on_scene_at" in event({"arrived": 1_717_257_600}, "", with_field(line))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(1, True), ("0", False), ("Yes", True), ("n", False), (True, True), (None, None), ("", None)],
)
def test_truths_are_read_as_people_write_them(value: Any, wanted: bool | None) -> None:
    """And nothing where there is nothing; anything else is refused."""
    assert event({"urgent": value}, "", with_field('eligible = "urgent"')).get("eligible") is wanted
    assert refusals({"urgent": "maybe"}, "", with_field('eligible = "urgent"')) == [
        (Why.NO_TRUTH, "eligible", "maybe")
    ]


@pytest.mark.parametrize(
    ("condition", "record", "holds"),
    [
        ('{ a = "x" }', {"a": "x"}, True),
        ('{ a = "x" }', {"a": "y"}, False),
        ('{ a = "x" }', {}, False),
        ("{ a = 1 }", {"a": "1"}, True),
        ("{ a = 1 }", {"a": 1.0}, True),
        *((f"{{ a = {one} }}", {"a": "1.0"}, True) for one in ("1", "1.0", '"1"', '"1.00"', "true")),
        *((f"{{ a = {one} }}", {"a": "0.0"}, False) for one in ("1", "true", "10", '""')),
        ("{ a = 1 }", {"a": "1.5"}, False),
        ("{ a = 10 }", {"a": "10.0"}, True),
        ("{ a = -1 }", {"a": "-1.0"}, True),
        ("{ a = { not = 0 } }", {"a": "0.0"}, False),
        ("{ a = { not = 0 } }", {"a": "-0.0"}, False),
        ('{ a = "v1" }', {"a": "v1.0"}, False),
        *((f"{{ a = {one} }}", {"a": True}, True) for one in ("1", '"Y"', '"yes"', '"True"', '["N", "T"]')),
        *((f"{{ a = {one} }}", {"a": "TRUE"}, True) for one in ("1", '"Y"', "true")),
        *((f"{{ a = {one} }}", {"a": False}, False) for one in ("1", '"Y"', "true", '"x"')),
        *((f"{{ a = {{ not = {one} }} }}", {"a": False}, False) for one in ("0", '"N"', "false")),
        ("{ a = 1 }", {"a": [False, True]}, True),
        ("{ a = true }", {"a": True}, True),
        *(("{ a = true }", {"a": yes}, True) for yes in ("Y", "yes", 1, "true", "T")),
        *(("{ a = true }", {"a": no}, False) for no in ("N", 0, "false", "", None, "maybe")),
        ("{ a = false }", {"a": "No"}, True),
        ("{ a = { not = true } }", {"a": "N"}, True),
        ('{ a = "Y" }', {"a": "yes"}, False),
        ('{ a = ["x", "y"] }', {"a": "y"}, True),
        ('{ a = { not = "x" } }', {"a": "y"}, True),
        ('{ a = { not = "x" } }', {}, True),
        ('{ a = { not = ["x", "y"] } }', {"a": "y"}, False),
        *(('{ a = "" }', blank, True) for blank in ({}, {"a": None}, {"a": " "}, {"a": "NULL"}, {"a": []})),
        ('{ a = ["x", ""] }', {}, True),
        ('{ a = { not = "" } }', {}, False),
        ('{ a = { not = "" } }', {"a": "0"}, True),
        ("{ a = { known = true } }", {"a": "NULL"}, False),
        ("{ a = { known = false } }", {}, True),
        ("{ a = { above = 2 } }", {"a": "10"}, True),
        ("{ a = { above = 2, below = 5 } }", {"a": 7}, False),
        ("{ a = { above = 2 } }", {"a": "many"}, False),
        ('{ a = { begins = "Med" } }', {"a": "Medical"}, True),
        ('{ a = "x", b = "y" }', {"a": "x", "b": "z"}, False),
        ('[{ a = "x" }, { b = "y" }]', {"b": "y"}, True),
        ('{ "a.b" = "x" }', {"a": {"b": "x"}}, True),
        ('{ "a[].b" = "x" }', {"a": [{"b": "z"}, {"b": "x"}]}, True),
    ],
)
def test_a_condition_is_what_it_says(condition: str, record: dict[str, Any], holds: bool) -> None:
    """All of a table, any of a list; values as a person would read them."""
    line = f'excluded = {{ constant = "out", if = {condition} }}'
    assert ("excluded" in event(record, "", with_field(line))) is holds


def test_a_validity_flag_takes_a_time_away() -> None:
    """A time that its source says is not valid is not known; the mission stays."""
    line = 'on_scene_at = { path = "arrived", if = { arrived_valid = ["Y", "1"] } }'
    for flag, known in (("Y", True), (1, True), ("N", False), (None, False)):
        record = {"called": "2024-06-01T12:00:00", "arrived": "2024-06-01T12:05:00", "arrived_valid": flag}
        assert ("on_scene_at" in event(record, "", with_field(line))) is known


def filtered(then: str) -> str:
    return f'[[source.filters]]\nif = {{ disposition = "Cancelled" }}\nreason = "cancelled"\nthen = "{then}"\n'


@pytest.mark.parametrize(
    ("then", "field", "value"),
    [
        ("exclude", "excluded", "cancelled"),
        ("not_eligible", "not_eligible", True),
        ("withdraw", "status", "cancelled"),
    ],
)
def test_a_filter_takes_a_record_out_of_the_figures_and_is_counted(then: str, field: str, value: Any) -> None:
    """Excluded with its reason, not eligible, or withdrawn."""
    source = ROWS + filtered(then)
    found = mapped({"disposition": "Cancelled", "unit": "E1"}, source)
    assert found.events[0][field] == value
    assert found.notices == [Notice(What.FILTERED, detail="cancelled")]
    assert mapped({"disposition": "Fire", "unit": "E1"}, source).events[0].get(field) != value


@pytest.mark.parametrize("blank", [None, "", " ", "NULL", [], {}])
def test_a_filter_takes_out_no_mission_for_what_its_record_does_not_say(blank: Any) -> None:
    """A blank is not 0, and says not that it is something else either: who means it says so."""
    rule = '[[source.filters]]\nif = {}\nreason = "out"\n'
    for condition, out in (
        ("{ n = { not = 0 } }", False),
        ('{ n = { not = ["a", "b"] } }', False),
        ("[{ n = { not = 0 } }, { n = { known = false } }]", True),
    ):
        source = rule.replace("{}", condition)
        assert ("excluded" in event({"n": blank}, source)) is out
        assert ("excluded" in event({}, source)) is out
        assert event({"n": "7"}, source)["excluded"] == "out"


def test_a_field_is_told_where_nothing_says_otherwise() -> None:
    """A time that nobody marked is a time: left out, its mission would be unmeasured in silence."""
    line = 'on_scene_at = { path = "arrived", if = { state = { not = "void" } } }'
    said = {"called": "2024-06-01T12:00:00", "arrived": "2024-06-01T12:05:00"}
    for state, known in ((None, True), ("", True), ("ok", True), ("VOID", False)):
        assert ("on_scene_at" in event({**said, "state": state}, "", with_field(line))) is known


@pytest.mark.parametrize(
    ("line", "cell", "field", "wanted"),
    [
        ('category = { path = "a", map = { "1" = "urgent", "2" = "other" } }', "1.0", "category", "urgent"),
        ('category = { path = "a", map = { "1.0" = "urgent" } }', "1", "category", "urgent"),
        ('category = { path = "a", map = { "1.0" = "urgent", "1" = "urgent" } }', 1, "category", "urgent"),
        ('category = { path = "a", map = { "1" = "urgent" } }', True, "category", "urgent"),
        ('category = { path = "a", map = { N = "other", Y = "urgent" } }', False, "category", "other"),
        ('category = { path = "a", map = { N = "other", Y = "urgent" } }', "FALSE", "category", "other"),
        ('category = { path = "a", map = { N = "other", true = "urgent" } }', True, "category", "urgent"),
        ('status = { path = "a", map = { yes = "closed" }, unknown = "nothing" }', True, "status", "closed"),
        ('eligible = "a"', "1.0", "eligible", True),
        ('eligible = "a"', "0.00", "eligible", False),
        ('excluded = "a"', "1.0", "excluded", "1.0"),
    ],
)
def test_a_word_that_is_a_number_or_a_truth_is_read_as_people_read_it(
    line: str, cell: object, field: str, wanted: object
) -> None:
    """Programs that know no whole numbers write 1.0, others `true` where the list of codes says Y."""
    assert event({"a": cell}, "", with_field(line))[field] == wanted
    if not isinstance(cell, bool):
        assert refusals({"a": "1.5"}, "", with_field(line)) or field in {"excluded", "status"}


@pytest.mark.parametrize("cell", ["0", "0.0", "-0.0", 0, 0.0, Decimal("0.00"), " 0.0 "])
def test_zero_that_stands_for_not_known_is_zero_however_it_is_written(cell: object) -> None:
    """An arrival of 1970 it would be, under numbers since then."""
    source = 'nulls = ["0"]\ntimes = { formats = "epoch_s" }\n'
    known = event({"called": 1_717_236_000, "arrived": cell}, source)
    assert "on_scene_at" not in known
    assert refusals({"id": cell}, 'nulls = ["0"]\n') == [(Why.NO_KEY, "mission", "")]


def test_a_record_of_no_mission_is_passed_over_and_counted() -> None:
    """It becomes no event, and is not refused."""
    found = mapped({"disposition": "Cancelled"}, filtered("skip"))
    assert (found.events, found.refused) == ((), ())
    assert found.notices == [Notice(What.FILTERED, detail="cancelled")]


def test_an_id_bears_its_prefix_and_its_year() -> None:
    """By the local year of a time: the first minutes of January in New York are January's."""
    key = 'mission = { path = ["station", "number"], prefix = "cad-", year_of = "called" }\n'
    written = HEAD.replace('mission = "id"\n', key) + FIELDS
    one = Mapper(feed(written).sources[0], SERVICE)
    values = {"station": "7", "number": 17.0, "called": "2025-01-01T04:59:59Z"}
    assert one.map(Row(values)).events[0]["mission_id"] == "cad-2024-7-17"
    assert one.map(Row({**values, "called": "2025-01-01T05:00:00Z"})).events[0]["mission_id"] == "cad-2025-7-17"
    assert [refusal.why for refusal in one.map(Row({**values, "number": ""})).refused] == [Why.NO_KEY]
    assert [refusal.why for refusal in one.map(Row({**values, "called": None})).refused] == [Why.NO_KEY]
    assert [refusal.why for refusal in one.map(Row({**values, "number": "9" * 60})).refused] == [Why.TOO_LONG]


def test_a_row_without_a_name_is_refused_but_for_a_part_of_it() -> None:
    """Two rows of one name would be one."""
    assert refusals({"unit": None}, ROWS) == [(Why.NO_ROW, "row", "")]
    several = 'row = ["unit", "status"]\n'
    assert event({"unit": None, "status": "CallOpened"}, several)["row"] == "none-CallOpened"


@pytest.mark.parametrize(
    ("source", "value", "wanted"),
    [
        ('revision = "version"\n', "7", 7),
        ('revision = "version"\n', 7.0, 7),
        ('revision = "version"\n', "7.0", 7),
        ('revision = "version"\n', None, 0),
        ('order = "version"\n', "1970-01-01T00:00:01.5Z", 1_500_000),
        ('order = { path = "version", formats = "epoch_ms" }\n', 1500, 1_500_000),
    ],
)
def test_a_revision_is_a_number_or_the_moment_of_the_change(source: str, value: Any, wanted: int) -> None:
    """In microseconds; what was never changed has the lowest."""
    assert event({"version": value}, source)["revision"] == wanted
    assert [one[1] for one in refusals({"version": "newest"}, source)] == ["revision"]


def test_times_of_changes_keep_their_order_through_the_hour_that_occurs_twice() -> None:
    """As the clock showed them: no guess puts a change before an earlier one."""
    one = mapper('order = "changed"\n')
    texts = ["2024-11-03T00:59:00", "2024-11-03T01:30:00", "2024-11-03T02:30:00"]
    found = [one.map(Row({"id": "1", "changed": text})).events[0]["revision"] for text in texts]
    assert found == sorted(set(found))


CHANGES = 'format = "debezium"\nrow = "unit"\nrevision = "version"\n'
BEFORE = {"id": "1", "unit": "E1", "version": 4, "called": "2024-06-01T12:00:00", "arrived": "2024-06-01T12:05:00"}


def test_a_deleted_row_is_withdrawn_after_what_it_was() -> None:
    """Its record has the revision of what stands; where it lies in time it still says."""
    found = mapper(CHANGES).map(Row(BEFORE, deleted=True))
    assert found.events == [
        {"mission_id": "1", "row": "E1", "status": "cancelled", "revision": 5, "recorded_at": utc(2024, 6, 1, 16)}
    ]
    assert found.notices == [Notice(What.WITHDRAWN)]


def test_of_a_deleted_row_its_key_is_enough() -> None:
    """As many databases tell it: without the column that orders, so that it withdraws what was told last."""
    (told,) = mapper(CHANGES).map(Row({"id": "1", "unit": "E1"}, deleted=True)).events
    assert told == {"mission_id": "1", "row": "E1", "status": "cancelled"}


def test_a_deletion_that_does_not_say_of_which_mission_is_refused_with_the_remedy() -> None:
    """The table's own key alone: nobody could tell from which mission to take the row."""
    (refused,) = mapper(CHANGES).map(Row({"unit": "E1", "id": None}, deleted=True)).refused
    assert refused.why == Why.NO_KEY
    assert "REPLICA IDENTITY FULL" in refused.detail


def test_a_row_that_moves_is_withdrawn_where_it_was_and_told_where_it_is() -> None:
    """In this order, and later than what it was."""
    found = mapper(CHANGES).map(Row({**BEFORE, "id": "2", "version": 5}, before=BEFORE))
    assert [(one["mission_id"], one["row"], one["status"], one["revision"]) for one in found.events] == [
        ("1", "E1", "cancelled", 5),
        ("2", "E1", "closed", 5),
    ]
    assert found.notices == [Notice(What.MOVED)]
    renamed = mapper(CHANGES).map(Row({**BEFORE, "unit": "E2", "version": 4}, before=BEFORE))
    assert [(one["row"], one["revision"]) for one in renamed.events] == [("E1", 5), ("E2", 4)]


def test_a_row_that_stays_is_told_once() -> None:
    """Whether the change event says what it was, only a part of it, or nothing."""
    for before in (BEFORE, {"arrived": None}, {}, None):
        found = mapper(CHANGES).map(Row({**BEFORE, "version": 5}, before=before))
        assert len(found.events) == 1


def test_a_whole_mission_that_is_deleted_is_cancelled_whole() -> None:
    """A source of whole missions has no rows to withdraw."""
    found = mapper().map(Row(BEFORE, deleted=True))
    (told,) = found.events
    assert (told["status"], told["area"], "row" in told) == ("cancelled", "north", False)


def test_change_events_without_a_row_of_their_own_are_rows_all_the_same() -> None:
    """A deletion could not be told whole."""
    assert event({}, 'format = "debezium"\n')["row"] == "records"


def test_fields_of_the_envelope_are_read_beside_the_record() -> None:
    """With an @; a column of that name is another thing."""
    found = mapper('format = "debezium"\nrevision = "@source.lsn"\n').map(
        Row({"id": "1", "source": {"lsn": 3}}, around={"source": {"lsn": 100}, "op": "u"})
    )
    assert found.events[0]["revision"] == 100
    deleted = mapper('format = "debezium"\nrevision = "@source.lsn"\n').map(
        Row({"id": "1"}, deleted=True, around={"source": {"lsn": 101}, "op": "d"})
    )
    assert deleted.events[0]["revision"] == 101


@pytest.mark.parametrize("odd", [{"id": "A"}, [["A"]], [{"id": "A"}]])
def test_an_object_or_a_list_is_no_identity(odd: Any) -> None:
    """Python's own way to write it would be an id that no other record of the mission has."""
    assert refusals({"id": odd}) == [(Why.NO_KEY, "mission", "")]
    assert refusals({"unit": odd}, ROWS) == [(Why.NO_ROW, "row", "")]


def test_a_path_that_cannot_be_followed_refuses_the_record_alone() -> None:
    """A function of JMESPath that finds a text in place of numbers."""
    one = mapper("", with_field('excluded = "sum(codes[])"'))
    found = one.map(Row({"id": "1", "codes": ["a"]}))
    assert [refusal.why for refusal in found.refused] == [Why.UNREADABLE_PATH]


def test_a_column_whose_name_looks_like_a_path_is_that_column() -> None:
    """The whole path is asked first."""
    for column in ("Time (UTC)", "a.b", "Time [local]", "über", "on scene / arrived", "units[0].at"):
        told = event({column: "2024-06-01T16:00:00Z"}, "", with_field(f'called_at = "{column}"'))
        assert told["called_at"] == utc(2024, 6, 1, 16), column


def test_a_column_that_no_record_has_is_found_out() -> None:
    """A misspelt column would make every mission unmeasured, in silence."""
    source = feed(HEAD + ROWS + filtered("exclude") + FIELDS).sources[0]
    sought = Sought(source)
    for values in ({"id": "1", "unit": "E1", "called": ""}, {"id": "1", "dispached": "x", "arrived": None}):
        sought.look(Row(values))
    assert set(sought.missing) == {"dispatched", "disposition"}


def test_refusals_repeat_no_more_than_a_line_of_a_source() -> None:
    """Its words go to logs and dead letters."""
    (refused,) = mapped({"called": "x" * 5000}).refused
    assert refused == Refusal(Why.UNREADABLE_TIME, "called_at", "x" * 100, "none of the formats iso")


def test_a_field_may_stand_in_one_of_several_places_each_with_its_condition() -> None:
    """The first that tells it counts; a later one that could not be read is not asked."""
    line = """area = [
  { path = "corrected", if = { by_hand = "Y" } },
  { path = "station" },
  { constant = "south" },
]"""
    fields = "\n".join([*(one for one in FIELDS.splitlines() if not one.startswith("area ")), line])
    assert event({"by_hand": "Y", "corrected": "north", "station": "??"}, "", fields)["area"] == "north"
    assert event({"by_hand": "N", "corrected": "north", "station": "south"}, "", fields)["area"] == "south"
    assert event({"by_hand": "Y"}, "", fields)["area"] == "south"
    assert refusals({"station": "??"}, "", fields) == [(Why.UNKNOWN_WORD, "area", "??")]


def test_of_several_filters_that_hold_the_first_gives_the_reason() -> None:
    """Not the last, nor what a field says."""
    filters = "".join(
        f'[[source.filters]]\nif = {{ disposition = "DUP" }}\nreason = "{reason}"\n' for reason in ("first", "second")
    )
    assert event({"disposition": "DUP"}, filters)["excluded"] == "first"


def test_a_deletion_of_another_table_withdraws_nothing_of_this_one() -> None:
    """Two tables in one topic, whose ids are the same numbers."""
    source = CHANGES + (
        '[[source.filters]]\nif = { "@source.table" = { not = "calls" } }\nreason = "no call"\nthen = "skip"\n'
    )
    gone = mapper(source).map(Row(BEFORE, deleted=True, around={"source": {"table": "units"}}))
    assert (gone.events, gone.notices) == ((), [Notice(What.FILTERED, detail="no call")])
    assert mapper(source).map(Row(BEFORE, deleted=True, around={"source": {"table": "calls"}})).events


def test_an_update_that_does_not_say_what_the_row_was_is_counted() -> None:
    """It may have moved, and then counts in both missions: neither nothing nor the key alone tells it."""
    for before in (None, {"unit": "E1", "id": None}):
        found = mapper(CHANGES).map(Row({**BEFORE, "version": 5}, before=before, around={"op": "u"}))
        assert [len(found.events), *found.notices] == [1, Notice(What.BEFORE_UNKNOWN)]
