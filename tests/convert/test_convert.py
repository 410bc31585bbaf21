"""`monitor convert` from files to figures: the same as worked out by hand, and what is missing is told."""

import gzip
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.convert import told
from monitor.convert.borders import BorderCounts
from monitor.convert.gap import LEAST_MISSIONS, Gap
from monitor.core.batch import Batch
from monitor.core.partition import Partition
from monitor.feeds.rows import What
from monitor.settings import load
from monitor.wiring import partition_policy
from tests.core.events import Rec
from tests.docs.blocks import ROOT

CASES = ROOT / "tests" / "cases"
NAMES = {
    "sf-unit-rows": "calls.csv",
    "rvfd-time-of-day-lists": "calls.csv",
    "cad-status-stream": "status.jsonl",
    "stages-nfpa-1710": "ems.csv",
}
FEED = """
[source]
mission = "id"
times = { formats = "%Y-%m-%d %H:%M:%S", zone = "UTC" }
[source.fields]
district = { path = "where", map = { n = "oslo" } }
settlement = { constant = "urban" }
urgent = { constant = true }
status = { constant = "closed" }
ringing_at = "begin"
on_scene_at = "end"
[[source.filters]]
if = { why = "test" }
reason = "exercise"
"""


def convert(*arguments: str | Path, config: Path | None = None, stdin: bytes | None = None) -> Result:
    """The command, in this process."""
    head = ["--config", str(config)] if config else []
    return CliRunner().invoke(cli, [*head, "convert", *map(str, arguments)], input=stdin)


@pytest.mark.parametrize("name", NAMES)
def test_the_gap_report_counts_what_was_worked_out_by_hand(name: str) -> None:
    """Measured and unmeasured missions of the first clock, of each case that was made by hand."""
    folder = CASES / name
    done = convert("--feed", folder / "feed.toml", "--dry-run", folder / NAMES[name], config=folder / "monitor.toml")
    assert done.exit_code == 0, done.output
    wanted = json.loads((folder / "expected.json").read_text())["cells"]["*/*"]
    first = next(line for line in done.stdout.splitlines() if line.startswith("clock "))
    assert f"{wanted['measured']} measured, {wanted['unmeasured']} unmeasured" in first


def table(tmp_path: Path, rows: Sequence[Sequence[str]], name: str = "calls.csv") -> tuple[Path, Path]:
    """A feed file and a table of id, where, begin, end and why."""
    feed, calls = tmp_path / "feed.toml", tmp_path / name
    feed.write_text(FEED)
    calls.write_text("".join(",".join(row) + "\n" for row in [("id", "where", "begin", "end", "why"), *rows]))
    return feed, calls


def row(
    number: int, begin: str = "2024-06-01 12:00:00", end: str = "2024-06-01 12:08:30", where: str = "n", why: str = ""
) -> tuple[str, ...]:
    return (f"m{number}", where, begin, end, why)


def test_each_gap_is_told_by_its_name(tmp_path: Path) -> None:
    """Zeros, negatives, missing ends, exclusions, unknown words with their counts, an example for every field."""
    rows = [
        *(row(number) for number in range(5)),
        row(5, end="2024-06-01 12:00:00"),
        row(6, end="2024-06-01 11:59:00"),
        row(7, end=""),
        row(8, why="test"),
        row(9, where="x"),
        row(10, where="x", begin="12:61"),
        (*row(11), "more"),
    ]
    feed, calls = table(tmp_path, rows)
    done = convert("--feed", feed, "--dry-run", calls)
    assert done.exit_code == 0, done.output
    said = done.stdout
    for line in (
        "12 records read: 9 events, 3 refused",
        "9 missions, from 2024-06-01 14:00 to 2024-06-01 14:00",
        "  1 excluded: exercise",
        "clock response: 6 measured, 2 unmeasured, 0 open",
        "  1 unmeasured: no_end",
        "  1 unmeasured: negative",
        "  1 intervals of 0 seconds (17 %)",
        "  2 unknown_word district, first at line 11, such as 'x'",
        "  1 unreadable_time ringing_at, first at line 12, such as '12:61'",
        "  1 columns, first at line 13",
        "words that district does not know",
        "  2 'x'",
        "  1 records taken by the filter: exercise",
    ):
        assert line in said, said
    assert "absent district" not in said


