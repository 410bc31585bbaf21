"""The gap report in words, and the short summary of a conversion: lines of plain text.

Examples hold the source's own words: they are for the person who runs the command, on a terminal or in the file
that was asked for, never for a log.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from monitor.convert.borders import BorderCounts
from monitor.convert.conversion import Account
from monitor.convert.gap import ClockGap, Gap
from monitor.core.plain_text import one_line

MOST_WORDS: Final = 20
"""Unknown words that are listed for each field."""
MOST_VERDICTS: Final = 20
"""That hang on missions near a border."""
_HEAPED: Final = 0.2
_LEAST_HEAPED: Final = 30
"""Of fewer intervals, nobody can tell heaping from chance."""
_BAR: Final = 40
_REMEDIES: Final = {
    "hour_that_occurs_twice": "local times of the hour that occurs twice, the first of the two taken",
    "hour_that_occurs_twice_settled": "local times of the hour that occurs twice, settled by the record's intervals",
    "past_midnight": "times of day taken for those of the day beside their date's",
    "length_without_begin": "lengths left out, for the record does not tell what they are counted from (`since`)",
    "offset_set_aside": "times whose offset was set aside, as the feed says",
    "filtered": "records taken by the filter",
    "withdrawn": "rows withdrawn",
    "moved": "rows moved to another mission",
    "before_unknown": "updates that do not say what the row was: if it moved, it counts in both missions",
    "near_border": "places near a border",
    "unplaced": "rows whose coordinates cannot be used",
}
_WAYS_OUT: Final = {
    "no_time": "let `recorded_at` be another time of the record, and the mission is counted, as unmeasured",
    "unreadable_time": "what stands for not known belongs in `nulls`, and the mission is counted, as unmeasured",
}
"""What can be said in the feed file, where the source will not be mended."""


def summary(account: Account) -> Iterator[str]:
    """What became of the records, for standard error."""
    refused = f", {account.refused_records:,} refused" if account.refused_records else ""
    yield f"{account.records:,} records: {account.events:,} events{refused}"
    yield from _refusals(account, examples=False)
    yield from _doubts(account)


def report(account: Account, gap: Gap) -> Iterator[str]:
    """The gap report."""
    span = f", from {gap.first:%Y-%m-%d %H:%M} to {gap.last:%Y-%m-%d %H:%M}" if gap.first and gap.last else ""
    yield f"{account.records:,} records read: {account.events:,} events, {account.refused_records:,} refused"
    if account.refused_events:
        yield f"  {account.refused_events:,} of the events would be refused by the worker (see refused)"
    yield f"{gap.missions:,} missions{span}"
    if gap.apart:
        yield (
            f"  suspicious: {gap.apart:,} of them are told at times too far apart to be one mission; where numbers "
            "begin again, say `year_of` or `prefix` of `mission`"
        )
    if gap.nothing:
        yield f"  {gap.nothing:,} count for nothing: cancelled, or not eligible"
    if gap.incomplete:
        yield f"  {gap.incomplete:,} are incomplete: their rows together make no mission (see refused)"
    for fields, count in gap.lacking.items():
        yield f"  {count:,} count for nothing: no row of theirs tells {fields}; do other files name them otherwise?"
    yield from _counted("excluded", gap.excluded.items())
    for clock in gap.clocks:
        yield ""
        yield from _clock(clock)
    yield from _midnights(gap)
    if account.refused:
        yield ""
        yield from _refusals(account, examples=True)
    yield from _unknown_words(account)
    for slug, sought in account.sought.items():
        if sought.missing:
            yield ""
            paths = ", ".join(map(repr, sought.missing))
            whose = f" of {slug}" if len(account.sought) > 1 else ""
            yield one_line(f"no record{whose} has {paths}: if that is a slip, correct the feed file")
    yield from _noticed(account, gap)
    yield from _borders(gap.borders)
    yield from _hours(gap)
    yield from _doubts(account)


def _midnights(gap: Gap) -> Iterator[str]:
    if gap.midnights:
        yield ""
    for name, count in gap.midnights.items():
        yield (
            f"suspicious: {count:,} {name} at midnight to the second: if that stands for not known, say so by "
            "`nulls` of the field"
        )


def _noticed(account: Account, gap: Gap) -> Iterator[str]:
    if account.noticed or gap.retold:
        yield ""
        yield "worth knowing"
    if gap.retold:
        yield (
            f"  {gap.retold:,} events tell a mission or row that another tells, too, and the newest counts: "
            "if these are units of one mission, their source wants a row"
        )
    for (what, about), count in account.noticed.most_common():
        yield f"  {count:,} {_REMEDIES.get(what, what)}{': ' if about else ''}{one_line(about)}"


def _borders(counts: BorderCounts) -> Iterator[str]:
    if not counts.near:
        return
    yield ""
    yield f"{counts.near:,} of {counts.missions:,} missions lie near a border: they may be of another series"
    if not counts.turning:
        yield f"  none of {counts.verdicts:,} verdicts would be another one, wherever they lie"
        return
    yield f"  {len(counts.turning):,} of {counts.verdicts:,} verdicts hang on it:"
    for period, (area, category, objective), swing in counts.turning[:MOST_VERDICTS]:
        moves = f"{swing.fewest:,} of {swing.leaving + swing.coming:,} on the other side would turn it"
        now = f"{'met' if swing.met else 'missed'} by {swing.judged:,} missions"
        yield one_line(f"  {period} {area} {category} {objective}: {now}; {moves}")
    if len(counts.turning) > MOST_VERDICTS:
        yield f"  and {len(counts.turning) - MOST_VERDICTS} more"


def _clock(clock: ClockGap) -> Iterator[str]:
    unmeasured = sum(clock.unmeasured.values())
    yield f"clock {clock.slug}: {clock.measured:,} measured, {unmeasured:,} unmeasured, {clock.unfinished:,} open"
    yield from _counted("unmeasured", clock.unmeasured.items())
    if clock.middle is not None and clock.longest is not None:
        yield f"  half within {_length(clock.middle)}, the longest {_length(clock.longest)} (h:mm:ss)"
    if clock.zeros:
        yield f"  {clock.zeros:,} intervals of 0 seconds{_share(clock.zeros, clock.measured)}"
    heaped = clock.whole_minutes - clock.zeros
    if clock.measured >= _LEAST_HEAPED and heaped > _HEAPED * clock.measured:
        yield (
            f"  {heaped:,} intervals of whole minutes{_share(heaped, clock.measured)}: the source keeps or rounds to "
            "minutes; by chance one in 60 is whole"
        )


def _length(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _counted(title: str, counts: Iterable[tuple[str, int]]) -> Iterator[str]:
    for name, count in sorted(counts, key=lambda pair: -pair[1]):
        yield f"  {count:,} {title}: {one_line(name)}"


def _refusals(account: Account, *, examples: bool) -> Iterator[str]:
    if examples:
        yield "refused"
    for (reason, about), one in sorted(account.refused.items(), key=lambda pair: -pair[1].count):
        field = f" {about}" if about else ""
        detail = f": {one.detail}" if one.detail else ""
        way_out = f"; {_WAYS_OUT[reason]}" if examples and reason in _WAYS_OUT else ""
        example = f", such as {one.example!r}" if examples and one.example else ""
        yield one_line(f"  {one.count:,} {reason}{field}, first at {one.place}{example}{detail}{way_out}")


def _unknown_words(account: Account) -> Iterator[str]:
    for field in dict.fromkeys(field for field, _ in account.words):
        words = [(word, count) for (about, word), count in account.words.most_common() if about == field]
        yield ""
        yield f"words that {field} does not know"
        for word, count in words[:MOST_WORDS]:
            yield one_line(f"  {count:,} {word!r}")
        if len(words) > MOST_WORDS:
            yield f"  and {len(words) - MOST_WORDS} more"


def _hours(gap: Gap) -> Iterator[str]:
    most = max(gap.hours)
    if not most:
        return
    yield ""
    yield f"missions by the hour they begin in, by the clocks of {gap.zone}"
    for hour, count in enumerate(gap.hours):
        yield f"  {hour:02} {'█' * round(_BAR * count / most):{_BAR}} {count:,}"
    if gap.hours_off is not None:
        yield (
            f"  suspicious: the quietest hours lie {abs(gap.hours_off):g} hours "
            f"{'after' if gap.hours_off > 0 else 'before'} the night; look at the zone and the offset of the times"
        )
    if sum(gap.hours) > _LEAST_HEAPED and gap.hours[0] > sum(gap.hours) / 2:
        yield "  suspicious: most begin in the hour after midnight, as dates without a time of day do"


def _doubts(account: Account) -> Iterator[str]:
    for file, encoding in account.guessed.items():
        yield one_line(f"warning: {file} is no UTF-8; read as {encoding}, which is a guess: declare format.encoding")
    for told in account.cut_short:
        yield one_line(f"warning: not read to its end: {told}")


def _share(count: int, whole: int) -> str:
    return f" ({100 * count / whole:.0f} %)" if whole else ""
