package dev.millrace.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/// The figures of one run, in the order in which they are shown. Names carry their units: `gbit_per_s`, `per_s`, `p50_us`,
/// `p99_us`, `bytes_per_pair`, `alloc_bytes_per_packet`, `cpu_cores`.
///
/// @param figures names and values: numbers and texts
public record BenchResult(Map<String, Object> figures) {
    /// Keeps the order.
    public BenchResult {
        figures = new LinkedHashMap<>(figures);
    }

    /// The figure that counts most for this work, such that more is better.
    double score() {
        if (figures.get("p50_us") instanceof Number p50) {
            return -p50.doubleValue();
        }
        if (figures.get("bytes_per_pair") instanceof Number bytes) {
            return -bytes.doubleValue();
        }
        Object rate = figures.getOrDefault("gbit_per_s", figures.getOrDefault("per_s", 0));
        return ((Number) rate).doubleValue();
    }
}