def test_what_the_core_refuses_is_told_with_its_place(tmp_path: Path) -> None:
    """A time that no mission can have is an event, and the partition has the word."""
    feed, calls = table(tmp_path, [row(1), row(2, begin="1850-01-01 00:00:00", end="")])
    done = convert("--feed", feed, "--dry-run", calls)
    assert "1 invalid_time, first at line 3" in done.stdout


def test_a_summary_repeats_no_words_of_the_source(tmp_path: Path) -> None:
    """Standard error is what a shell's log keeps: counts and places, no values."""
    feed, calls = table(tmp_path, [row(1), row(2), row(3, where="Mr Smith")])
    done = convert("--feed", feed, calls)
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 2
    assert "1 unknown_word district, first at line 4" in done.stderr
    assert "Smith" not in done.stderr


def test_intervals_of_whole_minutes_are_told(tmp_path: Path) -> None:
    """Beside the one in sixty that chance would give."""
    feed, calls = table(tmp_path, [row(number, end="2024-06-01 12:08:00") for number in range(40)])
    assert "40 intervals of whole minutes (100 %)" in convert("--feed", feed, "--dry-run", calls).stdout


def gap(hours: Sequence[int]) -> Gap:
    return Gap(
        missions=sum(hours), first=None, last=None, clocks=[], excluded={}, nothing=0, incomplete=0, hours=hours,
        borders=BorderCounts(), zone="UTC",
    )  # fmt: skip


def test_a_night_at_noon_is_suspicious_and_a_night_at_night_is_not() -> None:
    """By how far: a day of any city, told by a clock that is wrong by a number of hours."""
    day = [30, 25, 20, 15, 12, 12, 18, 30, 40, 45, 50, 52, 55, 55, 56, 58, 60, 62, 60, 58, 55, 50, 45, 38]
    assert gap(day).hours_off is None
    for wrong in range(24):
        told = gap([day[(hour - wrong) % 24] for hour in range(24)]).hours_off
        assert (told is None) == (wrong <= 4 or wrong >= 21), (wrong, told)
    assert gap([count // 20 for count in day]).hours_off is None
    assert gap([LEAST_MISSIONS] * 24).hours_off is None


def test_a_wrong_offset_is_seen_in_the_report(tmp_path: Path) -> None:
    """Times of Los Angeles that are declared to be UTC."""
    chance = random.Random(7)  # noqa: S311 - the same invented missions each time
    begins = [
        datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number % 300, hours=19 + chance.triangular(0, 20, 8))
        for number in range(2000)
    ]
    feed, calls = table(tmp_path, [row(number, f"{at:%Y-%m-%d %H:%M:%S}") for number, at in enumerate(begins)])
    assert "suspicious: the quietest hours lie" in convert("--feed", feed, "--dry-run", calls).stdout


def test_gzip_standard_input_and_an_output_file_are_one(tmp_path: Path) -> None:
    """The same events, whichever way they go; what was written half never has the name of the whole."""
    feed, calls = table(tmp_path, [row(1), row(2)])
    wanted = convert("--feed", feed, calls).stdout
    packed = tmp_path / "calls.csv.gz"
    packed.write_bytes(gzip.compress(calls.read_bytes()))
    out = tmp_path / "events.jsonl"
    assert convert("--feed", feed, "-o", out, packed).stdout == ""
    assert out.read_text() == wanted
    packed.write_bytes(packed.read_bytes()[:-12])
    done = convert("--feed", feed, "-o", tmp_path / "cut.jsonl", packed)
    assert done.exit_code == 1
    assert "could not be read to its end" in done.stderr
    piped = subprocess.run(
        [sys.executable, "-m", "monitor", "convert", "--feed", feed, "-"],
        input=calls.read_bytes(), capture_output=True, check=True,
    )  # fmt: skip
    assert piped.stdout.decode() == wanted


def test_a_length_that_is_counted_from_nothing_is_in_the_gap_report(tmp_path: Path) -> None:
    """Units' rows without the call: without a word their arrivals would be missing."""
    feed, calls = tmp_path / "feed.toml", tmp_path / "calls.csv"
    length = 'on_scene_at = { path = "took", since = "ringing_at" }\nrecorded_at = "seen"'
    feed.write_text(FEED.replace('on_scene_at = "end"', length))
    rows = [f"m{number},n,,2024-06-01 12:00:00,300,\n" for number in range(3)]
    calls.write_text("id,where,begin,seen,took,why\n" + "".join(rows))
    said = convert("--feed", feed, "--dry-run", calls).stdout
    assert (
        "3 lengths left out, for the record does not tell what they are counted from (`since`): on_scene_at" in said
    )


def test_whatever_may_be_noticed_has_its_words_in_the_gap_report() -> None:
    """A word that the map lacks has a list of its own."""
    assert set(told._REMEDIES) == set(What) - {What.UNKNOWN_WORD}


SEVERAL = """
[[sources]]
slug = "calls"
files = ["calls*.csv"]
mission = "id"
times = { formats = "%Y-%m-%d %H:%M:%S", zone = "UTC" }
[sources.fields]
district = { path = "where", map = { n = "oslo" } }
settlement = { constant = "urban" }
urgent = { constant = true }
status = { constant = "closed" }
ringing_at = "begin"
[[sources]]
slug = "units"
files = ["units*.csv"]
mission = "id"
row = "unit"
times = { formats = "%Y-%m-%d %H:%M:%S", zone = "UTC" }
[sources.fields]
on_scene_at = "end"
"""


def test_several_files_are_one_mission(tmp_path: Path) -> None:
    """Each file by its name, in whatever order they are given; a name of no source asks for --source."""
    feed, calls = table(tmp_path, [row(1), row(2)])
    feed.write_text(SEVERAL)
    units = tmp_path / "units.csv"
    units.write_text("id,unit,end\nm1,E2,2024-06-01 12:09:00\nm1,E1,2024-06-01 12:05:00\n")
    for inputs in ((calls, units), (units, calls)):
        said = convert("--feed", feed, "--dry-run", *inputs).stdout
        assert "2 missions" in said, said
        assert "clock response: 1 measured, 1 unmeasured, 0 open" in said
        assert "\nrefused" not in said
    other = units.rename(tmp_path / "other.csv")
    done = convert("--feed", feed, calls, other)
    assert done.exit_code == 2
    assert "units*.csv" in done.stderr
    assert "--source" in done.stderr
    assert convert("--feed", feed, "--source", "units", other).exit_code == 0
    assert "has no source 'x'" in convert("--feed", feed, "--source", "x", other).stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not a single record"),
        (b"id,where\nm1,?\nm2,?\n", "2 of 2 records were refused"),
        (b"PK\x03\x04", "to its end"),
    ],
)
def test_what_is_no_success_has_an_exit_code(tmp_path: Path, content: bytes, told: str) -> None:
    """Nothing, mostly refused, damaged: told, and no zero."""
    feed, calls = table(tmp_path, [])
    calls.write_bytes(content)
    for more in ([], ["--dry-run"]):
        done = convert("--feed", feed, *more, calls)
        assert done.exit_code == 1
        assert told in done.stderr


