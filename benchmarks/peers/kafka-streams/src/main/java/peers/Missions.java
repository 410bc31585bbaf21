package peers;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.tdunning.math.stats.MergingDigest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The fold of fold.py on Kafka Streams: a processor with three persistent, cached, logged stores.
 *
 * <p>missions: id to (revision, day, series, response). days: "day|id" to the same, for a day to be sealed by a
 * range scan. slices: "day|series" to the t-digest of a day older than 400 days. Each ends up in RocksDB and in a
 * changelog topic, which is how Kafka Streams keeps state.
 */
public final class Missions {
  static final int HORIZON_DAYS = 400;
  static final double COMPRESSION = 500;
  static final ZoneId OSLO = ZoneId.of("Europe/Oslo");

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Event(String mission_id, long revision, String district, String settlement, boolean urgent,
      String status, String ringing_at, String on_scene_at, String excluded) {}

  /** What a mission counts as; a response of NaN does not count. */
  record Mission(long revision, int day, String series, double response) {
    byte[] bytes() {
      byte[] name = series.getBytes(StandardCharsets.UTF_8);
      return ByteBuffer.allocate(20 + name.length).putLong(revision).putInt(day).putDouble(response).put(name)
          .array();
    }

    static Mission of(byte[] bytes) {
      if (bytes == null) {
        return null;
      }
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      long revision = buffer.getLong();
      int day = buffer.getInt();
      double response = buffer.getDouble();
      return new Mission(revision, day, new String(bytes, 20, bytes.length - 20, StandardCharsets.UTF_8), response);
    }
  }

  static final class Watch {
    final long wanted;
    final CountDownLatch done = new CountDownLatch(1);
    long first;
    long last;
    long seen;

    Watch(long wanted) {
      this.wanted = wanted;
    }
  }

  static final class Fold implements Processor<String, byte[], Void, Void> {
    private final ObjectReader reader = new ObjectMapper().readerFor(Event.class);
    private final Watch watch;
    private KeyValueStore<String, byte[]> missions;
    private KeyValueStore<String, byte[]> days;
    private KeyValueStore<String, byte[]> slices;
    private int newest;
    private int sealedBefore;

    Fold(Watch watch) {
      this.watch = watch;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      missions = context.getStateStore("missions");
      days = context.getStateStore("days");
      slices = context.getStateStore("slices");
    }

    @Override
    public void process(Record<String, byte[]> record) {
      if (watch.seen == 0) {
        watch.first = System.nanoTime();
      }
      try {
        take(reader.readValue(record.value()));
      } catch (IOException fault) {
        throw new IllegalArgumentException(fault);
      }
      if (++watch.seen == watch.wanted) {
        watch.last = System.nanoTime();
        watch.done.countDown();
      }
    }

    private void take(Event event) {
      Mission known = Mission.of(missions.get(event.mission_id()));
      if (known != null && event.revision() <= known.revision()) {
        return;
      }
      int day = known == null ? newest : known.day();
      double response = Double.NaN;
      if (event.ringing_at() != null) {
        OffsetDateTime ringing = OffsetDateTime.parse(event.ringing_at());
        day = (int) ringing.atZoneSameInstant(OSLO).toLocalDate().toEpochDay();
        if (event.on_scene_at() != null && event.urgent() && !"cancelled".equals(event.status())
            && event.excluded() == null) {
          response = Duration.between(ringing, OffsetDateTime.parse(event.on_scene_at())).toNanos() / 1e9;
        }
      }
      if (day < sealedBefore) {
        return;
      }
      if (known != null && known.day() != day) {
        days.delete(key(known.day(), event.mission_id()));
      }
      byte[] bytes =
          new Mission(event.revision(), day, event.district() + "/" + event.settlement(), response).bytes();
      missions.put(event.mission_id(), bytes);
      days.put(key(day, event.mission_id()), bytes);
      if (day > newest) {
        newest = day;
        seal(day - HORIZON_DAYS);
      }
    }

