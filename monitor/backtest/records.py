"""A backtest for programs: one object, unrounded, English names, moments as RFC 3339 in the service's zone."""

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from monitor.backtest import words
from monitor.backtest.document import Backtest, Outcome, Told, WhatIf
from monitor.core.stats.cusum import Shift
from monitor.core.verdict import Verdict
from monitor.words.catalogue import SOURCE, Language


def as_json(found: Backtest, _language: Language = SOURCE) -> str:
    """The whole."""
    document = {
        "service": found.service.slug,
        "period": found.period.name,
        "from": _moment(found, found.span.start),
        "to": _moment(found, found.span.end),
        "whole": found.whole,
        "objectives": [one.slug for one in found.watched],
        "day_correlation": {
            slug: {
                "measured": one.measured, "lower": one.interval.lower, "upper": one.interval.upper,
                "drawn": one.drawn, "pairs": one.pairs,
            }
            for slug, one in found.together.items()
        },
        "not_looked_back_at": list(found.not_asked),
        "outcomes": [
            _outcome(found, outcome, found.outcomes[1 - number] if len(found.outcomes) > 1 else None)
            for number, outcome in enumerate(found.outcomes)
        ],
        "what_if": [_what_if(one) for one in found.what_ifs],
    }  # fmt: skip
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _outcome(found: Backtest, outcome: Outcome, other: Outcome | None) -> dict[str, Any]:
    return {
        "parameters": {one.name: _parameter(getattr(outcome.rules, one.name)) for one in fields(outcome.rules)},
        "changed": list(outcome.changed),
        "looks": outcome.looks,
        "episodes": [_told(found, one, other) for one in outcome.told],
        "calm": None if outcome.calm is None else {
            "years": len(outcome.calm.pages),
            "series": outcome.calm.series,
            "pages": list(outcome.calm.pages),
            "pages_a_year": outcome.calm.a_year,
            "lower": words.calm_interval(outcome)[0],
            "upper": words.calm_interval(outcome)[1],
        },
        "falls": None if outcome.falls is None else [
            {
                "area": one.area, "category": one.category, "objective": one.objective, "within": one.within,
                "tries": one.tries, "found": len(one.missions), "median_missions": one.median_missions,
                "median_days": one.median_days,
            }
            for one in outcome.falls
        ],
    }  # fmt: skip


def _told(found: Backtest, one: Told, other: Outcome | None) -> dict[str, Any]:
    episode, evidence = one.episode, one.evidence
    document: dict[str, Any] = {
        "severity": episode.severity.value,
        "alert": episode.alert,
        "area": episode.area,
        "category": episode.category,
        "objective": episode.objective,
        "begin": _moment(found, episode.begin),
        "told": _moment(found, episode.told_at),
        "end": _moment(found, episode.end),
        "evidence": {
            "window": evidence.window, "judged": evidence.count.judged, "within": evidence.count.within,
            "statistic": "score" if evidence.is_score else "p_value", "value": evidence.value,
            "limit": evidence.limit,
        },
        "after": {"days": one.after_days, **_verdict(one.after)},
    }  # fmt: skip
    if other is not None:
        document["days_later_by_the_others"] = words.days_later(one, other)
    return document


def _what_if(one: WhatIf) -> dict[str, Any]:
    return {
        "area": one.area, "category": one.category, "objective": one.objective.slug, "value_seconds": one.value,
        "lower_seconds": one.interval.lower, "upper_seconds": one.interval.upper, "was": _verdict(one.was),
        "would_be": _verdict(one.would_be),
    }  # fmt: skip


def _verdict(one: Verdict) -> dict[str, Any]:
    return {
        "target_seconds": one.target_seconds, "judged": one.judged, "within": one.within, "state": one.state.value,
        "evidence": one.evidence.value, "share_lower": one.share.lower if one.share else None,
        "share_upper": one.share.upper if one.share else None,
    }  # fmt: skip


def _parameter(value: object) -> object:
    return {"normal": value.normal, "degraded": value.degraded} if isinstance(value, Shift) else value


def _moment(found: Backtest, at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, found.grid.zone).isoformat()