def test_a_feed_file_that_is_wrong_is_told_with_every_fault(tmp_path: Path) -> None:
    """Before a single record is read."""
    feed, calls = table(tmp_path, [row(1)])
    feed.write_text(FEED.replace('mission = "id"', "").replace("ringing_at", "rining_at"))
    done = convert("--feed", feed, calls)
    assert done.exit_code == 2
    assert done.stderr.count("error: feed.toml") >= 2
    assert convert("--feed", tmp_path / "missing.toml", calls).exit_code == 2


def test_lines_are_events_of_the_contract(tmp_path: Path) -> None:
    """As the reader takes them: instants in UTC."""
    feed, calls = table(tmp_path, [row(1)])
    event: dict[str, Any] = json.loads(convert("--feed", feed, calls).stdout)
    assert event == {
        "mission_id": "m1", "district": "oslo", "settlement": "urban", "urgent": True, "status": "closed",
        "ringing_at": "2024-06-01T12:00:00Z", "on_scene_at": "2024-06-01T12:08:30Z",
    }  # fmt: skip


def test_a_column_that_no_record_has_is_named(tmp_path: Path) -> None:
    """Misspelt, it would make every mission unmeasured, in silence."""
    feed, calls = table(tmp_path, [row(1), row(2)])
    right = convert("--feed", feed, "--dry-run", calls)
    assert "no record" not in right.stdout
    feed.write_text(feed.read_text(encoding="utf-8").replace('"end"', '"ent"'), encoding="utf-8")
    slip = convert("--feed", feed, "--dry-run", calls)
    assert "no record has 'ent'" in slip.stdout


