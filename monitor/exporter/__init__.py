"""`monitor exporter`: judges what the store holds, and tells it as metrics, pages and JSON."""
