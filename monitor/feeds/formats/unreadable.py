"""What is no record: its name, its place, and what was found there, without values."""

from enum import StrEnum
from typing import Final, NamedTuple

MOST_BYTES: Final = 16 * 1024 * 1024
"""Of one record, however it is written; a mission's is a thousandth of it."""


class Fault(StrEnum):
    """Why a record could not be read; the value is what reports and metrics call it."""

    NOT_TEXT = "not_text"
    """Bytes that are none of the encoding's."""
    COLUMNS = "columns"
    """More cells than the header has names."""
    OPEN_QUOTE = "open_quote"
    """A quote that begins a cell and is closed far too late, or never."""
    TOO_LARGE = "record_too_large"
    MALFORMED_JSON = "malformed_record"
    """Not JSON, or none of what JSON can say."""
    NO_RECORD = "no_record"
    """JSON or Avro, but no object with fields."""
    MALFORMED_AVRO = "malformed_avro"
    NOT_FRAMED = "not_framed"
    """No schema's number before the value, where a registry's is declared."""
    UNKNOWN_SCHEMA = "unknown_schema"
    """A number that the registry does not know, or a schema of another kind."""
    NOT_AS_SCHEMA = "not_as_schema"
    """JSON that its own schema does not allow."""
    NO_ENVELOPE = "no_envelope"
    """No Debezium change event, or no CloudEvent, where one is declared."""
    NO_ROW = "no_row"
    """A change event that does not tell the row, such as the truncation of a table."""
    DAMAGED = "damaged_file"
    """A file that ends too early, or is another one than its beginning says: the rest of it cannot be read."""


class Unreadable(NamedTuple):
    """A record that cannot be read."""

    reason: Fault
    place: str
    """Line, row, item or offset in its file."""
    detail: str
    ends: bool = False
    """Whether nothing of the file can be read after it."""


class UnreadableRecord(Exception):  # noqa: N818 - named for what it is
    """Raised where the place of the record is known further out."""

    def __init__(self, reason: Fault, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
