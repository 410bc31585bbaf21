package peers;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.tdunning.math.stats.MergingDigest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.tuple.Tuple5;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.state.api.OperatorIdentifier;
import org.apache.flink.state.api.SavepointReader;
import org.apache.flink.state.api.functions.KeyedStateReaderFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The fold of fold.py as a Flink job with keyed state and exactly-once checkpoints: `Flink hashmap|rocksdb SECONDS`.
 *
 * <p>Keyed by mission, the ledger says what a newer revision takes back and what it adds. Keyed by day and series, those
 * changes are kept as they come until the day is 400 days old by watermark, and become a t-digest then. The time ends when
 * a savepoint has been taken that holds everything; totals are read back from that savepoint.
 */
public final class Flink {
  static final long DAY_MILLIS = 86_400_000L;
  static final int HORIZON_DAYS = 400;
  static final double COMPRESSION = 500;
  static final long NONE = -1;
  static final ZoneId OSLO = ZoneId.of("Europe/Oslo");

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Event(String mission_id, long revision, String district, String settlement, boolean urgent,
      String status, String ringing_at, String on_scene_at, String excluded) {}

  /** Counts what the job has been handed; one job in one process. */
  static final class Watch {
    static final CountDownLatch DONE = new CountDownLatch(1);
    static long wanted;
    static long seen;
    static long first;
    static long last;

    static void tick() {
      if (seen == 0) {
        first = System.nanoTime();
      }
      if (++seen == wanted) {
        last = System.nanoTime();
        DONE.countDown();
      }
    }
  }

  /** Mission, revision, day (NONE: not known), series, response in microseconds (NONE: does not count). */
  static final class Reading implements KafkaRecordDeserializationSchema<Tuple5<String, Long, Integer, String, Long>> {
    private transient ObjectReader reader;

    @Override
    public void deserialize(
        ConsumerRecord<byte[], byte[]> record, Collector<Tuple5<String, Long, Integer, String, Long>> out)
        throws IOException {
      if (reader == null) {
        reader = new ObjectMapper().readerFor(Event.class);
      }
      Event event = reader.readValue(record.value());
      int day = (int) NONE;
      long response = NONE;
      if (event.ringing_at() != null) {
        OffsetDateTime ringing = OffsetDateTime.parse(event.ringing_at());
        day = (int) ringing.atZoneSameInstant(OSLO).toLocalDate().toEpochDay();
        if (event.on_scene_at() != null && event.urgent() && !"cancelled".equals(event.status())
            && event.excluded() == null) {
          response = Duration.between(ringing, OffsetDateTime.parse(event.on_scene_at())).toNanos() / 1000;
        }
      }
      out.collect(
          Tuple5.of(event.mission_id(), event.revision(), day, event.district() + "/" + event.settlement(), response));
    }

    @Override
    public TypeInformation<Tuple5<String, Long, Integer, String, Long>> getProducedType() {
      return TypeInformation.of(new TypeHint<Tuple5<String, Long, Integer, String, Long>>() {});
    }
  }

  /** By mission: the highest revision counts. What it changes goes on: day, series, microseconds, or their complement. */
  static final class Ledger extends KeyedProcessFunction<
      String, Tuple5<String, Long, Integer, String, Long>, Tuple3<Integer, String, Long>> {
    private transient ValueState<Tuple4<Long, Integer, String, Long>> missions;

    @Override
    public void open(OpenContext context) {
      missions = getRuntimeContext().getState(new ValueStateDescriptor<>(
          "missions", TypeInformation.of(new TypeHint<Tuple4<Long, Integer, String, Long>>() {})));
    }

    @Override
    public void processElement(Tuple5<String, Long, Integer, String, Long> snapshot, Context context,
        Collector<Tuple3<Integer, String, Long>> out) throws IOException {
      Watch.tick();
      Tuple4<Long, Integer, String, Long> known = missions.value();
      if (known != null && snapshot.f1 <= known.f0) {
        return;
      }
      long now = context.timerService().currentWatermark();
      int day = snapshot.f2;
      if (day == NONE) {
        day = known != null ? known.f1 : (int) Math.max(0, now / DAY_MILLIS);
      }
      if (sealed(day) <= now) {
        return;
      }
      missions.update(Tuple4.of(snapshot.f1, day, snapshot.f3, snapshot.f4));
      if (known == null || known.f1 != day) {
        context.timerService().registerEventTimeTimer(sealed(day));
      }
      if (known != null && known.f3 != NONE) {
        out.collect(Tuple3.of(known.f1, known.f2, ~known.f3));
      }
      if (snapshot.f4 != NONE) {
        out.collect(Tuple3.of(day, snapshot.f3, snapshot.f4));
      }
    }

    @Override
    public void onTimer(long time, OnTimerContext context, Collector<Tuple3<Integer, String, Long>> out)
        throws IOException {
      Tuple4<Long, Integer, String, Long> known = missions.value();
      if (known != null && sealed(known.f1) <= time) {
        missions.clear();
      }
    }
  }