def test_numbers_that_begin_again_are_suspected(tmp_path: Path) -> None:
    """Two years of one numbering are half the missions, and nothing is refused: the report has to say it."""
    years = [row(n, f"{y}-06-01 12:00:00", f"{y}-06-01 12:08:30") for y in (2023, 2024) for n in range(3)]
    again = [row(0, "2023-06-01 12:00:00", "2023-06-01 12:09:00")]
    feed, calls = table(tmp_path, [*years[:3], *again])
    assert "suspicious" not in convert("--feed", feed, "--dry-run", calls).stdout
    feed, calls = table(tmp_path, years)
    said = convert("--feed", feed, "--dry-run", calls).stdout
    assert "suspicious: 3 of them are told at times too far apart to be one mission" in said
    feed.write_text(FEED.replace('mission = "id"', 'mission = { path = "id", year_of = "begin" }'))
    assert "suspicious" not in convert("--feed", feed, "--dry-run", calls).stdout


def test_midnight_to_the_second_is_suspected_of_standing_for_not_known(tmp_path: Path) -> None:
    """Of many ends, and by the service's own clocks; a register of whole minutes has its share of midnights."""
    local = timedelta(hours=2)  # Oslo in June; the table is in UTC

    def ends(midnights: int, others: int) -> list[tuple[str, ...]]:
        midnight = datetime(2024, 6, 2) - local  # noqa: DTZ001 - written without a zone
        after = [0] * midnights + [*range(1, others + 1)]
        begin = str(midnight - timedelta(minutes=9))
        return [row(n, begin, str(midnight + timedelta(minutes=late))) for n, late in enumerate(after)]

    feed, calls = table(tmp_path, ends(5, 20))
    said = convert("--feed", feed, "--dry-run", calls).stdout
    assert "suspicious: 5 on_scene_at at midnight to the second" in said
    feed, calls = table(tmp_path, ends(4, 20))
    assert "suspicious" not in convert("--feed", feed, "--dry-run", calls).stdout


def test_what_is_withdrawn_lies_at_no_time(tmp_path: Path) -> None:
    """A mission of several files that one of them cancels: neither span nor hours know it (it was told of 1970)."""
    calls, units, feed = tmp_path / "calls.csv", tmp_path / "units.csv", tmp_path / "feed.toml"
    calls.write_text("id,begin,state\n1,2024-06-01 12:00:00,closed\n2,2024-06-01 13:00:00,cancelled\n")
    units.write_text("id,unit,end\n1,a,2024-06-01 12:08:30\n2,a,2024-06-01 13:08:30\n")
    feed.write_text("""
[[sources]]
slug = "calls"
files = ["calls.csv"]
mission = "id"
times = { formats = "%Y-%m-%d %H:%M:%S", zone = "UTC" }
[sources.fields]
district = { constant = "oslo" }
settlement = { constant = "urban" }
urgent = { constant = true }
status = "state"
ringing_at = "begin"
[[sources]]
slug = "units"
files = ["units.csv"]
mission = "id"
row = "unit"
times = { formats = "%Y-%m-%d %H:%M:%S", zone = "UTC" }
[sources.fields]
on_scene_at = "end"
""")
    said = convert("--feed", feed, "--dry-run", calls, units).stdout
    assert "2 missions, from 2024-06-01 14:00 to 2024-06-01 14:00\n  1 count for nothing" in said
    assert "  half within 0:08:30, the longest 0:08:30 (h:mm:ss)" in said


def test_records_events_and_refused_add_up(tmp_path: Path) -> None:
    """An event that the core refuses is an event; the file is named where there are several."""
    feed, calls = table(tmp_path, [row(1), row(2, where="x"), row(3, begin="", end="")])
    done = convert("--feed", feed, "--dry-run", calls, calls)
    assert "6 records read: 4 events, 2 refused\n  2 of the events would be refused by the worker" in done.stdout
    assert "2 no_time, first at calls.csv, line 4" in done.stdout
    assert "let `recorded_at` be another time of the record" in done.stdout


