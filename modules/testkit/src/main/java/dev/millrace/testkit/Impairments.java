package dev.millrace.testkit;

/// What a [HostileLink] does to packets of one direction. Probabilities are 0 to 1, each drawn for each packet.
///
/// @param drop the probability that a packet is lost
/// @param duplicate that it arrives twice
/// @param corrupt that one bit of it is flipped
/// @param reorder that it is held back by `reorderNs`, so that later ones overtake it
/// @param reorderNs how long, in nanoseconds
/// @param delayNs how long every packet is under way, in nanoseconds
/// @param jitterNs how much longer at most, drawn evenly; arrivals keep their order
/// @param bitsPerSecond how fast packets go out, or 0 for at once
/// @param queueBytes how many bytes may wait to go out before packets are lost; only with `bitsPerSecond`
public record Impairments(double drop, double duplicate, double corrupt, double reorder, long reorderNs, long delayNs,
        long jitterNs, long bitsPerSecond, long queueBytes) {
    /// A wire without fault and without delay.
    public static final Impairments NONE = new Impairments(0, 0, 0, 0, 0, 0, 0, 0, Long.MAX_VALUE);

    /// Checks the ranges.
    ///
    /// @throws IllegalArgumentException if a probability is not 0 to 1 or a quantity is negative
    public Impairments {
        for (double p : new double[] {drop, duplicate, corrupt, reorder}) {
            if (!(p >= 0 && p <= 1)) {
                throw new IllegalArgumentException("a probability of " + p);
            }
        }
        if (reorderNs < 0 || delayNs < 0 || jitterNs < 0 || bitsPerSecond < 0 || queueBytes < 0) {
            throw new IllegalArgumentException("a negative quantity");
        }
    }

    /// The same, but losing packets with this probability.
    public Impairments withDrop(double probability) {
        return new Impairments(probability, duplicate, corrupt, reorder, reorderNs, delayNs, jitterNs, bitsPerSecond,
                queueBytes);
    }

    /// The same, but doubling packets with this probability.
    public Impairments withDuplicate(double probability) {
        return new Impairments(drop, probability, corrupt, reorder, reorderNs, delayNs, jitterNs, bitsPerSecond,
                queueBytes);
    }

    /// The same, but flipping a bit of packets with this probability.
    public Impairments withCorrupt(double probability) {
        return new Impairments(drop, duplicate, probability, reorder, reorderNs, delayNs, jitterNs, bitsPerSecond,
                queueBytes);
    }

    /// The same, but holding packets back for `heldNs` nanoseconds with this probability.
    public Impairments withReorder(double probability, long heldNs) {
        return new Impairments(drop, duplicate, corrupt, probability, heldNs, delayNs, jitterNs, bitsPerSecond,
                queueBytes);
    }

    /// The same, but with packets this long under way, in nanoseconds.
    public Impairments withDelay(long ns, long jitter) {
        return new Impairments(drop, duplicate, corrupt, reorder, reorderNs, ns, jitter, bitsPerSecond, queueBytes);
    }

    /// The same, but with this rate in bits per second, and a queue of so many bytes before it.
    public Impairments withRate(long rate, long bytes) {
        return new Impairments(drop, duplicate, corrupt, reorder, reorderNs, delayNs, jitterNs, rate, bytes);
    }
}
