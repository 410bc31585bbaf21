"""What a log of mission events amounts to, by brute force: each mission's last word, counted, sorted, looked up.

Written from the contract in docs/design.md with none of the monitor's code. Refuses to know how records got there.
"""

import json
import math
import tomllib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.chaos.feed import DISTRICTS, SETTLEMENTS

TARGETS = Path(__file__).parents[2] / "config" / "services" / "norwegian-police" / "targets" / "2024.toml"
PERCENTS = {"goal": 50, "requirement": 80}
Row = dict[str, float | int | str | None]
Contribution = tuple[str, str, str, float, float | None]
"""What it counts as, district, settlement, its place in time, response in seconds."""


class Account:
    """Missions and their last words. `take` in the order of the partition."""

    def __init__(self) -> None:
        self.words: dict[str, tuple[int | None, Contribution | None]] = {}
        self.rows: dict[str, dict[str, dict[str, Any]]] = {}

    def take(self, value: bytes) -> bool:
        """One valid snapshot more; False where it contradicts what has been said under the same revision."""
        event = json.loads(value)
        if "row" in event:
            return self._take_row(event)
        said, revision = _contribution(event), event.get("revision")
        if event["mission_id"] in self.words:
            known, before = self.words[event["mission_id"]]
            if revision is not None and known is not None and revision <= known:
                return revision < known or said == before
            revision = known if revision is None else revision
        self.words[event["mission_id"]] = (revision, said)
        return True

    def _take_row(self, event: dict[str, Any]) -> bool:
        """One row more, as it stands in place of the row before; the mission is what all of its rows say."""
        mission, name, revision = event["mission_id"], event["row"], event.pop("revision", None)
        rows = self.rows.setdefault(mission, {})
        before = rows.get(name)
        held = before and before["revision"]
        told = {"status": "cancelled"} if event.get("status") == "cancelled" else event
        if before is not None and revision is not None and held is not None and revision <= held:
            return bool(revision < held or told == before["told"])
        rows[name] = {"told": told, "revision": held if revision is None else revision}
        self.words[mission] = (None, _of_rows([row["told"] for row in rows.values()]))
        return True

    def report(self) -> dict[tuple[str, str], Row]:
        """Every figure of the year's report, by area and category."""
        said = [word for _, word in self.words.values() if word is not None]
        targets = tomllib.loads(TARGETS.read_text("utf-8"))
        rows = {}
        for settlement in SETTLEMENTS:
            for area in (*DISTRICTS, "national"):
                mine = [one for one in said if one[2] == settlement and area in ("national", one[1])]
                rows[area, settlement] = _row(mine, targets[area].get(settlement, {}))
        return rows


def differences(account: dict[tuple[str, str], Row], report: dict[str, Any]) -> tuple[int, list[str]]:
    """How many figures were compared, and those of the report that are not the account's."""
    found = {(row["area"], row["category"]): _figures(row) for row in report["rows"]}
    wrong = [f"no row for {area} {settlement}" for area, settlement in account.keys() ^ found.keys()]
    compared = 0
    for place in account.keys() & found.keys():
        for name, value in account[place].items():
            compared += 1
            if found[place][name] != value:
                wrong.append(f"{' '.join(place)} {name}: {found[place][name]}, by brute force {value}")
    return compared, sorted(wrong)


def _of_rows(rows: list[dict[str, Any]]) -> Contribution | None:
    """The call's row as the snapshot it would be with the first arrival of any unit."""
    live = [row for row in rows if row.get("status") != "cancelled"]
    call = next((row for row in live if "district" in row), None)
    if call is None:
        return None
    arrivals = [row["on_scene_at"] for row in live if row.get("on_scene_at")]
    closed = any(row.get("status") == "closed" for row in live)
    first = min(arrivals, key=datetime.fromisoformat, default=None)
    return _contribution({**call, "on_scene_at": first, "status": "closed" if closed else "open"})


def _contribution(event: dict[str, Any]) -> Contribution | None:
    if not event["urgent"] or event["status"] == "cancelled":
        return None
    rang, scene = event.get("ringing_at"), event.get("on_scene_at")
    place = datetime.fromisoformat(rang or event["recorded_at"])
    response = (datetime.fromisoformat(scene) - place).total_seconds() if rang and scene else None
    if "excluded" in event:
        kind, response = "excluded", None
    elif response is not None and not 0 <= response <= 24 * 3600:
        kind, response = "unmeasured", None
    elif response is not None:
        kind = "measured"
    elif event["status"] == "closed":
        kind = "unmeasured"
    else:
        kind = "open" if rang else "open, not timed"
    return kind, event["district"], event["settlement"], place.timestamp(), response


def _figures(row: dict[str, Any]) -> Row:
    """The report's row under the names that the account has for its figures."""
    clock = row["clocks"]["response"]
    return {
        "measured": clock["measured"], "unmeasured": clock["unmeasured"], "excluded": row["excluded"],
        **{
            f"{slug} {name}": row["objectives"][slug][name]
            for slug in PERCENTS
            for name in ("target_seconds", "value_seconds", "within", "state")
        },
    }  # fmt: skip


def _row(said: list[Contribution], target: dict[str, float]) -> Row:
    times = sorted(one[4] for one in said if one[4] is not None)
    row: Row = {
        "measured": len(times),
        # Open for longer than a response can take: it will never be measured.
        "unmeasured": sum(one[0] in ("unmeasured", "open", "open, not timed") for one in said),
        "excluded": sum(one[0] == "excluded" for one in said),
    }
    for slug, percent in PERCENTS.items():
        minutes = target.get(slug)
        limit = None if minutes is None else minutes * 60
        row[f"{slug} target_seconds"] = limit
        row[f"{slug} value_seconds"] = times[math.ceil(percent * len(times) / 100) - 1] if times else None
        within = 0 if limit is None else sum(time <= limit for time in times)
        row[f"{slug} within"] = within
        row[f"{slug} state"] = (
            "no_target" if limit is None
            else "no_data" if not times
            else "met" if 100 * within >= percent * len(times)
            else "missed"
        )  # fmt: skip
    return row


def fold(values: Iterable[bytes]) -> Account:
    """The account of valid snapshots in order."""
    account = Account()
    for value in values:
        account.take(value)
    return account
