"""What is silenced, read from Alertmanager's answers: what is in force and may concern us, whatever else it holds."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.silences import FAR_SECONDS, UNKNOWN, Hidden, silenced

NOW = 1_800_000_000.0
OURS = {"service": ("", "police"), "area": ("", "vest", "oslo"), "category": ("", "town"), "alertname": ("Late",)}


def silence(identity: str, *matchers: tuple[str, str], state: str = "active", left: float = 3600.0) -> dict[str, Any]:
    """A silence as Alertmanager answers; a matcher is `name` and what follows it, operator first."""
    told = []
    for name, rest in matchers:
        operator = next(one for one in ("=~", "!~", "!=", "=") if rest.startswith(one))
        told.append(
            {
                "name": name,
                "value": rest.removeprefix(operator),
                "isRegex": "~" in operator,
                "isEqual": "!" not in operator,
            }
        )
    return {
        "id": identity, "status": {"state": state}, "createdBy": "Ola", "comment": "Kari is ill", "matchers": told,
        "endsAt": datetime.fromtimestamp(NOW + left, UTC).isoformat().replace("+00:00", "Z"),
        "startsAt": "2020-01-01T00:00:00.000Z", "updatedAt": "2020-01-01T00:00:00.000Z",
    }  # fmt: skip


def alert(by: list[str], **labels: str) -> dict[str, Any]:
    """An alert that is held back."""
    status = {"state": "suppressed", "silencedBy": by, "inhibitedBy": [], "mutedBy": []}
    return {"labels": {"service": "police", **labels}, "status": status, "annotations": {}, "fingerprint": "x"}


def read(silences: list[dict[str, Any]], alerts: list[dict[str, Any]] | None = None) -> Any:
    """What is silenced."""
    return silenced(json.dumps(silences).encode(), json.dumps(alerts or []).encode(), ours=OURS, now=NOW)


def test_what_is_in_force_is_told_with_what_it_hides() -> None:
    """The one that hides most first; an alert comes once; of people neither name nor word."""
    found = read(
        [silence("a", ("area", "=oslo")), silence("b", ("service", "=police"), ("area", "=~ve.*"))],
        [
            alert(["b"], alertname="Late", area="vest", category="town"),
            alert(["b"], alertname="Late", area="vest", category="town", receiver="again"),
            alert(["b"], alertname="Blind"),
            alert([], alertname="Late", area="oslo"),
        ],
    )
    first, second = found.silences
    assert [str(one) for one in first.matchers] == ['service="police"', 'area=~"ve.*"']
    assert first.hidden == (Hidden("Blind"), Hidden("Late", "vest", "town"))
    assert first.ends_at == NOW + 3600.0
    assert second.hidden == ()
    assert found.known
    assert "Ola" not in repr(found)
    assert "Kari" not in repr(found)


def test_alerts_of_no_service_are_ours_by_their_names() -> None:
    """That no worker is there is told of no service; what else a shared Alertmanager holds is nothing to us."""
    found = read(
        [silence("a", ("service", "=")), silence("b", ("alertname", "=Full"))],
        [alert(["a"], alertname="Late", service=""), alert(["a", "b"], alertname="Full", service="")],
    )
    assert [one.hidden for one in found.silences] == [(Hidden("Late"),)]


def test_a_series_is_marked_where_an_alert_of_it_or_of_its_area_is_held_back() -> None:
    """Not its neighbour, and nothing for an alert that is about no area."""
    held = [alert(["a"], alertname="Late", area="vest", category="town"), alert(["a"], alertname="Blind")]
    found = read([silence("a", ("severity", "=page"))], held)
    assert found.hides("vest", "town")
    assert not found.hides("vest", "rural")
    assert not found.hides("oslo", "town")
    whole = read([silence("a", ("severity", "=page"))], [alert(["a"], alertname="Overdue", area="vest")])
    assert whole.hides("vest", "rural")
    assert not UNKNOWN.hides("vest", "town")


@pytest.mark.parametrize(
    ("matcher", "ours"),
    [
        (("service", "=fire"), False), (("service", "=police"), True), (("service", "=~fire|police"), True),
        (("service", "!=fire"), True), (("area", "=nowhere"), False), (("area", "=vest"), True),
        (("area", "="), True),
        (("category", "=village"), False), (("alertname", "=DiskFull"), False), (("alertname", "=Late"), True),
        (("severity", "=page"), True), (("cluster", "=north"), True),
    ],
)  # fmt: skip
def test_a_silence_of_others_is_left_out_where_plain_words_say_so(matcher: tuple[str, str], ours: bool) -> None:
    """Whatever cannot be known without evaluating a stranger's expression is shown."""
    assert bool(read([silence("a", matcher)]).silences) is ours


def test_what_it_hides_of_ours_counts_whatever_its_words_say() -> None:
    """An alert under a name of its own that somebody has made of our figures."""
    found = read([silence("a", ("alertname", "=OurOwnRule"))], [alert(["a"], alertname="OurOwnRule", area="vest")])
    assert found.hides("vest", "town")


def test_what_is_over_or_yet_to_come_is_not_in_force() -> None:
    """Also where Alertmanager still calls it active, at its very end; one without an end has none."""
    left = [
        silence("a", ("area", "=vest"), state="expired"), silence("b", ("area", "=vest"), state="pending"),
        silence("c", ("area", "=vest"), left=0.0), silence("d", ("area", "=vest"), left=FAR_SECONDS),
    ]  # fmt: skip
    (one,) = read(left).silences
    assert one.ends_at is None


def test_a_time_without_a_zone_is_none_of_alertmanagers() -> None:
    """It would be read by the zone of whatever machine this runs on."""
    told = silence("a", ("area", "=vest"))
    with pytest.raises(msgspec.DecodeError):
        read([{**told, "endsAt": "2027-01-15T09:00:00"}])
    assert read([{**told, "endsAt": "9999-12-31T23:59:59Z"}]).silences[0].ends_at is None
    assert read([{**told, "endsAt": "0001-01-01T00:00:00Z"}]).silences == ()


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_an_answer_of_something_else_is_told_apart(answer: bytes) -> None:
    """No other error comes out of it than the two that are promised."""
    try:
        found = silenced(answer, b"[]", ours=OURS, now=NOW)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    assert found.silences == ()
