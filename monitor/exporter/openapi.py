"""The API's description (OpenAPI 3.1), made from the classes that are encoded: it cannot say anything else."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import msgspec

from monitor.exporter.areas import AreaAnswer
from monitor.exporter.compliance import Answer
from monitor.exporter.mission_lists import MissionsAnswer
from monitor.exporter.periods import PeriodAnswer
from monitor.exporter.stream import StreamEvent
from monitor.exporter.why_answer import WhyAnswer
from monitor.http.problem import CONTENT_TYPE, Problem

_REFERENCE: Final = "#/components/schemas/{name}"
_TYPES: Final = (Answer, AreaAnswer, MissionsAnswer, PeriodAnswer, Problem, StreamEvent, WhyAnswer)


@cache
def description() -> bytes:
    """The whole document as JSON."""
    schemas, components = msgspec.json.schema_components(_TYPES, ref_template=_REFERENCE)
    by_type = dict(zip(_TYPES, schemas, strict=True))
    failed = {"content": {CONTENT_TYPE: {"schema": by_type[Problem]}}}
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Response-time monitor",
                "version": "1",
                "description": "Response times, judged by objectives. Times are RFC 3339 in UTC, durations seconds. "
                "null: not known, or there is none to give. Fields may be added; none changes its meaning.",
            },
            "servers": [{"url": "../..", "description": "Wherever this document was found."}],
            "paths": {
                "/api/v1/compliance": _get(
                    "Every area, category and window as published", by_type[Answer], tagged=True, faults={}
                ),
                "/api/v1/areas/{area}": _get(
                    "One area with its windows, alarms, last weeks, and what is behind them",
                    by_type[AreaAnswer], tagged=True,
                    parameter=("area", "The slug of an area."),
                    query=("window", "What `closer` is about, beside the last 365 days."),
                    faults={
                        "400": failed | {"description": "No such window is judged."},
                        "404": failed | {"description": "No such area is declared."},
                    },
                ),
                "/api/v1/periods/{period}": _get(
                    "A year or a part of one, judged from what is stored now", by_type[PeriodAnswer], tagged=True,
                    parameter=("period", "`2024`, `2024-T2` or `2024-11`."),
                    faults={
                        "400": failed | {"description": "That is no period."},
                        "404": failed | {"description": "The period has not begun."},
                        "503": failed | {"description": "The store has not been read yet."},
                    },
                ),
                "/api/v1/why/{area}": _get(
                    "Why an area's share of late missions changed between two periods", by_type[WhyAnswer],
                    tagged=True,
                    parameter=("area", "The slug of an area."),
                    query=("period", "`2024-T2`; without one, `window` against as long before it."),
                    more={"against": "`2024-T1`; without one, the period before.", "window": "`28d`.",
                          "category": "Of this category alone."},
                    faults={
                        "400": failed | {"description": "That is no period, window or category."},
                        "404": failed | {"description": "No such area is declared, or the period has not begun."},
                        "503": failed | {"description": "The store has not been read yet."},
                    },
                ),
                "/api/v1/missions": _get(
                    "The missions behind a figure, one by one, for those who may see them", by_type[MissionsAnswer],
                    query=("period", "`2024`, `2024-T2` or `2024-11`; needed."),
                    more={"question": "`late` (where nothing is said), `unmeasured`, `open` or `stuck`.",
                          "objective": "Whose clock and thresholds are meant.", "area": "Of this area alone.",
                          "category": "Of this category alone."},
                    faults={
                        "400": failed | {"description": "That cannot be asked."},
                        "401": failed | {"description": "Nothing was shown that gives anything."},
                        "403": failed | {"description": "What was shown does not give missions."},
                        "503": failed | {"description": "The store cannot be read, or too much is asked."},
                    },
                ),
                "/api/v1/stream": _get(
                    "Events named `state` whenever something new is published; each holds what the schema says",
                    by_type[StreamEvent], content_type="text/event-stream",
                    faults={"503": failed | {"description": "No place left for another listener."}},
                ),
            },
            "components": {"schemas": components},
        }
    )  # fmt: skip


def _get(
    summary: str,
    schema: dict[str, Any],
    *,
    faults: dict[str, Any],
    tagged: bool = False,
    parameter: tuple[str, str] | None = None,
    query: tuple[str, str] | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
    content_type: str = "application/json",
) -> dict[str, Any]:
    found: dict[str, Any] = {"description": "Found.", "content": {content_type: {"schema": schema}}}
    answers: dict[str, Any] = {"200": found}
    parameters: list[dict[str, Any]] = [
        {"name": named[0], "in": place, "required": place == "path", "description": named[1],
         "schema": {"type": "string"}}
        for place, named in (("path", parameter), ("query", query), *(("query", one) for one in more.items()))
        if named is not None
    ]  # fmt: skip
    if tagged:
        found["headers"] = {"ETag": {"description": "Names the content.", "schema": {"type": "string"}}}
        parameters.append({"name": "If-None-Match", "in": "header", "schema": {"type": "string"}})
        answers["304"] = {"description": "The client has it already."}
    operation = {"summary": summary, "parameters": parameters, "responses": answers | faults}
    return {"get": operation}