  /** By day and series: the changes of 400 days, then a t-digest. */
  static final class Days extends KeyedProcessFunction<String, Tuple3<Integer, String, Long>, Void> {
    private transient Slice slice;

    @Override
    public void open(OpenContext context) {
      slice = new Slice(
          getRuntimeContext().getListState(Slice.CHANGES), getRuntimeContext().getState(Slice.DIGEST));
    }

    @Override
    public void processElement(Tuple3<Integer, String, Long> change, Context context, Collector<Void> out)
        throws Exception {
      slice.changes.add(change.f2);
      context.timerService().registerEventTimeTimer(sealed(change.f0));
    }

    @Override
    public void onTimer(long time, OnTimerContext context, Collector<Void> out) throws Exception {
      MergingDigest digest = new MergingDigest(COMPRESSION);
      slice.addTo(digest);
      ByteBuffer buffer = ByteBuffer.allocate(digest.smallByteSize());
      digest.asSmallBytes(buffer);
      slice.digest.update(Arrays.copyOf(buffer.array(), buffer.position()));
      slice.changes.clear();
    }
  }

  /** What is kept of a day and series. */
  record Slice(ListState<Long> changes, ValueState<byte[]> digest) {
    static final ListStateDescriptor<Long> CHANGES = new ListStateDescriptor<>("changes", Types.LONG);
    static final ValueStateDescriptor<byte[]> DIGEST =
        new ValueStateDescriptor<>("digest", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

    /** How many values were added. */
    long addTo(MergingDigest whole) throws Exception {
      Map<Long, Integer> standing = new HashMap<>();
      for (long change : changes.get()) {
        standing.merge(change < 0 ? ~change : change, change < 0 ? -1 : 1, Integer::sum);
      }
      long count = 0;
      for (var entry : standing.entrySet()) {
        if (entry.getValue() > 0) {
          whole.add(entry.getKey() / 1e6, entry.getValue());
          count += entry.getValue();
        }
      }
      if (digest.value() != null) {
        MergingDigest part = MergingDigest.fromBytes(ByteBuffer.wrap(digest.value()));
        count += part.size();
        part.centroids().forEach(centroid -> whole.add(centroid.mean(), centroid.count()));
      }
      return count;
    }
  }

  /** Out of a savepoint: the series, so many missions, and all of them as a digest. */
  static final class Stored extends KeyedStateReaderFunction<String, Tuple3<String, Long, byte[]>> {
    private transient Slice slice;

    @Override
    public void open(OpenContext context) {
      slice = new Slice(
          getRuntimeContext().getListState(Slice.CHANGES), getRuntimeContext().getState(Slice.DIGEST));
    }

    @Override
    public void readKey(String key, Context context, Collector<Tuple3<String, Long, byte[]>> out) throws Exception {
      MergingDigest digest = new MergingDigest(COMPRESSION);
      long count = slice.addTo(digest);
      ByteBuffer buffer = ByteBuffer.allocate(digest.byteSize());
      digest.asBytes(buffer);
      out.collect(Tuple3.of(key.substring(key.indexOf('|') + 1), count, buffer.array()));
    }
  }

  /** When a day becomes a digest, in event time. */
  static long sealed(int day) {
    return (day + HORIZON_DAYS + 1) * DAY_MILLIS;
  }

