"""Records that leave no question open are read the short way, and that is no other reading."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.declared_types import FieldRule, Times
from monitor.feeds.fields import texts
from monitor.feeds.moments import Instants
from monitor.feeds.rows import Notice, Refusal
from tests.core.police import SERVICE

ZONE = ZoneInfo("Europe/Oslo")
FORMATS = ("%Y-%m-%d %H:%M:%S", "iso")
MOMENTS = st.one_of(
    st.datetimes(datetime(2024, 3, 30), datetime(2024, 4, 1)),  # noqa: DTZ001 - local times are what is read
    st.datetimes(datetime(2024, 10, 26), datetime(2024, 10, 28)),  # noqa: DTZ001
    st.datetimes(),
)
CELLS = st.one_of(
    st.none(),
    st.sampled_from(["", " null ", "nonsense", "2024-10-27", "02:30:00"]),
    MOMENTS.map(lambda at: f"{at:%Y-%m-%d %H:%M:%S}".rjust(19, "0")),
    MOMENTS.map(lambda at: f" {at.replace(microsecond=0).isoformat()}+01:00"),
    st.integers(0, 10**10),
)


def rule(name: str, offset: str, pick: object) -> FieldRule:
    times = Times(FORMATS, ZONE, offset, None)  # type: ignore[arg-type]
    return FieldRule(
        name, "time", (lambda record: record.get(name),), nulls=frozenset({"", "null"}), times=times, pick=pick
    )  # type: ignore[arg-type]


@given(
    st.dictionaries(st.sampled_from(["ringing_at", "on_scene_at", "dispatched_at"]), CELLS),
    st.sampled_from(["believe", "ignore"]),
    st.sampled_from(["earliest", "latest", 1]),
)
def test_the_short_way_is_no_other_reading(record: dict[str, object], offset: str, pick: object) -> None:
    """Held to the rules, around both changes of the clocks and at the ends of all calendars."""
    rules = [rule(name, offset, pick) for name in ("ringing_at", "on_scene_at", "dispatched_at")]
    told = []
    for plainly in (True, False):
        instants = Instants(rules, SERVICE, texts)
        assert instants._plain is not None
        if not plainly:
            instants._plain = None
        refusals: list[Refusal] = []
        notices: list[Notice] = []
        told.append((instants.read(record, refusals, notices), refusals, notices))
    assert told[0] == told[1]


def test_a_million_cells_are_worth_it() -> None:
    """The short way is taken where it may be: else the test above compares the long way with itself."""
    instants = Instants([rule("ringing_at", "believe", 1)], SERVICE, texts)
    instants._texts = None  # type: ignore[assignment]
    found = instants.read({"ringing_at": "2024-06-01 12:00:00"}, [], [])
    assert found["ringing_at"].utcoffset() == timedelta()
