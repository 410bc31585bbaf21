"""Events of services that are not the police: what each declared clock makes of them."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.core.event import Form
from monitor.core.mission import Kind, Mission, Reason, Rejected, times_of
from monitor.core.reader import EventReader
from monitor.core.service import Area, Category, Clock, Fields, Moment, Objective, Service
from monitor.core.slices import Grid
from tests.core.police import SERVICE as POLICE

GRID = Grid(ZoneInfo("Europe/London"))
CALLED = datetime(2024, 3, 1, 10, 0, tzinfo=UTC)
AMBULANCE = Service(
    "ambulance",
    areas=(Area("england"), Area("north", "england"), Area("south", "england")),
    categories=(Category("all"), Category("c1", "all"), Category("c2", "all")),
    clocks=(
        Clock(
            "response",
            begin=(Moment("coded"), Moment("assigned"), Moment("connected", 30.0)),
            end=(Moment("first on-scene"), Moment("second on-scene")),
            shortest_seconds=10.0,
        ),
        Clock("call", (Moment("connected"),), (Moment("answered"),), longest_seconds=600.0),
        Clock("noted", (Moment("recorded_at"),), (Moment("answered"),)),
    ),
    objectives=(Objective("mean", None), Objective("ninetieth", 90)),
    fields=Fields(area="trust", category="class"),
)
READER = EventReader(AMBULANCE, GRID)


def told(service: Service = AMBULANCE, status: str = "closed", **minutes: float | str | None) -> dict[str, object]:
    """An event; instants in minutes after the call, by the service's names with `_` for what is no letter."""
    written = {
        name.replace("first_", "first on-").replace("second_", "second on-"): at
        if not isinstance(at, int | float)
        else (CALLED + timedelta(minutes=at)).isoformat()
        for name, at in minutes.items()
    }
    return {
        "mission_id": "m", service.fields.area: "north", service.fields.category: "c1", "status": status, **written
    }  # fmt: skip


def read(event: dict[str, object], reader: EventReader = READER) -> Mission:
    return reader.read(json.dumps(event).encode(), (CALLED + timedelta(days=1)).timestamp())


def states(event: dict[str, object], reader: EventReader = READER, clocks: int = 3) -> list[float]:
    """What each clock says: seconds, or minus the kind."""
    found: list[float] = times_of([read(event, reader)], clocks)[:, 0].tolist()
    return found


@pytest.mark.parametrize(
    ("instants", "seconds"),
    [
        ({"coded": 2, "assigned": 3, "connected": 4, "first_scene": 10}, 480.0),
        ({"coded": 3, "assigned": 2, "connected": 4, "first_scene": 10}, 480.0),
        ({"coded": 3, "assigned": 4, "connected": 1, "first_scene": 10}, 510.0),
        ({"coded": 1.5, "assigned": 4, "connected": 1, "first_scene": 10}, 510.0),
        ({"connected": 1, "first_scene": 10}, 510.0),
        ({"assigned": 4, "coded": None, "first_scene": 10}, 360.0),
        ({"coded": 2, "first_scene": 10, "second_scene": 8}, 360.0),
        ({"coded": 2, "second_scene": 8}, 360.0),
        ({"coded": 2, "first_scene": 2 + 10 / 60}, 10.0),
        ({"coded": 2, "first_scene": 2 + 9.9 / 60}, -Kind.TOO_SHORT),
        ({"coded": 2, "first_scene": 1}, -Kind.NEGATIVE),
        ({"coded": 2, "first_scene": 1443}, -Kind.TOO_LONG),
        ({"first_scene": 10}, -Kind.NO_BEGIN),
        ({"coded": 2}, -Kind.NO_END),
        ({}, -Kind.NO_BEGIN),
    ],
)
def test_a_clock_runs_from_the_earliest_begin_to_the_earliest_end(
    instants: dict[str, float | str | None], seconds: float
) -> None:
    """Coded, assigned, or half a minute after the connection, whichever is known and first; a cap alone will do."""
    event = told(**instants)
    assert states(event)[0] == seconds
    begins = [60 * instants[name] + plus for name, plus in (("coded", 0), ("assigned", 0), ("connected", 30))
              if isinstance(instants.get(name), int | float)]  # type: ignore[operator]  # fmt: skip
    if begins:
        assert read(event).placed_at == CALLED.timestamp() + min(begins)
    else:
        assert read(event).placed_at == CALLED.timestamp() + 86_400.0


