"""A backtest for a terminal."""

from collections.abc import Sequence
from itertools import groupby

from monitor.alerts.rule import Severity
from monitor.backtest import words
from monitor.backtest.document import Backtest, Outcome, Told, WhatIf
from monitor.core.plain_text import one_line
from monitor.words import durations, names
from monitor.words.catalogue import Language
from monitor.words.speaker import Speaker, speaker

Lines = list[Sequence[str]]


def as_text(found: Backtest, language: Language) -> str:
    """Sentences and aligned columns."""
    say = speaker(language)
    parts = [f"{words.title(say, found)}\n{words.about(say, found)}"]
    for number, outcome in enumerate(found.outcomes):
        other = found.outcomes[1 - number] if len(found.outcomes) > 1 else None
        parts.append("\n".join([f"{say('Parameters')}: {words.named(say, outcome)}", *words.in_short(say, outcome)]))
        for severity in Severity:
            if told := outcome.of(severity):
                heading = say("Pages") if severity is Severity.PAGE else say("Tickets")
                parts.append(f"{heading}\n\n{_table(episodes(say, found, told, other))}")
    for _, group in groupby(found.what_ifs, key=lambda one: (one.objective.slug, one.would_be.target_seconds)):
        asked = [*group]
        question = words.asked(say, found, asked[0].objective, asked[0].would_be.target_seconds)
        parts.append(f"{question}\n{words.answer(say, asked)}\n\n{_table(what_ifs(say, found, asked))}")
    parts.append("\n".join(words.notes(say, found)))
    return "\n\n".join(parts) + "\n"


def episodes(say: Speaker, found: Backtest, told: Sequence[Told], other: Outcome | None) -> Lines:
    """A head, and a line for each."""
    heads = [say("When"), say("Area"), say("Category"), say("What"), say("On what"), say("Until"), say("Afterwards")]
    lines: Lines = [[*heads, *([say("By the others")] if other else [])]]
    for one in told:
        episode = one.episode
        lines.append(
            [
                words.minute(found, episode.told_at or episode.begin),
                names.area(say, found.service, episode.area),
                names.category(say, found.service, episode.category),
                words.what(say, found, episode),
                words.stood_on(say, one.evidence),
                words.until(say, found, one),
                words.afterwards(say, one),
                *([words.beside(say, one, other)] if other else []),
            ]
        )
    return lines


def what_ifs(say: Speaker, found: Backtest, asked: Sequence[WhatIf]) -> Lines:
    """A head, and a line for each series."""
    how = durations.notation(
        [target for one in asked for target in (one.was.target_seconds, one.would_be.target_seconds)]
    )
    statistic = f"{names.headed(names.statistic(say, asked[0].objective))}, {say(how.value)}"
    lines: Lines = [
        [
            say("Area"), say("Category"), say("Missions"), statistic, say("95 % interval"), say("Threshold"), "",
            say("Would be"), "", say("Share within, %"),
        ]
    ]  # fmt: skip
    for one in asked:
        target = one.would_be.target_seconds
        value = "" if one.value is None else durations.exactly(say, how, one.value, target, exact=True)
        lines.append(
            [
                names.area(say, found.service, one.area),
                names.category(say, found.service, one.category),
                say.count(one.would_be.judged),
                value,
                durations.between(say, how, one.interval.lower, one.interval.upper),
                words.threshold(say, how, one.was),
                words.judged(say, one.was),
                words.threshold(say, how, one.would_be),
                words.judged(say, one.would_be),
                words.shares(say, one.would_be),
            ]
        )
    return lines


def _table(lines: Lines) -> str:
    rows = [[one_line(cell) for cell in line] for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
