"""What every page of the board shares: head, state of the data, banners, choices, footer.

Decides what is said about how far the figures can be trusted, and what a page may load: its own stylesheet, script
and stream, nothing else. Whatever comes from outside passes `escape`. Parts that a live page replaces carry
`data-live` and an id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final, Literal, get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from monitor.board.assets import ICON, SCRIPT, STYLE
from monitor.board.words import DICTIONARY, Words
from monitor.core.targets import NATIONAL
from monitor.exporter.published import Published

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy that goes with every page."""

Order = Literal["worst", "fixed"]
ORDERS: Final[tuple[Order, ...]] = get_args(Order)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is shown to whom. `patience_seconds`: silence of the stream after which a page trusts it no more.

    `root`: from the page to the board's first one. All addresses are relative, so that a proxy may put the board
    under any path.
    """

    published: Published
    words: Words
    names: Mapping[str, str]
    zone: ZoneInfo
    window: str
    windows: Sequence[str]
    order: Order = "worst"
    patience_seconds: float = 45.0
    root: str = ""

    @property
    def outdated(self) -> bool:
        """Whether the figures are no longer those of now, so that no verdict may be shown as one."""
        return self.published.loaded and not self.published.store_up

    def area_named(self, area: str) -> str:
        """An area's name in the reader's language."""
        return self.words.whole_country if area == NATIONAL else self.names.get(area, area)

    def link(self, path: str, **changes: str) -> str:
        """An address with the present choices, some of them changed; ready to stand in an attribute."""
        choices = {"window": self.window, "order": self.order, "lang": self.words.language} | changes
        return f"{self.address(path)}?{escape(urlencode(choices))}"

    def address(self, path: str) -> str:
        """Where a path of the service is found from this page; ready to stand in an attribute."""
        return escape(self.root + path.removeprefix("/"))


def document(view: View, *, path: str, title: str, heading: str, choices: str, content: str) -> str:
    """A whole page around its `content`; `heading` and `choices` (markup) go on top of it."""
    words = view.words
    return (
        f'<!DOCTYPE html>\n<html lang="{words.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        f'<link rel="icon" href="{view.address(ICON.path)}" type="image/svg+xml">\n'
        f'<link rel="stylesheet" href="{view.address(STYLE.path)}">\n'
        f'<script type="module" src="{view.address(SCRIPT.path)}"></script>\n</head>\n'
        f'<body class="{"outdated" if view.outdated else ""}" data-patience="{view.patience_seconds:g}" '
        f'data-outdated="{escape(words.outdated)}">\n'
        f'<a class="skip" href="#figures">{escape(words.skip)}</a>\n'
        f'<header>\n<div class="top">{heading}{_state(view)}</div>\n'
        f'<div class="choices">{choices}{_languages(view, path)}</div>\n</header>\n'
        f'<div id="banners" data-live>{_banners(view)}</div>\n'
        f'<div id="lost" role="alert" data-text="{escape(words.lost)}"></div>\n'
        f'<p id="news" role="status" class="unseen" data-text="{escape(words.changed)}"></p>\n'
        f'<main id="figures" tabindex="-1">\n{content}\n</main>\n{_footer(view)}\n</body>\n</html>\n'
    )


def choice(label: str, options: Iterable[tuple[str, str, bool]]) -> str:
    """A row of links, of which one is chosen: text, address (escaped), whether it is the one."""
    listed = "".join(f'<a href="{address}"{_current(chosen)}>{escape(text)}</a>' for text, address, chosen in options)
    named = escape(label)
    return f'<nav class="choice" aria-label="{named}"><span aria-hidden="true">{named}</span>{listed}</nav>'


def _current(chosen: bool) -> str:
    return ' aria-current="true"' if chosen else ""


def _languages(view: View, path: str) -> str:
    options = "".join(
        f'<a href="{view.link(path, lang=language)}" lang="{language}" hreflang="{language}"'
        f"{_current(language == view.words.language)}>"
        f"{escape(words.name)}</a>"
        for language, words in DICTIONARY.items()
    )
    return f'<nav class="choice languages" aria-label="{escape(view.words.language_choice)}">{options}</nav>'


def _state(view: View) -> str:
    published, words = view.published, view.words
    snapshot = published.snapshot
    feed = words.feed_stale if snapshot.stale else words.feed_fresh
    facts = (
        (words.as_of, published.read_at, "", not view.outdated),
        (words.feed, snapshot.last_record_at, feed, not snapshot.stale),
        (words.store, None, words.stores[published.store], published.store_up),
    )
    listed = "".join(
        f'<div class="{"good" if good else "bad"}"><dt>{escape(term)}</dt>'
        f"<dd>{_fact(view, moment, text, term)}</dd></div>"
        for term, moment, text, good in facts
    )
    connection = (
        f'<p class="connection" id="connection" data-live-text="{escape(words.live)}" '
        f'data-poll-text="{escape(words.polled)}" '
        f'data-wait-text="{escape(words.connecting)}" hidden></p>'
    )
    return f'<dl class="state" id="state" data-live>{listed}</dl>' + connection


def _fact(view: View, moment: float | None, text: str, term: str) -> str:
    told = escape(text)
    if term != view.words.store:
        shown = escape(view.words.moment(moment, view.zone))
        since = f' <span class="age" data-since="{moment:.3f}"></span>' if moment is not None else ""
        told = f"{shown}{since}" + (f" · {told}" if told else "")
    return told


def _banners(view: View) -> str:
    published, words = view.published, view.words
    told = []
    problem = words.problems.get(published.store)
    if problem is not None:
        template = words.not_updated if published.loaded else words.no_figures
        # What exactly is wrong, and where, is for whoever runs the store, not for everybody who looks at a wall.
        details = f' <a href="{view.address("/readyz")}">{escape(words.details)}</a>'
        told.append(escape(template.format(problem=problem)) + details)
    elif published.loaded and published.workforce is not None:
        details = f' <a href="{view.address("/readyz")}">{escape(words.details)}</a>'
        if not published.workforce.workers:
            told.append(escape(words.no_worker) + details)
        elif published.unheld or published.workforce.slowed:
            told.append(escape(words.partly_counted) + details)
    if published.loaded and published.snapshot.stale:
        told.append(escape(words.silent))
    if (claimed := published.snapshot.heard.ahead_at) is not None:
        moment = f"{datetime.fromtimestamp(claimed, view.zone):%Y-%m-%d %H:%M}"  # the year is the point of it
        told.append(escape(words.ahead.format(moment=moment)))
    if left_out := published.snapshot.left_out:
        districts = ", ".join(f"{view.names.get(area, area)} {missions}" for area, missions in left_out.items())
        told.append(escape(words.left_out.format(missions=sum(left_out.values()), districts=districts)))
    return "".join(f'<p class="banner" role="alert">{text}</p>' for text in told)


def _footer(view: View) -> str:
    words = view.words
    links = " · ".join(
        f'<a href="{view.address(path)}">{name}</a>'
        for path, name in (
            ("/api/v1/compliance", "JSON"),
            ("/api/v1/openapi.json", "OpenAPI"),
            ("/metrics", "metrics"),
            ("/readyz", "readiness"),
        )
    )
    return f"<footer><p>{escape(words.explained)}</p><p>{escape(words.machines)}: {links}</p></footer>"
