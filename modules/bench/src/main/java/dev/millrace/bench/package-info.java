/// Benchmarks as programs: [dev.millrace.bench.Bench] runs one and returns its figures.
package dev.millrace.bench;
