"""The yearly table from JSON lines by SQL, in the peers' own environment.

    python warehouse.py duckdb|chdb-exact|chdb-tdigest missions.jsonl

The highest revision of a mission counts, as for the monitor. Prints rows of year, area, class, missions, P50, P80.
"""

import json
import sys
import time

FIELDS = {
    "mission_id": "VARCHAR", "revision": "BIGINT", "district": "VARCHAR", "settlement": "VARCHAR",
    "urgent": "BOOLEAN", "status": "VARCHAR", "ringing_at": "VARCHAR", "on_scene_at": "VARCHAR",
    "excluded": "VARCHAR",
}  # fmt: skip

DUCKDB = """
WITH latest AS (
  SELECT arg_max({{'district': district, 'settlement': settlement, 'urgent': urgent, 'status': status,
                   'ringing_at': ringing_at, 'on_scene_at': on_scene_at, 'excluded': excluded}}, revision) AS m
  FROM read_json('{path}', format = 'newline_delimited', columns = {fields}) GROUP BY mission_id
), measured AS (
  SELECT m.district AS district, m.settlement AS settlement,
         m.ringing_at::TIMESTAMPTZ AS ringing, epoch_ms(m.on_scene_at::TIMESTAMPTZ) - epoch_ms(ringing) AS response
  FROM latest
  WHERE m.urgent AND m.status <> 'cancelled' AND m.excluded IS NULL
    AND m.ringing_at IS NOT NULL AND m.on_scene_at IS NOT NULL
), placed AS (
  SELECT year(ringing AT TIME ZONE 'Europe/Oslo') AS year, district, settlement, response FROM measured
)
SELECT year, coalesce(district, 'national'), settlement, count(*),
       quantile_disc(response, 0.5) / 1000, quantile_disc(response, 0.8) / 1000
FROM placed GROUP BY GROUPING SETS ((year, district, settlement), (year, settlement))
"""

CLICKHOUSE = """
WITH latest AS (
  SELECT argMax(tuple(district, settlement, urgent, status, ringing_at, on_scene_at, excluded), revision) AS m
  FROM file('{path}', 'JSONEachRow',
            'mission_id String, revision Int64, district String, settlement String, urgent Bool, status String,
             ringing_at Nullable(String), on_scene_at Nullable(String), excluded Nullable(String)')
  GROUP BY mission_id
), measured AS (
  SELECT m.1 AS district, m.2 AS settlement, parseDateTime64BestEffort(assumeNotNull(m.5), 3, 'UTC') AS ringing,
         toUnixTimestamp64Milli(parseDateTime64BestEffort(assumeNotNull(m.6), 3, 'UTC'))
           - toUnixTimestamp64Milli(ringing) AS response
  FROM latest
  WHERE m.3 AND m.4 != 'cancelled' AND m.7 IS NULL AND m.5 IS NOT NULL AND m.6 IS NOT NULL
)
SELECT toYear(toTimeZone(ringing, 'Europe/Oslo')) AS year, if(district = '', 'national', district), settlement,
       count(), {quantile}(0.5)(response) / 1000, {quantile}(0.8)(response) / 1000
FROM measured GROUP BY GROUPING SETS ((year, district, settlement), (year, settlement))
SETTINGS input_format_skip_unknown_fields = 1
"""


def by_duckdb(path: str) -> list[list]:
    """DuckDB, exact: its `quantile_disc` is the nearest rank."""
    import duckdb

    found = duckdb.connect().execute(DUCKDB.format(path=path, fields=json.dumps(FIELDS).replace('"', "'"))).fetchall()
    return [list(row) for row in found]


def by_clickhouse(path: str, quantile: str) -> list[list]:
    """ClickHouse in the process."""
    import chdb

    found = str(chdb.query(CLICKHOUSE.format(path=path, quantile=quantile), "JSONCompactEachRow"))
    return [json.loads(line) for line in found.splitlines()]


def main(kind: str, path: str) -> None:
    """Print seconds (without starting Python) and rows."""
    began = time.perf_counter()
    if kind == "duckdb":
        rows = by_duckdb(path)
    else:
        rows = by_clickhouse(path, {"chdb-exact": "quantileExact", "chdb-tdigest": "quantileTDigest"}[kind])
    rows = [
        [int(year), area, settlement, int(n), float(p50), float(p80)] for year, area, settlement, n, p50, p80 in rows
    ]
    print(json.dumps({"seconds": time.perf_counter() - began, "rows": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:])
