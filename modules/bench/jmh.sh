#!/usr/bin/env bash
# Builds and runs the JMH suites. Arguments are JMH's: modules/bench/jmh.sh Checksum -f 1 -wi 3 -i 3 -prof gc
set -euo pipefail
cd "$(dirname "$0")/../.."
classpath=modules/bench/target/test-classpath.txt
rm -f "$classpath"
mvn -q -B -pl modules/bench -am test-compile dependency:build-classpath \
  -Dmdep.outputFile=target/test-classpath.txt -Dmdep.includeScope=test >&2
# The launcher knows where the JDK is.
exec ./millrace java -cp "modules/bench/target/test-classes:modules/bench/target/classes:$(cat "$classpath")" \
  org.openjdk.jmh.Main "$@"
