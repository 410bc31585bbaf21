"""The report as a file to send: a PDF that can be read by everybody, and a workbook that says what the page says."""

import ctypes
import io
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from openpyxl import Workbook, load_workbook
from pypdfium2 import raw

from monitor.core.tail import Tail, Wait
from monitor.report import pdf
from monitor.report.document import About, Report
from monitor.report.formats import FORMATS
from monitor.report.pdf import PdfUnavailableError
from monitor.settings import load
from monitor.words.catalogue import LANGUAGES, Language
from tests.report.made import report, service
from tests.report.reading import read
from tests.report.test_page import HERE, report_of

A4 = (595.28, 841.89)
MISSIONS = HERE / "missions.jsonl"
CONFIG = HERE / "config" / "monitor.toml"
MONITOR = (sys.executable, "-m", "monitor.cli", "--config", str(CONFIG))


@pytest.fixture(scope="module")
def tiny() -> Report:
    """The report of a handful of missions."""
    return report_of(MISSIONS.read_bytes().splitlines(), CONFIG)


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Language:
    found: Language = request.param
    return found


@pytest.fixture(scope="module")
def document(tiny: Report, language: Language) -> Iterator[pypdfium2.PdfDocument]:
    """The PDF of it."""
    with pypdfium2.PdfDocument(FORMATS["pdf"](tiny, language)) as opened:
        yield opened


