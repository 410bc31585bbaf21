"""Files of a feed become events, record by record; what became of each record is noted on the way.

Decides which source a file belongs to, and what of a refused record is kept for people: for each field and reason a
count, the first place and the first words. Refuses to know what events count for (`gap`), and holds no record.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from monitor.core.service import Service
from monitor.feeds.declared_types import Feed, Source
from monitor.feeds.formats import Unreadable, open_records
from monitor.feeds.mapping import Mapper
from monitor.feeds.rows import Event, Mapped, Row, What
from monitor.feeds.sought import Sought

MOST_DISTINCT: Final = 500
"""Unknown words, and reasons with their fields, that are told apart; what is beyond is counted together."""
OTHERS: Final = "(others)"
STEP: Final = 1_024
"""Records between two reports of progress."""
_STANDARD_INPUT: Final = "-"


class NoSource(LookupError):  # noqa: N818 - named for what is missing
    """A file that no source of the feed takes."""


class Placed(NamedTuple):
    """An event, and where it came from."""

    event: Event
    place: str


@dataclass(slots=True)
class Refusals:
    """Records refused for one reason and field: how many, where the first is, and what it said."""

    count: int = 0
    place: str = ""
    example: str = ""
    detail: str = ""


@dataclass(slots=True)
class Account:
    """What became of the records of all files so far."""

    records: int = 0
    events: int = 0
    refused_records: int = 0
    refused_events: int = 0
    """Of the events: those that the core would refuse, as far as it was asked."""
    refused: dict[tuple[str, str], Refusals] = field(default_factory=dict)
    """By reason and the event's field."""
    words: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Unknown words by field, those that were refused and those that a rule gave a meaning."""
    noticed: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What else was worth telling, by its name and the field, or the filter."""
    near: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    """Of missions near a border, by their id: what each field could be as well."""
    sought: dict[str, Sought] = field(default_factory=dict)
    """What the records of each source were found to hold."""
    cut_short: list[str] = field(default_factory=list)
    """Files that could not be read to their end."""
    guessed: dict[str, str] = field(default_factory=dict)
    """Encodings that had to be guessed, by file."""

    def refuse(self, reason: str, about: str, place: str, example: str, detail: str) -> None:
        """Note one fault of a record."""
        key = (reason, about)
        known = self.refused.get(key)
        if known is None:
            if len(self.refused) >= MOST_DISTINCT:
                key = (OTHERS, "")
            known = self.refused.setdefault(key, Refusals(place=place, example=example, detail=detail))
        known.count += 1

    def unknown_word(self, about: str, word: str) -> None:
        """Note a word that a field does not know."""
        key = (about, word)
        self.words[key if key in self.words or len(self.words) < MOST_DISTINCT else (about, OTHERS)] += 1


Seen = Callable[[int, int], None]
"""Told of the bytes of all files read so far, and of the records."""


@dataclass(slots=True)
class Conversion:
    """The events of several files, one file after the other. Iterating raises OSError."""

    feed: Feed
    service: Service
    inputs: Sequence[tuple[Path, Source]]
    seen: Seen = lambda _bytes, _records: None
    account: Account = field(default_factory=Account)

    @property
    def size(self) -> int | None:
        """Bytes of all files; None where one is a pipe."""
        sizes = [path.stat().st_size if path.is_file() else None for path, _ in self.inputs]
        return None if None in sizes else sum(size or 0 for size in sizes)

    def __iter__(self) -> Iterator[Placed]:
        mappers: dict[str, Mapper] = {}
        places, ahead = self.feed.places, None
        if places is not None:
            from monitor.feeds.geography_ahead import Ahead  # noqa: PLC0415 - an extra, slow to load

            places = ahead = Ahead(cast("Any", places))
        before = 0
        for path, source in self.inputs:
            if source.slug not in mappers:
                mappers[source.slug] = Mapper(source, self.service, places)
            records = open_records(path, source.format)
            named = f"{records.name}, " if len(self.inputs) > 1 else ""
            account, map_row = self.account, mappers[source.slug].map
            sought = account.sought.setdefault(source.slug, Sought(source))
            for row in records if ahead is None else ahead.read(records):
                account.records += 1
                if account.records % STEP == 0:
                    self.seen(before + records.read_bytes, account.records)
                if isinstance(row, Unreadable):
                    self._unreadable(row, records.name, named)
                    continue
                sought.look(row)
                mapped = map_row(row)
                if mapped.notices or mapped.refused:
                    self._note(row, mapped, named)
                for event in mapped.events:
                    account.events += 1
                    yield Placed(event, named + row.place)
            before += records.read_bytes
            if records.guessed is not None:
                account.guessed[records.name] = records.guessed
        self.seen(before, self.account.records)

    def _unreadable(self, row: Unreadable, file: str, named: str) -> None:
        self.account.refused_records += 1
        self.account.refuse(row.reason, "", named + row.place, "", row.detail)
        if row.ends:
            self.account.cut_short.append(f"{file}, {row.place}: {row.detail}")

    def _note(self, row: Row, mapped: Mapped, named: str) -> None:
        account = self.account
        account.refused_records += bool(mapped.refused)
        for one in mapped.refused:
            account.refuse(one.why, one.field, named + row.place, one.example, one.detail)
            if one.why in {"unknown_word", "neither_true_nor_false"}:
                account.unknown_word(one.field, one.example)
        for notice in mapped.notices:
            if notice.what is What.UNKNOWN_WORD:
                account.unknown_word(notice.field, notice.detail)
                continue
            if notice.what is What.NEAR_BORDER:
                for event in mapped.events:
                    account.near.setdefault(event["mission_id"], {})[notice.field] = notice.others
            account.noticed[notice.what, notice.field or notice.detail] += 1


def matched(feed: Feed, paths: Sequence[Path], slug: str | None = None) -> list[tuple[Path, Source]]:
    """Each file with every source that takes it, or with the source that `slug` names. Raises NoSource."""
    if slug is not None:
        named = next((source for source in feed.sources if source.slug == slug), None)
        if named is None:
            known = ", ".join(source.slug for source in feed.sources)
            raise NoSource(f"the feed has no source {slug!r}; it has: {known}")
        return [(path, named) for path in paths]
    found = []
    for path in paths:
        source = feed.sources[0] if len(feed.sources) == 1 else feed.source_of(path)
        if source is None or (str(path) == _STANDARD_INPUT and len(feed.sources) > 1):
            patterns = "; ".join(f"{one.slug}: {' '.join(one.files) or 'no files'}" for one in feed.sources)
            raise NoSource(f"{path} is of no source by its name ({patterns}): name one with --source")
        # Two tables may lie in one file, as in one topic: each source takes its own of it.
        found += [
            (path, one) for one in feed.sources if one is source or (source.files and one.files == source.files)
        ]
    return found
