"""Which encoding, media range and language a client asks for; read by Werkzeug, as RFC 9110 has it."""

from collections.abc import Iterator, Mapping

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_options_header


def gzip_wanted(accept_encoding: str | None) -> bool:
    """Whether the client takes gzip, and likes it no less than plain bytes. Without a word, it does not."""
    accepted = parse_accept_header(accept_encoding)
    plain = max((quality for coding, quality in accepted if coding.lower() == "identity"), default=0.0)
    return accepted.quality("gzip") > 0 and accepted.quality("gzip") >= plain


def media_ranges(accept: str | None) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Media ranges with their parameters, the most wanted first; those refused (`q=0`) are left out."""
    accepted = parse_accept_header(accept, MIMEAccept)
    for media_range, quality in sorted(accepted, key=lambda told: -told[1]):
        if quality > 0:
            kind, parameters = parse_options_header(media_range)
            yield kind.lower(), parameters


def languages(accept_language: str | None) -> list[str]:
    """Languages without their region, the most wanted first; those refused are left out."""
    accepted = parse_accept_header(accept_language)
    best_first = sorted(accepted, key=lambda told: -told[1])
    return [tag.partition("-")[0].lower() for tag, quality in best_first if quality > 0]
