// The six-command case of bench/six_commands.cc on Kafka Streams with exactly-once, as a team would write it that keeps its
// cases there: commands come on a topic, a processor moves the case in its state store (RocksDB, with its changelog), and the
// outcome, which carries what happened, goes to a topic. One partition, one thread, committed every 10 ms.
//
// The callers are in the same process, as Caseward's are in its benchmark: each has one command under way and sends the next
// when a read_committed consumer has given it the outcome. What is to be played comes on standard input, a line at a time:
//
//   busy CALLERS WARM_UP_MS COUNT_MS       callers who wait for their outcome; counted as bench/callers.cc counts
//   paced A_SECOND WARM_UP_MS COUNT_MS     a command is due every so often, and its latency counts from when it was due
//
// and each is answered by "calls calls_a_second p50_us p99_us". Once it runs it says "ready".
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

public final class SixCommands {
  static final int STEPS = 7;
  static final String STORE = "cases";
  // Bytes of what each command says: about what Caseward's log has for it (bench/postgres/cluster.sh has the same).
  static final int[] SAID = {900, 690, 790, 440, 710, 390, 410};

  // ---------------------------------------------------------------------------------------------- the case

  // A command and its outcome: call (8) | step (1) | version that is expected, or that came out (8), -1: refused | what was said.
  static byte[] message(long call, int step, long version, byte[] said) {
    return ByteBuffer.allocate(17 + said.length).putLong(call).put((byte) step).putLong(version).put(said).array();
  }

