"""The report as a workbook: everything that the page shows, numbers as numbers, with their units in the heads.

Decides what stands on which sheet. A sheet for each objective; then months, years, the tail, and how it all came
about. Lengths of time are minutes, or seconds where thresholds are as brief as that, unrounded.
"""

import io
from collections.abc import Iterator, Sequence

from monitor.charts.by_year import year_called
from monitor.core.duration import minutes_of
from monitor.core.figures import Figures
from monitor.core.service import Objective
from monitor.core.stats.bounds import ShareBounds
from monitor.core.tail import TIMES
from monitor.core.verdict import Verdict
from monitor.report import method, tails, words
from monitor.report.cells import notations
from monitor.report.document import Judged, Report, ReportRow, unmeasured_ratio
from monitor.report.years import shown
from monitor.spreadsheet import Sheet, Value, write
from monitor.words import names
from monitor.words.catalogue import Language
from monitor.words.durations import MINUTE, Notation
from monitor.words.speaker import Speaker, speaker
from monitor.words.verdicts import EVIDENCES, STATES

_Row = Sequence[Value]


def as_xlsx(report: Report, language: Language) -> bytes:
    """The whole workbook; equal reports give equal bytes."""
    file = io.BytesIO()
    write(file, _sheets(_Workbook(speaker(language), report)))
    return file.getvalue()


def _of(head: str, what: str) -> str:
    """A head with its unit, or whose it is."""
    return f"{head}, {what}"


def _percents(bounds: ShareBounds) -> list[Value]:
    return [100 * bounds.lower, 100 * bounds.upper]


class _Workbook:
    def __init__(self, say: Speaker, report: Report) -> None:
        self.say, self.report = say, report
        notation = notations(report)
        self.units = {slug: 1 if how is Notation.SECONDS else MINUTE for slug, how in notation.items()}

    def named(self, area: str, category: str) -> list[Value]:
        """An area and a category as they are called."""
        service = self.report.service
        return [names.area(self.say, service, area), names.category(self.say, service, category)]

    def unit(self, objective: Objective) -> str:
        """As it stands in a head."""
        return self.say("s") if self.units[objective.slug] == 1 else self.say("min")

    def time(self, objective: Objective, seconds: float | None) -> float | None:
        """A length of time in the unit of its objective."""
        return None if seconds is None else seconds / self.units[objective.slug]

    def threshold(self, objective: Objective, seconds: float | None) -> float | None:
        """The same of a threshold, as it was written."""
        return (
            self.time(objective, seconds)
            if seconds is None or self.units[objective.slug] == 1
            else minutes_of(seconds)
        )

    def statistic(self, objective: Objective) -> str:
        """The head over results."""
        return f"{names.headed(names.statistic(self.say, objective))}, {self.unit(objective)}"

    def judged(self, objective: Objective, figures: Figures, verdict: Verdict) -> list[Value]:
        """Missions, result, threshold, verdict: what all sheets have."""
        return [
            figures.of(objective).measured,
            self.time(objective, figures.values[objective.slug]),
            self.threshold(objective, verdict.target_seconds),
            self.say(STATES[verdict.state]),
            *self.hanging(objective, verdict),
        ]

    def hanging(self, objective: Objective, verdict: Verdict) -> list[Value]:
        """What the unmeasured could make of a verdict."""
        without = verdict.unmeasured
        said = None if without is None else self.say("yes") if without.settled else self.say("no")
        if objective.percentile is None:
            tips = None if without is None or without.settled else self.time(objective, without.most_seconds)
            return [said, tips]
        ends = [None, None] if without is None or without.bounds is None else _percents(without.bounds)
        return [said, *ends, None if without is None else without.tipping_percent]

    def judged_heads(self, objective: Objective) -> list[str]:
        """Over these."""
        say = self.say
        threshold = _of(say("Threshold"), self.unit(objective))
        hanging = [say("Settled whatever the unmeasured were")]
        if objective.percentile is None:
            hanging.append(_of(say("Met if the unmeasured took at most, in the mean"), self.unit(objective)))
        else:
            hanging += [
                _of(say("Within of all, at least"), "%"),
                _of(say("Within of all, at most"), "%"),
                say("Met if so many of 100 unmeasured were within"),
            ]
        return [say("Missions"), self.statistic(objective), threshold, say("Verdict"), *hanging]


def _sheets(book: _Workbook) -> Iterator[Sheet]:
    say, report = book.say, book.report
    yield Sheet(say("Report"), [words.title(say, report), ""], _about(book))
    objectives = report.service.objectives
    for one in objectives:
        yield Sheet(words.objective_explained(say, report, one), _heads(book, one), _results(book, one))
    for one in objectives:
        heads = [say("Category"), say("Month"), *book.judged_heads(one)]
        if any(report.months.values()):
            yield Sheet(_of(say("Months"), names.objective(say, one)), heads, _months(book, one))
    for one in objectives:
        heads = [say("Area"), say("Category"), say("Year"), *book.judged_heads(one), say("Exact")]
        if shown(report):
            yield Sheet(_of(say("Years"), names.objective(say, one)), heads, _years(book, one))
    if report.tails:
        yield Sheet(say("Tail"), _tail_heads(book), _tails(book))
        heads = [say("Category"), say("Objective"), _of(say("Wait"), say("min")), say("Day")]
        yield Sheet(say("Longest waits"), heads, _waits(book))
    yield Sheet(say("Method"), [say("Method")], ([text] for text in _method(book)))