  static StreamExecutionEnvironment environment(JsonNode task, String backend, double seconds) {
    Configuration configuration = new Configuration();
    configuration.set(StateBackendOptions.STATE_BACKEND, backend);
    configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
    configuration.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
    configuration.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, "file://" + task.get("directory").asText());
    configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.parse("512m"));
    configuration.set(JobManagerOptions.BIND_HOST, "localhost");
    configuration.set(TaskManagerOptions.BIND_HOST, "localhost");
    configuration.set(RestOptions.BIND_ADDRESS, "localhost");
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(1);
    environment.getConfig().enableObjectReuse();
    environment.enableCheckpointing((long) (1000 * seconds)); // exactly once, unless told otherwise
    Watch.wanted = task.get("records").asLong();
    return environment;
  }

  /** Stops the job once it has seen everything. Returns the path of the savepoint that holds it. */
  static String finished(JobClient job, JsonNode task) throws Exception {
    while (!Watch.DONE.await(1, TimeUnit.SECONDS)) {
      if (job.getJobStatus().get().isGloballyTerminalState()) {
        job.getJobExecutionResult().get(); // throws what ended it
      }
    }
    long stopping = System.nanoTime();
    String directory = "file://" + task.get("directory").asText() + "-end";
    String savepoint = job.stopWithSavepoint(false, directory, SavepointFormatType.NATIVE).get();
    Watch.last += System.nanoTime() - stopping;
    return savepoint;
  }

  static void answer(Map<String, double[]> totals) throws IOException {
    double seconds = (Watch.last - Watch.first) / 1e9;
    System.out.println(new ObjectMapper().writeValueAsString(
        Map.of("records", Watch.seen, "seconds", seconds, "totals", totals)));
    System.exit(0); // the engine's threads would keep the process alive
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
    StreamExecutionEnvironment environment = environment(task, backend, seconds);
    var source = KafkaSource.<Tuple5<String, Long, Integer, String, Long>>builder()
        .setBootstrapServers(task.get("bootstrap").asText())
        .setTopics(task.get("topic").asText())
        .setGroupId(task.get("name").asText())
        .setStartingOffsets(OffsetsInitializer.earliest())
        .setDeserializer(new Reading())
        .build();
    var watermarks = WatermarkStrategy.<Tuple5<String, Long, Integer, String, Long>>forMonotonousTimestamps()
        .withTimestampAssigner((snapshot, at) -> snapshot.f2 == NONE ? 0 : snapshot.f2 * DAY_MILLIS);
    environment.fromSource(source, watermarks, "missions")
        .keyBy(snapshot -> snapshot.f0)
        .process(new Ledger())
        .keyBy(change -> change.f0 + "|" + change.f1)
        .process(new Days())
        .uid("days");
    String savepoint = finished(environment.executeAsync(task.get("name").asText()), task);

    Map<String, MergingDigest> found = new TreeMap<>();
    Map<String, Long> counts = new TreeMap<>();
    var stored = SavepointReader.read(environment, savepoint)
        .readKeyedState(OperatorIdentifier.forUid("days"), new Stored(), Types.STRING,
            TypeInformation.of(new TypeHint<Tuple3<String, Long, byte[]>>() {}));
    try (CloseableIterator<Tuple3<String, Long, byte[]>> slices = stored.executeAndCollect()) {
      while (slices.hasNext()) {
        Tuple3<String, Long, byte[]> slice = slices.next();
        counts.merge(slice.f0, slice.f1, Long::sum);
        MergingDigest whole = found.computeIfAbsent(slice.f0, name -> new MergingDigest(COMPRESSION));
        MergingDigest.fromBytes(ByteBuffer.wrap(slice.f2)).centroids()
            .forEach(centroid -> whole.add(centroid.mean(), centroid.count()));
      }
    }
    Map<String, double[]> totals = new TreeMap<>();
    found.forEach((series, digest) -> {
      if (counts.get(series) > 0) {
        totals.put(series, new double[] {counts.get(series), digest.quantile(0.8)});
      }
    });
    answer(totals);
  }
}