def text_of(document: pypdfium2.PdfDocument) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_the_pdf_is_a4_and_tagged_in_its_language(document: pypdfium2.PdfDocument, language: Language) -> None:
    """For printers, and for those who have it read to them."""
    assert all(page.get_size() == pytest.approx(A4, abs=0.5) for page in document)
    assert raw.FPDFCatalog_IsTagged(document.raw)
    needed = raw.FPDFCatalog_GetLanguage(document.raw, None, 0)
    buffer = (ctypes.c_ushort * (needed // 2))()
    raw.FPDFCatalog_GetLanguage(document.raw, buffer, needed)
    assert bytes(buffer).decode("utf-16-le").rstrip("\0") == language


def test_the_pdf_has_the_texts_of_the_page(document: pypdfium2.PdfDocument, tiny: Report, language: Language) -> None:
    """Title, headings, names of areas and notes, whatever their letters: none is lost for want of a font."""
    page, told = read(FORMATS["html"](tiny, language)), "".join(text_of(document).split())
    for element in [*page.all("h1"), *page.all("h2"), *page.all("li"), *page.one("header").all("p")]:
        plain = "".join(element.text.split())
        assert "".join(char for char in plain if char.isalnum()) in "".join(char for char in told if char.isalnum())


def test_every_font_of_the_pdf_is_embedded(document: pypdfium2.PdfDocument) -> None:
    """It looks the same wherever it is opened."""
    fonts = set()
    for page in document:
        for found in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            font = raw.FPDFTextObj_GetFont(found.raw)
            fonts.add(bool(raw.FPDFFont_GetIsEmbedded(font)))
    assert fonts == {True}


def test_tables_of_the_pdf_are_tables_and_charts_are_described(document: pypdfium2.PdfDocument) -> None:
    """Its tags tell rows from heads, and a chart has the text that the page gives it."""
    kinds: dict[str, int] = {}
    described = []
    for page in document:
        tree = raw.FPDF_StructTree_GetForPage(page.raw)
        for place in range(raw.FPDF_StructTree_CountChildren(tree)):
            _walk(raw.FPDF_StructTree_GetChildAtIndex(tree, place), kinds, described)
        raw.FPDF_StructTree_Close(tree)
    assert {"H1", "H2", "Table", "TR", "TH", "TD", "Caption", "Figure"} <= set(kinds)
    assert len([text for text in described if text]) == kinds["Figure"]


def _walk(element: Any, kinds: dict[str, int], described: list[str]) -> None:
    if not element:
        return
    kind = _told(raw.FPDF_StructElement_GetType, element)
    kinds[kind] = kinds.get(kind, 0) + 1
    if kind == "Figure":
        described.append(_told(raw.FPDF_StructElement_GetAltText, element))
    for place in range(max(0, raw.FPDF_StructElement_CountChildren(element))):
        _walk(raw.FPDF_StructElement_GetChildAtIndex(element, place), kinds, described)


def _told(ask: Any, element: Any) -> str:
    needed = ask(element, None, 0)
    buffer = ctypes.create_string_buffer(max(2, needed))
    ask(element, buffer, needed)
    return buffer.raw[:needed].decode("utf-16-le").rstrip("\0")


def test_equal_reports_are_equal_pdfs_and_workbooks(tiny: Report) -> None:
    """Nothing in them tells when, where and by whom they were made."""
    for name in ("pdf", "xlsx"):
        assert FORMATS[name](tiny, "en") == FORMATS[name](tiny, "en")


def test_a_pdf_loads_nothing(tiny: Report) -> None:
    """A name that looks like an address, or like markup, is a name."""
    evil = '<img src="http://192.0.2.1/x.png"> url(file:///etc/passwd)'
    made = FORMATS["pdf"](replace(tiny, source=evil), "en")
    with pypdfium2.PdfDocument(made) as opened:
        assert "192.0.2.1" in text_of(opened)


@pytest.mark.parametrize("missing", [ImportError("No module named 'weasyprint'"), OSError("cannot load 'libpango'")])
def test_without_what_makes_pdfs_it_is_said_what_to_install(
    tiny: Report, missing: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra may be missing, or a library of the system; everything else works without either."""

    class Refusing:
        def find_spec(self, name: str, *_rest: object) -> None:
            if name == "weasyprint":
                raise missing

    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Refusing(), *sys.meta_path])
    with pytest.raises(PdfUnavailableError, match=r"'\.\[pdf\]'.*libpango"):
        pdf.as_pdf(tiny, "en")
    assert FORMATS["xlsx"](tiny, "en")


def test_files_come_through_the_command_whole(tmp_path: Path) -> None:
    """Bytes on standard output, warnings beside them."""
    for name, beginning in (("pdf", b"%PDF-"), ("xlsx", b"PK")):
        done = subprocess.run(
            [*MONITOR, "report", "--period", "2024", "--events", MISSIONS, "--format", name],
            capture_output=True, check=True, timeout=120,
        )  # fmt: skip
        assert done.stdout.startswith(beginning)
        (tmp_path / f"report.{name}").write_bytes(done.stdout)
    assert load_workbook(tmp_path / "report.xlsx").sheetnames[0] == "Report"


def book_of(made: Report, language: Language = "en") -> Workbook:
    return load_workbook(io.BytesIO(FORMATS["xlsx"](made, language)))


def rows_of(book: Workbook, sheet: str) -> list[dict[str, Any]]:
    heads, *rows = book[sheet].iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_the_workbook_says_what_the_report_says(tiny: Report) -> None:
    """Each area and category of each objective: unrounded numbers as numbers, and nothing where there is nothing."""
    book = book_of(tiny)
    for objective in tiny.service.objectives:
        name = f"{objective.slug.title()} (P{objective.percentile})"
        told = rows_of(book, name)
        shown = [row for row in tiny.shown() if tiny.concerns(objective, row.category)]
        assert len(told) == len(shown)
        for row, line in zip(shown, told, strict=True):
            judged = row.judged(objective.slug)
            assert line["Missions"] == judged.measured
            for head, seconds in ((f"P{objective.percentile}, min", judged.seconds),
                                  ("Threshold, min", judged.threshold)):  # fmt: skip
                assert line[head] == (None if seconds is None else pytest.approx(seconds / 60))
            assert line["Judged"] == judged.verdict.judged


def test_every_kind_of_service_has_its_workbook() -> None:
    """Means, brief thresholds in seconds, pools, many categories; names that no sheet may have."""
    made = report(service(2, [None, 90, 50], 5, 4, pools=True))
    evil = replace(
        made.service, objectives=tuple(replace(one, names={"en": f"a/b: [{one.slug}]*?" * 3}) for one in
                                       made.service.objectives)
    )  # fmt: skip
    for language in LANGUAGES:
        book = book_of(replace(made, service=evil), language)
        assert len(book.sheetnames) == 2 + 2 * 3
        assert all(len(name) <= 31 for name in book.sheetnames)


def test_what_no_source_settled_is_told_where_the_method_is() -> None:
    """A reader of the figures learns what the rule behind them leaves open, and what it cannot say."""
    about = About(
        description={"en": "90 % within eight minutes."}, unverified=["whether the clock stops at the kerb"],
        cannot_say=["a second crew within twelve minutes"],
    )  # fmt: skip
    made = replace(report(service(1, [90], 1, 2)), about=about)
    page = read(FORMATS["html"](made, "en"))
    assert "90 % within eight minutes." in page.one("header").text
    notes = [one.text for one in page.all("li")]
    assert "Not verified: whether the clock stops at the kerb" in notes
    assert "Cannot be said: a second crew within twelve minutes" in notes
    assert "Not settled by its source" in [one.text for one in page.all("h2")]
    method = [line["Method"] for line in rows_of(book_of(made), "Method")]
    assert method[0] == "90 % within eight minutes."
    assert "Not verified: whether the clock stops at the kerb" in method
    bare = read(FORMATS["html"](replace(made, about=About()), "en"))
    assert "Not settled by its source" not in [one.text for one in bare.all("h2")]


def test_the_shipped_services_bring_what_they_say_of_themselves() -> None:
    """Through the command line: what stands in service.toml stands in the report."""
    declared = load(None, service="england-ambulance")
    assert declared.unverified
    done = subprocess.run(
        [sys.executable, "-m", "monitor.cli", "--service", "england-ambulance", "report", "--period", "2024",
         "--events", "-", "--format", "html"],
        input=b'{"nothing": 1}\n', capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    page = read(done.stdout.decode())
    notes = [one.text for one in page.all("li")]
    assert [f"Not verified: {one}" in notes for one in declared.unverified] == [True] * len(declared.unverified)


def test_how_late_the_late_were_is_told_area_by_area() -> None:
    """Beyond the threshold, 1.5 times and twice it, with shares; the longest waits with their days, and no id."""
    made = report(service(1, [90], 1, 2))
    (one,) = made.service.objectives
    at = datetime(2024, 5, 17, 12, tzinfo=UTC).timestamp()
    whole = Tail(one, 200, {1.0: 40, 1.5: 10, 2.0: 4}, (Wait(5400.0, at, dated=False),), 0, 0, 0)
    rough = replace(whole, estimated=30, unclear=5, sealed=50)
    page = read(FORMATS["html"](replace(made, tails={("all", "c0", one.slug): whole}), "en"))
    table = page.one("table", **{"class": "tail"})
    (row,) = table.one("tbody").all("tr")
    assert [cell.own for cell in row.all("td")] == ["200", "40", "10", "4", "1 h 30 min"]
    assert [cell.text for cell in row.all("small")] == ["20.0 %", "5.0 %", "2.0 %"]
    assert "1 h 30 min (17 May 2024)" in page.one("main").text
    said = read(FORMATS["html"](replace(made, tails={("all", "c0", one.slug): rough}), "en"))
    cells = [cell.own for cell in said.one("table", **{"class": "tail"}).one("tbody").all("td")]
    assert cells == ["200", "40", "≥ 10", "≥ 4", "1 h 30 min"]
    assert "≈: some missions are told by sketches" in said.one("main").text
    assert "≥: some missions were judged by another threshold" in said.one("main").text
    book = book_of(replace(made, tails={("all", "c0", one.slug): whole}))
    (line,) = rows_of(book, "Tail")
    assert [line[f"beyond {times} × the threshold"] for times in ("1", "1.5", "2")] == [40, 10, 4]
    (wait,) = rows_of(book, "Longest waits")
    assert wait["Wait, min"] == 90
    assert wait["Day"] == datetime(2024, 5, 17, 12)  # noqa: DTZ001 - as a workbook has it


def test_the_tail_of_the_year_is_counted_mission_by_mission(tiny: Report) -> None:
    """The late of the tail are those that decide the verdict."""
    assert tiny.tails
    for (area, category, slug), tail in tiny.tails.items():
        judged = tiny.row(area, category).judged(slug)
        assert (tail.judged, tail.beyond[1.0]) == (judged.verdict.judged, judged.late)