def test_each_clock_has_a_state_of_its_own() -> None:
    """One measured, one too long, one that was never begun: none decides for another."""
    event = told(coded=2, first_scene=10, connected=0, answered=11, recorded_at=12)
    assert states(event) == [570.0, -Kind.TOO_LONG, -Kind.NEGATIVE]
    assert states(told(coded=2, connected=1, answered=1.5)) == [-Kind.NO_END, 30.0, -Kind.NO_BEGIN]
    assert states(told(status="open", coded=2, answered=1)) == [-Kind.OPEN, -Kind.UNTIMED, -Kind.UNTIMED]
    assert read(told(status="open", coded=2, answered=1)).kind == Kind.OPEN
    assert states(told(coded=2, first_scene=10) | {"excluded": "drill"}) == [-Kind.EXCLUDED] * 3
    assert read(told(status="cancelled", coded=2, first_scene=10)).kind == Kind.NOTHING


def test_where_no_field_asks_a_mission_counts_unless_it_says_otherwise() -> None:
    """By the contract's own name, which need not be there; a wrong value is refused as anywhere."""
    assert states(told(coded=2, first_scene=10) | {"urgent": False})[0] == 480.0
    assert read(told(coded=2, first_scene=10) | {"eligible": False}).kind == Kind.NOTHING
    with pytest.raises(Rejected, match=r"Expected `bool`, got `str` - at `\$.eligible`"):
        read(told(coded=2, first_scene=10) | {"eligible": "no"})
    asked = replace(AMBULANCE, fields=replace(AMBULANCE.fields, eligible="eligible"))
    reader = EventReader(asked, GRID)
    assert read(told(coded=2, first_scene=10) | {"eligible": False}, reader).kind == Kind.NOTHING
    with pytest.raises(Rejected, match="missing required field `eligible`"):
        read(told(coded=2, first_scene=10), reader)


@pytest.mark.parametrize(
    ("wrong", "reason", "detail"),
    [
        ({"trust": "east"}, Reason.UNKNOWN_DISTRICT, "trust is not one of: north south"),
        ({"trust": "england"}, Reason.UNKNOWN_DISTRICT, "trust is not one of: north south"),
        ({"class": "all"}, Reason.UNKNOWN_SETTLEMENT, "class is not one of: c1 c2"),
        ({"trust": 5}, Reason.INVALID_FIELD, "`$.trust`"),
        ({"first on-scene": "noon"}, Reason.INVALID_TIME, "first on-scene must be an RFC 3339 time"),
        ({"answered": "2024-03-01T10:00:00"}, Reason.TIME_WITHOUT_OFFSET, "answered must be"),
    ],
)
def test_a_fault_is_told_in_the_services_own_words(wrong: dict[str, object], reason: Reason, detail: str) -> None:
    """Whoever reads the dead letter finds the field that its source wrote."""
    with pytest.raises(Rejected) as refused:
        read(told(coded=2, first_scene=10) | wrong)
    assert refused.value.reason is reason
    assert detail in refused.value.detail


def test_the_last_day_of_all_calendars_ends_no_worker() -> None:
    """A cap after the last instant that there is: the mission cannot be placed, or its interval is too long."""
    last = "9999-12-31T23:59:59.999999Z"
    with pytest.raises(Rejected, match="years 1900 to 9998"):
        read(told() | {"connected": last})
    capped = replace(AMBULANCE, clocks=(AMBULANCE.clocks[1], replace(AMBULANCE.clocks[0], slug="capped")))
    event = told(answered=1) | {"connected": CALLED.isoformat(), "first on-scene": last}
    assert states(event, EventReader(capped, GRID), 2) == [60.0, -Kind.TOO_LONG]


