"""The report's page as a PDF to send and to keep: A4, tagged, its fonts embedded (PDF/UA-1).

By WeasyPrint, out of the same page. It is an extra, for it needs Pango on the system.
"""

import logging
from typing import Any, Final

from monitor.report.document import Report
from monitor.report.page import rendered
from monitor.words.catalogue import Language

VARIANT: Final = "pdf/ua-1"
ADVICE: Final = (
    "pip install '.[pdf]' in a clone of the project installs it; Debian and Ubuntu have Pango as libpango-1.0-0, "
    "libpangoft2-1.0-0 and libharfbuzz-subset0, and need a font, such as fonts-dejavu-core. "
    "--format html makes a page that any browser prints"
)


class PdfUnavailableError(RuntimeError):
    """What makes PDFs is not installed; the text says what to do."""


def as_pdf(report: Report, language: Language) -> bytes:
    """The whole document; equal reports give equal bytes. Raises PdfUnavailableError."""
    document = _weasyprint().HTML(string=rendered(report, language), url_fetcher=_refused)
    made: bytes = document.write_pdf(pdf_variant=VARIANT)
    return made


def _weasyprint() -> Any:
    try:
        import weasyprint  # noqa: PLC0415 - an extra
    except ImportError as fault:
        raise PdfUnavailableError(f"PDFs are made by WeasyPrint, which is not installed: {ADVICE}.") from fault
    except OSError as fault:
        missing = str(fault).splitlines()[0]
        raise PdfUnavailableError(
            f"PDFs are made by WeasyPrint, which lacks a library ({missing}): {ADVICE}."
        ) from fault
    # A page for browsers says more than a printer knows of; what it leaves out is no news.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    return weasyprint


def _refused(url: str, *_rest: object, **_more: object) -> Any:
    """The page loads nothing; should it ever ask for something, it is not fetched."""
    raise ValueError(f"a report loads nothing: {url}")
