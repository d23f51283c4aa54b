#!/usr/bin/env bash
# A real Apache Kafka broker on this machine: one node, KRaft, loopback only. For tests, benchmarks and a first look.
#
#   tools/kafka.sh start [FOLDER]   starts it on free ports, its data in FOLDER (default build/kafka), and prints host:port;
#                                   a folder that has data keeps it and its ports
#   tools/kafka.sh stop  [FOLDER]   stops it in an orderly way
#   tools/kafka.sh kill  [FOLDER]   as a crash would: SIGKILL
#   tools/kafka.sh drop  [FOLDER]   kills it and deletes the folder
#   tools/kafka.sh fetch            brings what a broker is made of, as start does, and starts none
#
# CASEWARD_KAFKA_VERSION     4.1.1 (default) or 3.9.1
# CASEWARD_KAFKA_SECURE      yes: a new folder's broker takes TLS with a password alone; FOLDER/client.properties is what
#                            --kafka-config needs (FOLDER/scram.properties: the same by SCRAM), FOLDER/certs/ca.pem the
#                            authority it trusts
# CASEWARD_KAFKA_PROPERTIES  further server properties of a new folder, separated by spaces
# CASEWARD_KAFKA_PROXIED     host:port of a proxy: a new folder's broker has a second listener, which sends its clients there;
#                            where the proxy finds it is in FOLDER/proxied
# CASEWARD_TEST_KAFKA        host:port of a broker that is already there: start prints it, stop leaves it alone
set -euo pipefail
cd "$(dirname "$0")/.."

version=${CASEWARD_KAFKA_VERSION:-4.1.1}
jars=${XDG_CACHE_HOME:-$HOME/.cache}/caseward/kafka-$version
verb=${1:-help}
folder=${2:-build/kafka}

# Copied into place whole, so that two who start at once do not see half of it.
fetch_jars() {
  [ -d "$jars" ] && return
  mkdir -p "$(dirname "$jars")"
  local making
  making=$(mktemp -d "$jars.XXXXXX")
  mvn -q -B -Dstyle.color=never -f tests/kafka/pom.xml -Dkafka.version="$version" -DoutputDirectory="$making" dependency:copy-dependencies >&2
  chmod 755 "$making"
  mv -T "$making" "$jars" 2>/dev/null || rm -rf "$making"
}

free_ports() {
  python3 - <<'PY'
import socket
held = [socket.socket() for _ in range(3)]
for s in held:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in held))
PY
}

# Certificates, a user with a password of chance, and what each side needs to know of them.
secure() {
  local password certs
  deploy/certs/make.sh "$folder/certs" 127.0.0.1 >/dev/null
  certs=$(cd "$folder/certs" && pwd)
  cat "$certs/127.0.0.1/node.key" "$certs/127.0.0.1/node.pem" >"$certs/broker.pem"
  password=$(openssl rand -hex 16)
  (umask 077 && cat >"$folder/client.properties") <<PROPERTIES
security.protocol=SASL_SSL
ssl.ca.location=$certs/ca.pem
sasl.mechanism=PLAIN
sasl.username=caseward
sasl.password=$password
PROPERTIES
  # Another user, whose password the broker keeps only salted and hashed.
  scram="SCRAM-SHA-256=[name=caseward-scram,password=$password]"
  (umask 077 && sed 's/^sasl.mechanism=.*/sasl.mechanism=SCRAM-SHA-256/; s/^sasl.username=.*/sasl.username=caseward-scram/' \
    "$folder/client.properties" >"$folder/scram.properties")
  chmod 600 "$folder/server.properties"
  cat >>"$folder/server.properties" <<PROPERTIES
security.inter.broker.protocol=SASL_SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="caseward" password="$password" user_caseward="$password";
ssl.keystore.type=PEM
ssl.keystore.location=$certs/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location=$certs/ca.pem
PROPERTIES
}

# Of chance, in Kafka's spelling; none that begins with a dash, which would be read as an option.
cluster_id() {
  python3 - <<'PY'
import base64, uuid
raw = bytearray(uuid.uuid4().bytes)
raw[0] &= 0x7F
print(base64.urlsafe_b64encode(raw).decode().rstrip("="))
PY
}

configure() {
  local port controller second property protocol=PLAINTEXT listeners='' advertised='' scram=''
  [ "${CASEWARD_KAFKA_SECURE:-no}" = no ] || protocol=SASL_SSL
  read -r port controller second < <(free_ports)
  mkdir -p "$folder"
  if [ -n "${CASEWARD_KAFKA_PROXIED:-}" ]; then
    listeners=,PROXIED://127.0.0.1:$second
    advertised=,PROXIED://$CASEWARD_KAFKA_PROXIED
    echo "127.0.0.1:$second" >"$folder/proxied"
  fi
  cat >"$folder/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=$protocol://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller$listeners
advertised.listeners=$protocol://127.0.0.1:$port$advertised
controller.listener.names=CONTROLLER
listener.security.protocol.map=$protocol:$protocol,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT
log.dirs=$(cd "$folder" && pwd)/data
auto.create.topics.enable=false
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2000
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
PROPERTIES
  [ "$protocol" = PLAINTEXT ] || secure
  for property in ${CASEWARD_KAFKA_PROPERTIES:-}; do echo "$property" >>"$folder/server.properties"; done
  java -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$jars/*" kafka.tools.StorageTool format \
    -t "$(cluster_id)" \
    -c "$folder/server.properties" ${scram:+--add-scram "$scram"} >"$folder/format.log" 2>&1 || { cat "$folder/format.log" >&2; exit 1; }
  echo "127.0.0.1:$port" >"$folder/address"
}

running() { [ -f "$folder/pid" ] && kill -0 "$(cat "$folder/pid")" 2>/dev/null; }

# The port answers; a broker whose process is gone says why.
wait_until_up() {
  local port=${1##*:}
  for _ in $(seq 1 1800); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
    running || { tail -20 "$folder/server.log" >&2; echo "the broker did not start" >&2; exit 1; }
    sleep 0.1
  done
  echo "the broker did not answer at $1 within 180 s" >&2
  exit 1
}

start() {
  command -v java >/dev/null || { echo "expected a Java runtime; ./dev setup installs it" >&2; exit 1; }
  fetch_jars
  [ -f "$folder/address" ] || configure
  local address
  address=$(cat "$folder/address")
  if ! running; then
    setsid java -Xmx512m -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$jars/*" kafka.Kafka \
      "$folder/server.properties" >>"$folder/server.log" 2>&1 </dev/null &
    echo $! >"$folder/pid"
  fi
  wait_until_up "$address"
  echo "$address"
}

# end SIGNAL: and waits until it is gone.
end() {
  running || { rm -f "$folder/pid"; return 0; }
  local pid
  pid=$(cat "$folder/pid")
  kill -"$1" "$pid"
  for _ in $(seq 1 300); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$folder/pid"
}

case $verb in
  fetch) fetch_jars ;;
  start) if [ -n "${CASEWARD_TEST_KAFKA:-}" ]; then echo "$CASEWARD_TEST_KAFKA"; else start; fi ;;
  stop) [ -n "${CASEWARD_TEST_KAFKA:-}" ] || end TERM ;;
  kill) end KILL ;;
  drop)
    [ -n "${CASEWARD_TEST_KAFKA:-}" ] && exit 0
    end KILL
    [ ! -f "$folder/server.properties" ] || rm -rf "$folder"
    ;;
  *) sed -n '2,18s/^# \{0,1\}//p' "$0"; [ "$verb" = help ] || exit 2 ;;
esac