@pytest.mark.parametrize(("missing", "state"), [("connected", Kind.NO_BEGIN), ("answered", Kind.NO_END)])
def test_what_is_absent_is_not_known_unless_the_service_requires_it(missing: str, state: Kind) -> None:
    """A misspelt name would otherwise make every mission unmeasured."""
    simple = replace(AMBULANCE, clocks=(AMBULANCE.clocks[1], AMBULANCE.clocks[0]))
    strict = EventReader(replace(simple, fields=replace(simple.fields, required=("connected", "answered"))), GRID)
    event = told(connected=0, answered=1)
    del event[missing]
    assert states(event, EventReader(simple, GRID), 2)[0] == -state
    with pytest.raises(Rejected, match=f"missing required field `{missing}`"):
        read(event, strict)
    assert states(event | {missing: None}, strict, 2)[0] == -state


REFORM = date(2024, 3, 10)
REFORMED = replace(
    AMBULANCE,
    areas=(
        Area("england"), Area("north", "england"), Area("south", "england", until=REFORM),
        Area("south-east", "england", since=REFORM), Area("north-west", "north", since=REFORM),
        Area("north-east", "north", since=REFORM),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("area", "before", "after"),
    [("north", True, False), ("south", True, False), ("south-east", False, True), ("north-west", False, True)],
)
def test_an_area_counts_only_on_the_days_on_which_it_is_one(area: str, *, before: bool, after: bool) -> None:
    """The local day of the mission decides, up to its last microsecond; a pool is none any more."""
    reader = EventReader(REFORMED, GRID)
    midnight = GRID.midnight(REFORM.toordinal())
    for at, counts in ((midnight - 1e-6, before), (midnight, after)):
        instant = datetime.fromtimestamp(at, UTC).isoformat()
        value = json.dumps(told() | {"trust": area, "coded": instant}).encode()
        if counts:
            assert reader.read(value, None).placed_at == pytest.approx(at)
            continue
        with pytest.raises(Rejected, match="declared, but not for the local day that places the mission") as refused:
            reader.read(value, None)
        assert refused.value.reason is Reason.UNKNOWN_DISTRICT


@pytest.mark.parametrize(
    "service",
    [
        replace(AMBULANCE, fields=replace(AMBULANCE.fields, area="status")),
        replace(AMBULANCE, fields=replace(AMBULANCE.fields, area="same", category="same")),
        replace(AMBULANCE, fields=replace(AMBULANCE.fields, eligible="coded")),
        replace(AMBULANCE, clocks=(Clock("response", (Moment("mission_id"),), (Moment("excluded"),)),)),
    ],
)
def test_two_fields_of_one_name_are_no_form(service: Service) -> None:
    """One of them would be read in place of the other."""
    with pytest.raises(ValueError, match=r"two fields '.*': give one of them another name"):
        Form(service)


def test_the_form_of_the_police_is_what_it_was() -> None:
    """Field by field, in the order in which faults are found and the schema lists them."""
    assert Form(POLICE).type.__struct_encode_fields__ == (
        "mission_id", "district", "settlement", "urgent", "status", "ringing_at", "on_scene_at", "revision",
        "dispatched_at", "recorded_at", "row", "excluded",
    )  # fmt: skip


def test_a_cap_beyond_the_record_is_no_time_in_the_future() -> None:
    """The clock of a mission that was just connected begins ten minutes later at the latest: the mission is told now.

    connected, recorded ├── 5 min may be ahead ──┤      ┃ cap: the clock begins
    """
    begin = (Moment("coded"), Moment("connected", 600.0))
    service = replace(AMBULANCE, clocks=(Clock("response", begin, (Moment("arrived"),)),))
    reader = EventReader(service, GRID)

    def open_since(connected: float, coded: float | None = None) -> Mission:
        event = told(service, "open", connected=connected, coded=coded, arrived=None)
        return reader.read(json.dumps(event).encode(), CALLED.timestamp())

    assert open_since(connected=0).placed_at == CALLED.timestamp() + 600.0
    assert open_since(connected=5).kind == Kind.OPEN
    for connected, coded in [(5.1, None), (0, 5.1)]:
        with pytest.raises(Rejected) as refused:
            open_since(connected, coded)
        assert refused.value.reason is Reason.IN_THE_FUTURE