def _about(book: _Workbook) -> Iterator[_Row]:
    say, report = book.say, book.report
    yield say("Period"), words.span_of(say, report)
    yield say(words.STATUSES[report.status]), words.status_of(say, report)
    yield say("Newest mission"), words.as_of(say, report)
    yield say("In progress"), report.open
    if report.previous is not None:
        yield say("Compared with"), words.period_named(say, report.previous)
    for notice in words.notices(say, report):
        yield "", notice
    for told in words.missions_told(say, report):
        yield "", told


def _heads(book: _Workbook, objective: Objective) -> list[str]:
    say, unit = book.say, book.unit(objective)
    spare = words.spare_headed(say, objective)
    return [
        say("Area"), say("Category"), *book.judged_heads(objective), say("Evidence"),
        _of(say("95 % interval, from"), unit), _of(say("95 % interval, to"), unit),
        say("Judged"), say("Late"),
        spare if objective.percentile is not None else _of(spare, say("min")),
        say("Unmeasured"), _of(say("Unmeasured"), "%"), _of(say("Period before"), unit), _of(say("Change"), unit),
        say("Exact"),
    ]  # fmt: skip


def _results(book: _Workbook, objective: Objective) -> Iterator[_Row]:
    for row in book.report.shown():
        if book.report.concerns(objective, row.category):
            yield _result(book, row, row.judged(objective.slug))


def _result(book: _Workbook, row: ReportRow, judged: Judged) -> _Row:
    say, objective, verdict = book.say, judged.objective, judged.verdict
    clock = row.clock(objective.clock)
    ratio, before = unmeasured_ratio(clock), row.previous(objective.slug)
    spare: Value = verdict.late_budget
    if verdict.spare_seconds is not None:
        spare = verdict.spare_seconds / MINUTE
    return [
        *book.named(row.area, row.category), *book.judged(objective, judged.figures, verdict),
        None if judged.evidence is None else say(EVIDENCES[judged.evidence]),
        *(book.time(objective, end) for end in judged.interval),
        verdict.judged, None if verdict.within is None else judged.late, spare,
        clock.unmeasured_total, None if ratio is None else 100 * ratio,
        book.time(objective, before.seconds if before else None),
        book.time(objective, row.change_seconds(objective.slug)), say("yes") if judged.exact else say("no"),
    ]  # fmt: skip


def _months(book: _Workbook, objective: Objective) -> Iterator[_Row]:
    say, report = book.say, book.report
    for category, months in report.months.items():
        for month in months if report.concerns(objective, category) else ():
            told = month.judged(objective.slug)
            _, named = book.named(report.service.root, category)
            yield named, say.month_and_year(month.first), *book.judged(objective, told.figures, told.verdict)


def _years(book: _Workbook, objective: Objective) -> Iterator[_Row]:
    say, report = book.say, book.report
    for area in report.areas:
        for category in report.service.judged_categories:
            for year in report.years if report.concerns(objective, category) else ():
                row = year.rows.get((area, category))
                if row is None:
                    continue
                exact = say("yes") if row.figures.exact[objective.slug] else say("no")
                told = book.judged(objective, row.figures, row.verdicts[objective.slug])
                yield *book.named(area, category), year_called(year), *told, exact


def _tail_heads(book: _Workbook) -> list[str]:
    say = book.say
    beyond = [say("beyond {times} × the threshold", times=say.plain(times)) for times in TIMES]
    return [
        say("Area"),
        say("Category"),
        say("Objective"),
        say("Judged"),
        *beyond,
        say("Of these estimated (≈)"),
        say("Judged by another threshold (≥)"),
        _of(say("Longest wait"), say("min")),
    ]


def _tails(book: _Workbook) -> Iterator[_Row]:
    report, service = book.report, book.report.service
    for (area, category, slug), tail in report.tails.items():
        objective = names.objective(book.say, service.objective(slug))
        longest = tail.longest[0].seconds / MINUTE if tail.longest else None
        counts = [tail.judged, *tail.beyond.values(), tail.estimated, tail.unclear]
        yield *book.named(area, category), objective, *counts, longest


def _waits(book: _Workbook) -> Iterator[_Row]:
    report, service = book.report, book.report.service
    for (area, category, slug), tail in report.tails.items():
        for wait in tail.longest if area == service.root else ():
            objective = names.objective(book.say, service.objective(slug))
            at = tails.day(report, wait)
            day = at.replace(hour=0, minute=0, second=0, microsecond=0)
            yield book.named(area, category)[1], objective, wait.seconds / MINUTE, day if wait.dated else at


def _method(book: _Workbook) -> Iterator[str]:
    say, report = book.say, book.report
    yield from method.about(say, report)
    yield from method.notes(say, report)
    yield method.source(say, report)
    yield from method.unsettled(say, report)
    yield from tails.notes(say, report)
    yield from method.sketched(say, report)
    yield from report.errata