    private void seal(int line) {
      Map<String, MergingDigest> found = new HashMap<>();
      List<String> gone = new ArrayList<>();
      try (KeyValueIterator<String, byte[]> old = days.range(key(0, ""), key(line, ""))) {
        while (old.hasNext()) {
          KeyValue<String, byte[]> entry = old.next();
          Mission mission = Mission.of(entry.value);
          gone.add(entry.key);
          if (!Double.isNaN(mission.response())) {
            found.computeIfAbsent(key(mission.day(), mission.series()), name -> new MergingDigest(COMPRESSION))
                .add(mission.response());
          }
        }
      }
      sealedBefore = line;
      found.forEach((slice, digest) -> {
        ByteBuffer buffer = ByteBuffer.allocate(digest.smallByteSize());
        digest.asSmallBytes(buffer);
        slices.put(slice, java.util.Arrays.copyOf(buffer.array(), buffer.position()));
      });
      for (String place : gone) {
        days.delete(place);
        missions.delete(place.substring(place.indexOf('|') + 1));
      }
    }

    private static String key(int day, String rest) {
      return (1_000_000 + day) + "|" + rest;
    }
  }

  static StoreBuilder<KeyValueStore<String, byte[]>> store(String name) {
    return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.String(), Serdes.ByteArray())
        .withCachingEnabled();
  }

  static Map<String, double[]> totals(KafkaStreams streams) {
    Map<String, MergingDigest> found = new TreeMap<>();
    Map<String, Long> counts = new TreeMap<>();
    for (String name : List.of("days", "slices")) {
      var type = QueryableStoreTypes.<String, byte[]>keyValueStore();
      try (var all = streams.store(StoreQueryParameters.fromNameAndType(name, type)).all()) {
        while (all.hasNext()) {
          KeyValue<String, byte[]> entry = all.next();
          if (name.equals("slices")) {
            String series = entry.key.substring(entry.key.indexOf('|') + 1);
            MergingDigest part = MergingDigest.fromBytes(ByteBuffer.wrap(entry.value));
            counts.merge(series, part.size(), Long::sum);
            MergingDigest whole = found.computeIfAbsent(series, key -> new MergingDigest(COMPRESSION));
            // One by one: t-digest 3.3's add(List) overruns its buffer when hundreds of digests follow each other.
            part.centroids().forEach(centroid -> whole.add(centroid.mean(), centroid.count()));
          } else {
            Mission mission = Mission.of(entry.value);
            if (!Double.isNaN(mission.response())) {
              counts.merge(mission.series(), 1L, Long::sum);
              found.computeIfAbsent(mission.series(), key -> new MergingDigest(COMPRESSION)).add(mission.response());
            }
          }
        }
      }
    }
    Map<String, double[]> totals = new TreeMap<>();
    found.forEach((series, digest) ->
        totals.put(series, new double[] {counts.get(series), digest.quantile(0.8)}));
    return totals;
  }

  public static void main(String[] arguments) {
    try {
      run(Double.parseDouble(arguments[0]));
    } catch (Exception fault) {
      fault.printStackTrace();
      System.exit(1); // the stream's threads would keep the process alive without an answer
    }
  }

  private static void run(double commitSeconds) throws Exception {
    var mapper = new ObjectMapper();
    var task = mapper.readTree(System.getenv("BENCH_TASK"));
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, task.get("name").asText());
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, task.get("bootstrap").asText());
    properties.put(StreamsConfig.STATE_DIR_CONFIG, task.get("directory").asText());
    properties.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    properties.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L * 1024 * 1024);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, (long) (1000 * commitSeconds));
    properties.put("auto.offset.reset", "earliest");
    Watch watch = new Watch(task.get("records").asLong());
    Topology topology = new Topology();
    topology.addSource("source", task.get("topic").asText())
        .addProcessor("fold", () -> new Fold(watch), "source")
        .addStateStore(store("missions"), "fold")
        .addStateStore(store("days"), "fold")
        .addStateStore(store("slices"), "fold");
    KafkaStreams streams = new KafkaStreams(topology, properties);
    streams.start();
    watch.done.await();
    Map<String, double[]> totals = totals(streams);
    long closing = System.nanoTime();
    streams.close(); // commits, and flushes the stores
    double seconds = (watch.last - watch.first + System.nanoTime() - closing) / 1e9;
    System.out.println(mapper.writeValueAsString(
        Map.of("records", watch.seen, "seconds", seconds, "totals", totals)));
  }
}
