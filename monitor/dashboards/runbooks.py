"""The runbooks as Grafana shows them: one page per alert, under the alert's name.

So the link in a notification leads somewhere on every installation, at the address that people reach Grafana at, and
also while the monitor itself is gone. Decides nothing about their content: that is written in docs/runbooks.
"""

import re
from collections.abc import Mapping
from typing import Final

from monitor.dashboards.frame import COLUMNS, SCHEMA, TAG, written

FOLDER: Final = "grafana/runbooks"
OVERVIEW: Final = "README"
OVERVIEW_UID: Final = "Runbooks"
HEIGHT: Final = 24
_LINK: Final = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def pages(texts: Mapping[str, str]) -> Mapping[str, str]:
    """The JSON of each page by its place in the repository; `texts` in Markdown by the name of their file."""
    return {f"{FOLDER}/{uid_of(name)}.json": _page(name, content, texts) for name, content in sorted(texts.items())}


def uid_of(name: str) -> str:
    """Where a runbook is found: /d/MonitorAbsent."""
    return OVERVIEW_UID if name == OVERVIEW else name


def _page(name: str, content: str, texts: Mapping[str, str]) -> str:
    title, _, body = content.partition("\n")
    panel = {
        "id": 1, "type": "text", "title": "", "gridPos": {"x": 0, "y": 0, "w": COLUMNS, "h": HEIGHT},
        "options": {"mode": "markdown", "content": _linked(body.strip(), texts)},
    }  # fmt: skip
    page = {
        "uid": uid_of(name), "title": title.removeprefix("# "), "tags": [TAG, "runbook"], "schemaVersion": SCHEMA,
        "editable": False, "timepicker": {"hidden": True}, "templating": {"list": []}, "annotations": {"list": []},
        "panels": [panel],
    }  # fmt: skip
    return written(page) + "\n"


def _linked(body: str, texts: Mapping[str, str]) -> str:
    """Links to other runbooks lead to their pages; those to other documents say where these are."""

    def led(found: re.Match[str]) -> str:
        words, target = found[1], found[2]
        name = target.removesuffix(".md")
        if name in texts:
            return f"[{words}](/d/{uid_of(name)})"
        if target.startswith("../"):
            return f"{words} (docs/{target.removeprefix('../')})"
        return found[0]

    return _LINK.sub(led, body)
