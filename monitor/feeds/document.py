"""The keys of a feed file in docs/feeds.md, said from the tables that read them."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

from monitor.feeds.declared_tables import (
    FieldTable,
    FilterTable,
    FormatTable,
    KeyTable,
    OrderTable,
    SourceTable,
    TimesTable,
)
from monitor.feeds.rows import What, Why
from monitor.settings.document import keys_of_table

_TABLES: Final[Mapping[str, type[BaseModel]]] = {
    "`[source]`": SourceTable,
    "`format`": FormatTable,
    "`mission` and `row`": KeyTable,
    "`order`": OrderTable,
    "`[source.times]`": TimesTable,
    "A field of `[source.fields]`": FieldTable,
    "`[[source.filters]]`": FilterTable,
}


def feeds_markdown() -> str:
    """Every table with its keys; the reasons for which records are refused, and what is noticed."""
    parts = [part for head, table in _TABLES.items() for part in (f"### {head}", *keys_of_table(table))]
    refused = ", ".join(f"`{why}`" for why in Why)
    noticed = ", ".join(f"`{what}`" for what in What)
    parts += ["### What is counted", f"Refused: {refused}.", f"Noticed: {noticed}."]
    return "\n\n".join(parts) + "\n"
