"""Small inputs that ask for all memory, or for minutes: refused by name, and nothing is made of them first."""

from io import BytesIO
from pathlib import Path

import fastavro
import pytest
import xlsxwriter

from monitor.feeds.declared_types import FormatDeclaration
from monitor.feeds.formats import decoder
from monitor.feeds.formats.unreadable import Unreadable, UnreadableRecord
from monitor.feeds.formats.values import MOST_ROWS
from monitor.feeds.formats.workbook import workbook_rows
from monitor.feeds.rows import Refused
from monitor.feeds.times import reader

NUMBERS = ["1e99999999", "-1e99999999", "1e-99999999", "1e999990", "1e400001"]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_beyond_all_use_is_no_record(number: str) -> None:
    """To reckon with it raised far from any record that could be refused, or took half a minute in one call."""
    decode = decoder(FormatDeclaration("jsonl"))
    with pytest.raises((Refused, UnreadableRecord)):
        decode(f'{{"id": {number}}}'.encode(), {})
    assert decode(b'{"id": 1.5e3}', {})


@pytest.mark.parametrize("number", [*NUMBERS, "nan", "inf", "1" * 90])
@pytest.mark.parametrize("written", ["epoch_s", "epoch_us", "serial"])
def test_such_a_text_is_no_time(number: str, written: str) -> None:
    """Making a whole number of it would take half a minute."""
    assert reader((written,))(number) is None


def test_a_value_has_so_many_rows() -> None:
    """Packed, a million of them are three kilobytes."""
    schema = {"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}]}
    packed = BytesIO()
    fastavro.writer(packed, schema, [{"a": 1}] * (MOST_ROWS + 1), codec="deflate")
    assert len(packed.getvalue()) < 10_000
    with pytest.raises((Refused, UnreadableRecord)):
        decoder(FormatDeclaration("avro"))(packed.getvalue(), {})


def test_two_cells_in_opposite_corners_are_no_sheet(tmp_path: Path) -> None:
    """All between them would be made, 549 GB, and no exception could say so."""
    file = tmp_path / "corner.xlsx"
    with xlsxwriter.Workbook(file) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write("A1", "id")
        sheet.write("XFD1048576", 1)
    with file.open("rb") as opened:
        (told,) = workbook_rows(opened)
    assert isinstance(told, Unreadable)
    assert "spans 17,179,869,184 cells" in told.detail
