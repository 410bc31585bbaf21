package peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.Collector;

/**
 * The highest revision of each mission, the 80th percentile of each day and series, in SQL: `FlinkSql hashmap|rocksdb
 * SECONDS`.
 *
 * <p>Less than the fold asks for: SQL has no event time at which a mission may be forgotten, so state grows for ever. It
 * interpolates, and percentiles of days cannot be pooled; to be compared at all, the values are shown beside them. What
 * changes within half a second is taken together (mini-batch), or each record would sort its day.
 */
public final class FlinkSql {
  static final Map<String, Row> SHOWN = new ConcurrentHashMap<>();
  static final double SHARE = 0.8;

  static final String MISSIONS = """
      CREATE TABLE missions (mission_id STRING, revision BIGINT, district STRING, settlement STRING, urgent BOOLEAN,
        status STRING, ringing_at STRING, on_scene_at STRING, excluded STRING
      ) WITH ('connector' = 'kafka', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset',
        'properties.bootstrap.servers' = '%s', 'topic' = '%s', 'properties.group.id' = '%s')""";

  static final String DAYS = """
      SELECT series, begun, COUNT(response), PERCENTILE(response, %s), ARRAY_AGG(response)
      FROM (
        SELECT series, begun, response,
          ROW_NUMBER() OVER (PARTITION BY mission_id ORDER BY revision DESC) AS place
        FROM (
          SELECT mission_id, revision, district || '/' || settlement AS series, local_day(ringing_at) AS begun,
            CASE WHEN urgent AND status <> 'cancelled' AND excluded IS NULL
              THEN seconds(ringing_at, on_scene_at) END AS response
          FROM missions WHERE noted(mission_id)))
      WHERE place = 1 AND response IS NOT NULL GROUP BY series, begun""";

  /** Seconds from one time to another; NULL where one is not known. */
  public static final class Seconds extends ScalarFunction {
    public Double eval(String begin, String end) {
      return begin == null || end == null
          ? null
          : Duration.between(OffsetDateTime.parse(begin), OffsetDateTime.parse(end)).toNanos() / 1e9;
    }
  }

  /** The local day, counted from 1970; NULL where the time is not known. */
  public static final class LocalDay extends ScalarFunction {
    public Integer eval(String at) {
      return at == null
          ? null
          : (int) OffsetDateTime.parse(at).atZoneSameInstant(Flink.OSLO).toLocalDate().toEpochDay();
    }
  }

  /** Counts the record; always true. */
  public static final class Noted extends ScalarFunction {
    public boolean eval(String mission) {
      Flink.Watch.tick();
      return true;
    }

    @Override
    public boolean isDeterministic() {
      return false;
    }
  }

  /** The table that somebody looks at. */
  static final class Shown extends ProcessFunction<Row, Void> {
    @Override
    public void processElement(Row row, Context context, Collector<Void> out) {
      String place = row.getFieldAs(0) + "|" + row.getFieldAs(1);
      if (row.getKind() == RowKind.DELETE) {
        SHOWN.remove(place);
      } else if (row.getKind() != RowKind.UPDATE_BEFORE) {
        SHOWN.put(place, row);
      }
    }
  }

  /** Missions and nearest-rank percentile by series. Throws where a day's own percentile is not that of its values. */
  static Map<String, double[]> totals() {
    Map<String, List<Double>> values = new TreeMap<>();
    for (Row row : SHOWN.values()) {
      double[] day = Stream.of(row.<Object[]>getFieldAs(4)).mapToDouble(Double.class::cast).sorted().toArray();
      double rank = SHARE * (day.length - 1);
      int below = (int) rank;
      double above = day[Math.min(below + 1, day.length - 1)];
      double wanted = day[below] + (rank - below) * (above - day[below]);
      if (row.<Long>getFieldAs(2) != day.length || Math.abs(row.<Double>getFieldAs(3) - wanted) > 1e-6) {
        throw new IllegalStateException("of " + day.length + " values, the percentile " + wanted + ": " + row);
      }
      values.computeIfAbsent(row.getFieldAs(0), series -> new ArrayList<>()).addAll(DoubleStream.of(day).boxed().toList());
    }
    Map<String, double[]> totals = new TreeMap<>();
    values.forEach((series, found) -> {
      found.sort(null);
      totals.put(series, new double[] {found.size(), found.get((int) Math.ceil(SHARE * found.size()) - 1)});
    });
    return totals;
  }

  public static void main(String[] arguments) {
    try {
      JsonNode task = new ObjectMapper().readTree(System.getenv("BENCH_TASK"));
      run(task, arguments[0], Double.parseDouble(arguments[1]));
    } catch (Throwable fault) {
      fault.printStackTrace();
      System.exit(1);
    }
  }

  private static void run(JsonNode task, String backend, double seconds) throws Exception {
    StreamExecutionEnvironment environment = Flink.environment(task, backend, seconds);
    StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
    tables.getConfig().set("table.exec.mini-batch.enabled", "true");
    tables.getConfig().set("table.exec.mini-batch.allow-latency", "500 ms");
    tables.getConfig().set("table.exec.mini-batch.size", "1000000");
    tables.createTemporarySystemFunction("seconds", Seconds.class);
    tables.createTemporarySystemFunction("local_day", LocalDay.class);
    tables.createTemporarySystemFunction("noted", Noted.class);
    String name = task.get("name").asText();
    tables.executeSql(MISSIONS.formatted(task.get("bootstrap").asText(), task.get("topic").asText(), name));
    tables.toChangelogStream(tables.sqlQuery(DAYS.formatted(SHARE))).process(new Shown());
    Flink.finished(environment.executeAsync(name), task);
    Flink.answer(totals());
  }
}
