/// JMH suites; `modules/bench/jmh.sh` runs them. They lie beside the tests so that the module needs no JMH.
package dev.millrace.bench.jmh;