  // Of a case: version, status, priority, who owns, proposed and signed it, what is due next, when it changed.
  record State(long version, byte status, byte priority, String owner, String proposedBy, String signedBy, long nextDue, long updatedAt) {
    static State read(byte[] bytes) {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      return new State(in.getLong(), in.get(), in.get(), text(in), text(in), text(in), in.getLong(), in.getLong());
    }
    byte[] write() {
      byte[][] names = {owner.getBytes(StandardCharsets.UTF_8), proposedBy.getBytes(StandardCharsets.UTF_8),
          signedBy.getBytes(StandardCharsets.UTF_8)};
      ByteBuffer out = ByteBuffer.allocate(29 + names[0].length + names[1].length + names[2].length);
      out.putLong(version).put(status).put(priority);
      for (byte[] name : names) {
        out.put((byte) name.length).put(name);
      }
      return out.putLong(nextDue).putLong(updatedAt).array();
    }
    private static String text(ByteBuffer in) {
      byte[] bytes = new byte[in.get()];
      in.get(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  // The case after the command; null: it is refused.
  static State decide(State before, int step, long expected, long now) {
    if (step == 0) {
      return before != null ? null : new State(1, (byte) 1, (byte) 3, "mo", "", "", now + 4 * 3_600_000L, now);
    }
    if (before == null || before.version != expected || before.status != step) {
      return null;
    }
    if (step == 5 && (before.owner.equals("ruth") || before.proposedBy.equals("ruth"))) {
      return null;
    }
    if (step == 6 && before.signedBy.isEmpty()) {
      return null;
    }
    return new State(before.version + 1, (byte) (step + 1), step == 1 ? (byte) 2 : before.priority, before.owner,
        step == 4 ? "mo" : before.proposedBy, step == 5 ? "ruth" : before.signedBy,
        step < 5 ? now + 3 * 86_400_000L : 0, now);
  }

  static final class Cases implements Processor<byte[], byte[], byte[], byte[]> {
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<byte[], byte[]> store;

    @Override
    public void init(ProcessorContext<byte[], byte[]> given) {
      context = given;
      store = given.getStateStore(STORE);
    }
    @Override
    public void process(Record<byte[], byte[]> record) {
      ByteBuffer in = ByteBuffer.wrap(record.value());
      long call = in.getLong();
      int step = in.get();
      long expected = in.getLong();
      byte[] said = new byte[in.remaining()];
      in.get(said);
      byte[] before = store.get(record.key());
      State after = decide(before == null ? null : State.read(before), step, expected, record.timestamp());
      if (after != null) {
        store.put(record.key(), after.write());
      }
      context.forward(record.withValue(message(call, step, after == null ? -1 : after.version(), said)));
    }
  }

  static KafkaStreams streams(String bootstrap, String folder, String prefix) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, prefix);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, folder);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 10);
    settings.put(StreamsConfig.POLL_MS_CONFIG, 10);  // else it waits up to 100 ms for records before it commits
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    Topology topology = new Topology();
    topology.addSource("in", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), prefix + ".commands");
    topology.addProcessor("case", Cases::new, "in");
    topology.addStateStore(
        Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.ByteArray(), Serdes.ByteArray()), "case");
    topology.addSink("out", prefix + ".outcomes", Serdes.ByteArray().serializer(), Serdes.ByteArray().serializer(), "case");
    return new KafkaStreams(topology, settings);
  }

  // ---------------------------------------------------------------------------------------------- the callers

  // A case that somebody plays.
  static final class Played {
    final long number;
    int step = 0;
    long version = 0;
    Played(long number) {
      this.number = number;
    }
    byte[] key() {
      return ByteBuffer.allocate(8).putLong(number).array();
    }
  }
  record UnderWay(Played played, long due) {}

  interface Answered {
    void done(Played played);
  }

  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final String commands;
  private final byte[][] said = new byte[STEPS][];
  private final Map<Long, UnderWay> underWay = new ConcurrentHashMap<>();
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong cases = new AtomicLong();
  private volatile Answered answered = played -> {};
  private volatile long countFrom = Long.MAX_VALUE;
  private volatile long countUntil = Long.MIN_VALUE;
  private volatile long answeredBy = Long.MAX_VALUE;
  private long[] samples = new long[1 << 22];
  private volatile int sampled = 0;
  private volatile boolean refused = false;

  SixCommands(String bootstrap, String prefix) {
    commands = prefix + ".commands";
    for (int step = 0; step < STEPS; ++step) {
      said[step] = new byte[SAID[step]];
      Arrays.fill(said[step], (byte) 'x');
    }
    Map<String, Object> out = Map.of("bootstrap.servers", bootstrap, "acks", "all", "linger.ms", 0);
    producer = new KafkaProducer<>(out, new ByteArraySerializer(), new ByteArraySerializer());
    Map<String, Object> in = Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed", "auto.offset.reset", "earliest");
    consumer = new KafkaConsumer<>(in, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.assign(List.of(new TopicPartition(prefix + ".outcomes", 0)));
    Thread reader = new Thread(this::read);
    reader.setDaemon(true);
    reader.start();
  }

  private void send(Played played, long due) {
    long call = calls.incrementAndGet();
    underWay.put(call, new UnderWay(played, due));
    producer.send(new ProducerRecord<>(commands, 0, played.key(), message(call, played.step, played.version, said[played.step])));
  }

  private void read() {
    while (true) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
        ByteBuffer in = ByteBuffer.wrap(record.value());
        UnderWay one = underWay.remove(in.getLong());
        if (one == null) {
          continue;
        }
        in.get();
        long version = in.getLong();
        long now = System.nanoTime();
        if (version < 0) {
          refused = true;
        }
        if (one.due >= countFrom && one.due < countUntil && now <= answeredBy && sampled < samples.length) {
          samples[sampled] = now - one.due;
          sampled = sampled + 1;
        }
        one.played.version = version;
        ++one.played.step;
        answered.done(one.played);
      }
    }
  }

  private void begin(long warmUpMs, long countMs, boolean alsoLate) {
    sampled = 0;
    countFrom = System.nanoTime() + warmUpMs * 1_000_000L;
    countUntil = countFrom + countMs * 1_000_000L;
    answeredBy = alsoLate ? Long.MAX_VALUE : countUntil;
  }

  private String end(double seconds) throws InterruptedException {
    long patience = System.nanoTime() + 30_000_000_000L;
    while (!underWay.isEmpty() && System.nanoTime() < patience) {
      Thread.sleep(10);
    }
    if (refused || !underWay.isEmpty()) {
      throw new IllegalStateException(refused ? "a command was refused" : "commands were not answered within 30 s");
    }
    int n = sampled;
    long[] sorted = Arrays.copyOf(samples, n);
    Arrays.sort(sorted);
    double p50 = n == 0 ? 0 : sorted[(int) (0.50 * (n - 1))] / 1000.0;
    double p99 = n == 0 ? 0 : sorted[(int) (0.99 * (n - 1))] / 1000.0;
    return n + " " + n / seconds + " " + p50 + " " + p99;
  }

  String busy(int callers, long warmUpMs, long countMs) throws InterruptedException {
    begin(warmUpMs, countMs, false);
    answered = played -> {
      long now = System.nanoTime();
      if (now < countUntil) {
        send(played.step < STEPS ? played : new Played(cases.incrementAndGet()), now);
      }
    };
    for (int caller = 0; caller < callers; ++caller) {
      send(new Played(cases.incrementAndGet()), System.nanoTime());
    }
    sleepUntil(countUntil);
    return end(countMs / 1000.0);
  }

  String paced(double perSecond, long warmUpMs, long countMs) throws InterruptedException {
    begin(warmUpMs, countMs, true);
    ArrayDeque<Played> waiting = new ArrayDeque<>();
    answered = played -> {
      if (played.step < STEPS) {
        synchronized (waiting) {
          waiting.add(played);
        }
      }
    };
    double between = 1e9 / perSecond;
    long began = System.nanoTime();
    for (long n = 0;; ++n) {
      long due = began + (long) (n * between);
      if (due >= countUntil) {
        break;
      }
      sleepUntil(due);
      Played next;
      synchronized (waiting) {
        next = waiting.poll();
      }
      send(next != null ? next : new Played(cases.incrementAndGet()), due);
    }
    return end(countMs / 1000.0);
  }

  private static void sleepUntil(long nanos) {
    for (long left; (left = nanos - System.nanoTime()) > 0;) {
      LockSupport.parkNanos(left);
    }
  }

  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    String prefix = args[2];
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      List<NewTopic> topics = new ArrayList<>();
      for (String name : List.of(".commands", ".outcomes")) {
        topics.add(new NewTopic(prefix + name, 1, (short) 1));
      }
      admin.createTopics(topics).all().get();
    }
    KafkaStreams streams = streams(bootstrap, args[1], prefix);
    CountDownLatch running = new CountDownLatch(1);
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.RUNNING) {
        running.countDown();
      }
    });
    streams.start();
    running.await();
    SixCommands callers = new SixCommands(bootstrap, prefix);
    System.out.println("ready");
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = in.readLine()) != null;) {
      String[] words = line.split(" ");
      long warmUp = Long.parseLong(words[2]);
      long count = Long.parseLong(words[3]);
      String said = words[0].equals("busy") ? callers.busy(Integer.parseInt(words[1]), warmUp, count)
                                            : callers.paced(Double.parseDouble(words[1]), warmUp, count);
      System.out.println(said);
    }
    streams.close(Duration.ofSeconds(10));
    System.exit(0);
  }
}