def test_units_without_a_row_are_told_of(tmp_path: Path) -> None:
    """Of several records of one mission the last would count, in silence."""
    feed, calls = table(tmp_path, [row(1), row(2), row(2, end="2024-06-01 12:05:00"), row(2, end="")])
    assert "2 events tell a mission or row that another tells" in convert("--feed", feed, "--dry-run", calls).stdout
    feed.write_text(FEED.replace('mission = "id"', 'mission = "id"\nrow = "end"'))
    assert "that another tells" not in convert("--feed", feed, "--dry-run", calls).stdout.replace("no row", "")


TWO_FILES = """
[[sources]]
slug = "calls"
files = ["calls*"]
mission = "id"
row = "kind"
times = { formats = "%Y-%m-%d %H:%M:%S", zone = "UTC" }
[sources.fields]
district = { constant = "oslo" }
settlement = { constant = "urban" }
urgent = { constant = true }
status = { constant = "closed" }
ringing_at = "at"
[[sources]]
slug = "units"
files = ["units*"]
mission = "id"
row = "kind"
times = { formats = "%Y-%m-%d %H:%M:%S", zone = "UTC" }
[sources.fields]
on_scene_at = "at"
"""


def outcomes_of(lines: Sequence[str]) -> tuple[Partition, int]:
    """What a worker makes of events in that order, with the shipped horizon; and how many it refused."""
    policy = partition_policy(load())
    partition = Partition.start(policy)
    records = [Rec(offset, None, line.encode()) for offset, line in enumerate(lines)]
    now = datetime(2024, 12, 31, tzinfo=UTC).timestamp()
    dead = 0
    for first in range(0, len(records), 50):
        some = records[first : first + 50]
        dead += len(partition.apply(Batch(first, first + len(some), some), now).dead_letters)
    return partition, dead


@pytest.mark.parametrize("backwards", [False, True], ids=["oldest first", "newest first"])
def test_two_files_of_many_years_count_fully_in_whatever_order_they_are_given(
    tmp_path: Path, backwards: bool
) -> None:
    """Five years of calls in one file, of units in another: no setting, and no mission is sealed too early.

    Oldest first and one file after the other, as they were written once, most units come too late.
    """
    at = [datetime(2020, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(0, 1800, 9)]
    told = {"calls": timedelta(0), "units": timedelta(minutes=7)}
    for name, after in told.items():
        rows = [f"m{number},{name},{one + after:%Y-%m-%d %H:%M:%S}" for number, one in enumerate(at)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["id,kind,at", *(rows[::-1] if backwards else rows), ""]))
    feed = tmp_path / "feed.toml"
    feed.write_text(TWO_FILES)
    files = [tmp_path / f"{name}.csv" for name in told]
    for order in (files, files[::-1]):
        done = convert("--feed", feed, *order)
        assert done.exit_code == 0, done.output
        partition, refused = outcomes_of(done.stdout.splitlines())
        assert refused == 0
        assert len(partition.missions) + (partition.head.sealed or 0) == len(at)
        assert sum(partition.head.outcomes.values()) == 2 * len(at)
    apart = [line for file in files for line in convert("--feed", feed, file).stdout.splitlines()]
    assert backwards or outcomes_of(apart)[1] > 100


def test_of_one_mission_the_order_of_the_files_stays(tmp_path: Path) -> None:
    """Without a revision the later record is the newer; a mission that tells no time comes before all others."""
    feed, old = table(tmp_path, [row(1), row(2, end="2024-06-01 12:09:00")], "old.csv")
    _, new = table(
        tmp_path, [row(2, end="2024-06-01 12:05:00"), row(3, begin="2024-01-01 00:00:00", end="")], "new.csv"
    )
    done = convert("--feed", feed, old, new)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["mission_id"], (one["on_scene_at"] or "")[14:16]) for one in events] == [
        ("m3", ""), ("m1", "08"), ("m2", "09"), ("m2", "05"),
    ]  # fmt: skip


def test_a_record_that_says_only_cancelled_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """Of a source without rows: what was told before would go on counting, and nobody would know."""
    feed, calls = tmp_path / "feed.toml", tmp_path / "calls.csv"
    text = FEED.replace('status = { constant = "closed" }', 'status = { path = "why", map = { X = "cancelled" } }')
    feed.write_text(text.partition("[[source.filters]]")[0])
    calls.write_text("id,where,begin,end,why\nm1,,,,X\nm2,n,2024-06-01 12:00:00,,open\n")
    done = convert("--feed", feed, "--dry-run", calls)
    assert "absent district, first at line 2" in done.output
    assert "give the source a row, the mission's own number" in done.output
