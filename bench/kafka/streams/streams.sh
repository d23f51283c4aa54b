#!/usr/bin/env bash
# Runs SixCommands.java: the six-command case on Kafka Streams.
#
#   streams.sh BOOTSTRAP FOLDER PREFIX   its state in FOLDER, its topics PREFIX.*; what is to be played comes on standard input
#
# The jars that pom.xml names are copied once to a cache, by Maven; the program is compiled into FOLDER.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bootstrap=${1:?host:port}
folder=${2:?a folder}
prefix=${3:?a prefix}

needed() {
  echo "expected $1; measuring beside Kafka Streams needs the packages default-jdk-headless and maven, and Maven must reach a repository once" >&2
  exit 1
}

command -v javac >/dev/null || needed "a Java compiler"
jars=${XDG_CACHE_HOME:-$HOME/.cache}/caseward/kafka-streams-$(sha256sum "$here/pom.xml" | cut -c1-16)
# Copied into place whole, so that two who start at once do not see half of it.
if [ ! -d "$jars" ]; then
  command -v mvn >/dev/null || needed "Maven"
  mkdir -p "$(dirname "$jars")"
  making=$(mktemp -d "$jars.XXXXXX")
  mvn -q -B -Dstyle.color=never -f "$here/pom.xml" -DoutputDirectory="$making" dependency:copy-dependencies >&2 ||
    needed "the jars of $here/pom.xml"
  chmod 755 "$making"
  mv -T "$making" "$jars" 2>/dev/null || rm -rf "$making"
fi
mkdir -p "$folder/classes"
javac -cp "$jars/*" -d "$folder/classes" "$here/SixCommands.java" >&2
exec java -Xmx512m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$folder/classes:$jars/*" SixCommands \
  "$bootstrap" "$folder/state" "$prefix"
