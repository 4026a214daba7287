package dev.millrace.internet;

import dev.millrace.OptionSpec;
import dev.millrace.OptionSpec.Type;
import dev.millrace.OptionValues;
import dev.millrace.Units;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// What happens to packets on one direction of a link, as an immutable value. A packet is lost or not, then waits in the
/// queue until the line is free, is sent at the rate, and arrives after the delay and a random part of the jitter; it may
/// come twice, with a wrong bit, or late so that others overtake it.
///
/// ```java
/// LinkConditions.perfect().delay(Duration.ofMillis(40)).loss(0.02).rate("10Mbit/s").queue(64)
/// ```
public final class LinkConditions {
    private static final LinkConditions PERFECT = new LinkConditions(new Values());
    /// How many packets wait for a line with a rate if nothing else is said.
    public static final int DEFAULT_QUEUE = 256;

    private static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("delay", Type.DURATION, "0", "how long each packet is on its way"),
            new OptionSpec("jitter", Type.DURATION, "0", "how much longer at most, at random; keeps the order"),
            new OptionSpec("loss", Type.TEXT, "0", "the share that is lost, such as 0.02 or 2%"),
            new OptionSpec("burst-loss", Type.TEXT, "", "Gilbert-Elliott: p r [loss in bad [loss in good]], such as "
                    + "\"1% 25%\": from good to bad, and back, for each packet"),
            new OptionSpec("duplication", Type.TEXT, "0", "the share that comes twice"),
            new OptionSpec("corruption", Type.TEXT, "0", "the share of which one bit is wrong"),
            new OptionSpec("reordering", Type.TEXT, "0", "the share that later ones overtake"),
            new OptionSpec("reordering-by", Type.DURATION, "10ms", "how much later those come"),
            new OptionSpec("rate", Type.TEXT, "", "bits a second, such as 10Mbit/s; empty for no limit"),
            new OptionSpec("queue", Type.NUMBER, "" + DEFAULT_QUEUE, "how many packets may wait for the line"),
            new OptionSpec("codel", Type.FLAG, "false", "CoDel (RFC 8289) in front of the line"),
            new OptionSpec("codel-target", Type.DURATION, "5ms", "the wait that CoDel accepts"),
            new OptionSpec("codel-interval", Type.DURATION, "100ms", "for how long CoDel accepts more"),
            new OptionSpec("ecn", Type.FLAG, "false", "CoDel marks instead of dropping what understands it (RFC 3168)"),
            new OptionSpec("mark-at", Type.NUMBER, "0", "marks what finds so many packets waiting; 0 for never"),
            new OptionSpec("mtu", Type.BYTES, "65535", "the largest IP packet; larger ones are refused or dropped"));

    private final Values v;

    /// The fields, which only this file sees change.
    private static final class Values implements Cloneable {
        long delayNs;
        long jitterNs;
        double loss;
        double toBad;
        double toGood;
        double lossBad = 1;
        double lossGood;
        Predicate<PacketView> lossWhen;
        double duplication;
        double corruption;
        double reordering;
        long reorderingByNs;
        long rate;
        int queue = DEFAULT_QUEUE;
        boolean codel;
        long codelTargetNs = 5_000_000;
        long codelIntervalNs = 100_000_000;
        boolean ecn;
        int markAt;
        int mtu = 65535;

        @Override
        protected Values clone() {
            try {
                return (Values) super.clone();
            } catch (CloneNotSupportedException e) {
                throw new AssertionError(e);
            }
        }
    }

    private interface Change {
        void apply(Values v);
    }

    private LinkConditions(Values values) {
        v = values;
    }

    private LinkConditions with(Change change) {
        Values copy = v.clone();
        change.apply(copy);
        return new LinkConditions(copy);
    }

    /// No delay, no loss, no limit.
    public static LinkConditions perfect() {
        return PERFECT;
    }

    /// Conditions from text, as annotations and files write them.
    ///
    /// @param prefix what to put before a key in messages
    /// @param values names such as `delay`, `loss` and `rate`, see [#keys()]
    /// @throws dev.millrace.ConfigurationException if a name is unknown or a value does not fit
    public static LinkConditions of(String prefix, Map<String, String> values) {
        OptionValues o = OptionValues.check(prefix, SPECS, values);
        LinkConditions c = perfect()
                .delay(Duration.ofNanos(o.nanos("delay", Duration.ZERO, Duration.ofDays(1))))
                .jitter(Duration.ofNanos(o.nanos("jitter", Duration.ZERO, Duration.ofDays(1))))
                .loss(share(o, "loss")).duplication(share(o, "duplication")).corruption(share(o, "corruption"))
                .reordering(share(o, "reordering"),
                        Duration.ofNanos(o.nanos("reordering-by", Duration.ZERO, Duration.ofDays(1))))
                .queue((int) o.number("queue", 1, 1 << 20)).markAt((int) o.number("mark-at", 0, 1 << 20))
                .mtu((int) o.bytes("mtu", 68, 65535));
        if (o.has("rate")) {
            c = c.rate(rate(o));
        }
        if (o.has("burst-loss")) {
            c = c.burstLoss(o);
        }
        if (o.flag("codel") || o.flag("ecn")) {
            c = c.codel(Duration.ofNanos(o.nanos("codel-target", Duration.ofNanos(1000), Duration.ofMinutes(1))),
                    Duration.ofNanos(o.nanos("codel-interval", Duration.ofNanos(1000), Duration.ofMinutes(1))));
        }
        return o.flag("ecn") ? c.ecn() : c;
    }

    /// The names that [#of] understands.
    public static List<OptionSpec> keys() {
        return SPECS;
    }

    private static long rate(OptionValues o) {
        try {
            return Units.bitsPerSecond(o.text("rate"));
        } catch (IllegalArgumentException e) {
            throw o.error("rate", e.getMessage());
        }
    }

    private LinkConditions burstLoss(OptionValues o) {
        String[] parts = o.text("burst-loss").trim().split("[\\s,]+");
        if (parts.length < 2 || parts.length > 4) {
            throw o.error("burst-loss", "\"" + o.text("burst-loss") + "\" is not two to four shares, such as \"1% 25%\"");
        }
        double[] p = {0, 0, 1, 0};
        for (int i = 0; i < parts.length; i++) {
            p[i] = share(o, "burst-loss", parts[i]);
        }
        return burstLoss(p[0], p[1], p[2], p[3]);
    }

    private static double share(OptionValues o, String name) {
        return share(o, name, o.text(name).trim());
    }

    private static double share(OptionValues o, String name, String text) {
        try {
            double share = text.endsWith("%") ? Double.parseDouble(text.substring(0, text.length() - 1)) / 100
                    : Double.parseDouble(text);
            if (share >= 0 && share <= 1) {
                return share;
            }
        } catch (NumberFormatException e) {
            // The same is wrong with it as with one out of range.
        }
        throw o.error(name, "\"" + text + "\" is no share: write 0.02 or 2%, from 0 to 1");
    }

    private static double checked(double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("a share must be 0 to 1, not " + share);
        }
        return share;
    }

    private static long checked(Duration d) {
        if (d.isNegative() || d.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("a delay must be 0 to 1 day, not " + d);
        }
        return d.toNanos();
    }

    /// With this delay: the time from the last bit sent to the last bit received.
    public LinkConditions delay(Duration delay) {
        long ns = checked(delay);
        return with(w -> w.delayNs = ns);
    }

    /// With so much more delay at most, uniformly at random. Packets stay in order.
    public LinkConditions jitter(Duration jitter) {
        long ns = checked(jitter);
        return with(w -> w.jitterNs = ns);
    }

    /// Loses this share of packets, 0 to 1, each by itself.
    public LinkConditions loss(double share) {
        checked(share);
        return with(w -> w.loss = share);
    }

    /// Loses packets in bursts (the Gilbert-Elliott model): the line is good or bad, and changes with each packet.
    ///
    /// @param toBad the chance that a good line turns bad, 0 to 1
    /// @param toGood the chance that a bad line turns good; a burst is 1/toGood packets long on average
    /// @param lossBad the share lost while it is bad
    /// @param lossGood the share lost while it is good
    public LinkConditions burstLoss(double toBad, double toGood, double lossBad, double lossGood) {
        checked(toBad);
        checked(toGood);
        checked(lossBad);
        checked(lossGood);
        return with(w -> {
            w.toBad = toBad;
            w.toGood = toGood;
            w.lossBad = lossBad;
            w.lossGood = lossGood;
        });
    }

    /// Loses the packets for which this is true, too; `null` for none. It is called with one packet at a time.
    public LinkConditions lossWhen(Predicate<PacketView> condition) {
        return with(w -> w.lossWhen = condition);
    }

    /// Lets this share of packets arrive twice, 0 to 1.
    public LinkConditions duplication(double share) {
        checked(share);
        return with(w -> w.duplication = share);
    }

    /// Flips one bit of this share of packets, 0 to 1.
    public LinkConditions corruption(double share) {
        checked(share);
        return with(w -> w.corruption = share);
    }

    /// Delays this share of packets, 0 to 1, by so much more that later ones overtake them.
    public LinkConditions reordering(double share, Duration by) {
        checked(share);
        long ns = checked(by);
        return with(w -> {
            w.reordering = share;
            w.reorderingByNs = ns;
        });
    }

    /// Sends so many bits a second, IP headers included; 0 for no limit.
    public LinkConditions rate(long bitsPerSecond) {
        if (bitsPerSecond < 0) {
            throw new IllegalArgumentException("a rate must not be negative: " + bitsPerSecond);
        }
        return with(w -> w.rate = bitsPerSecond);
    }

    /// Sends at a rate such as `10Mbit/s`.
    public LinkConditions rate(String rate) {
        return rate(Units.bitsPerSecond(rate));
    }

    /// Lets so many packets wait for the line, at least 1; what comes then is dropped.
    public LinkConditions queue(int packets) {
        if (packets < 1) {
            throw new IllegalArgumentException("a queue must hold at least 1 packet, not " + packets);
        }
        return with(w -> w.queue = packets);
    }

    /// Drops packets that wait longer than `target` for longer than `interval` (CoDel, RFC 8289).
    public LinkConditions codel(Duration target, Duration interval) {
        return with(w -> {
            w.codel = true;
            w.codelTargetNs = checked(target);
            w.codelIntervalNs = Math.max(1, checked(interval));
        });
    }

    /// CoDel with the figures of RFC 8289 §4: 5 ms and 100 ms.
    public LinkConditions codel() {
        return codel(Duration.ofMillis(5), Duration.ofMillis(100));
    }

    /// Lets CoDel mark packets of senders that understand congestion notification instead of dropping them (RFC 3168).
    public LinkConditions ecn() {
        return with(w -> {
            w.codel = true;
            w.ecn = true;
        });
    }

    /// Marks packets, of senders that understand congestion notification, which find so many waiting (the way of RFC 8257);
    /// 0 for never. A host's TCP does if one of both ends asks for it, by its option `ecn` of `tcp`.
    public LinkConditions markAt(int packets) {
        return with(w -> w.markAt = packets);
    }

    /// Carries IP packets of so many bytes at most, 68 to 65535. What is larger a router answers with "packet too big"
    /// or cuts into fragments; elsewhere it is dropped.
    public LinkConditions mtu(int bytes) {
        if (bytes < 68 || bytes > 65535) {
            throw new IllegalArgumentException("an MTU must be 68 to 65535, not " + bytes);
        }
        return with(w -> w.mtu = bytes);
    }

    /// The delay.
    public Duration delay() {
        return Duration.ofNanos(v.delayNs);
    }

    /// The share that is lost at random.
    public double loss() {
        return v.loss;
    }

    /// The rate in bits a second; 0 for no limit.
    public long rate() {
        return v.rate;
    }

    /// The MTU in bytes.
    public int mtu() {
        return v.mtu;
    }

    long delayNs() {
        return v.delayNs;
    }

    long jitterNs() {
        return v.jitterNs;
    }

    boolean isBursty() {
        return v.toBad > 0;
    }

    double toBad() {
        return v.toBad;
    }

    double toGood() {
        return v.toGood;
    }

    double lossBad() {
        return v.lossBad;
    }

    double lossGood() {
        return v.lossGood;
    }

    Predicate<PacketView> lossWhen() {
        return v.lossWhen;
    }

    double duplication() {
        return v.duplication;
    }

    double corruption() {
        return v.corruption;
    }

    double reordering() {
        return v.reordering;
    }

    long reorderingByNs() {
        return v.reorderingByNs;
    }

    int queue() {
        return v.queue;
    }

    boolean hasCodel() {
        return v.codel;
    }

    long codelTargetNs() {
        return v.codelTargetNs;
    }

    long codelIntervalNs() {
        return v.codelIntervalNs;
    }

    boolean hasEcn() {
        return v.ecn;
    }

    int markAt() {
        return v.markAt;
    }

    /// Whether nothing can happen to a packet but that it takes its time.
    boolean isPlain() {
        return v.loss == 0 && v.toBad == 0 && v.lossWhen == null && v.duplication == 0 && v.corruption == 0
                && v.reordering == 0 && v.jitterNs == 0;
    }

    /// The conditions in words, those that differ from the perfect ones.
    @Override
    public String toString() {
        var text = new StringBuilder();
        append(text, v.delayNs > 0, "delay " + time(v.delayNs));
        append(text, v.jitterNs > 0, "jitter " + time(v.jitterNs));
        append(text, v.loss > 0, "loss " + percent(v.loss));
        append(text, v.toBad > 0, "bursts " + percent(v.toBad) + " " + percent(v.toGood));
        append(text, v.lossWhen != null, "loss by predicate");
        append(text, v.duplication > 0, "duplication " + percent(v.duplication));
        append(text, v.corruption > 0, "corruption " + percent(v.corruption));
        append(text, v.reordering > 0, "reordering " + percent(v.reordering));
        append(text, v.rate > 0, bits(v.rate) + ", queue " + v.queue);
        append(text, v.codel, v.ecn ? "CoDel with ECN" : "CoDel");
        append(text, v.mtu < 65535, "MTU " + v.mtu);
        return text.isEmpty() ? "perfect" : text.toString();
    }

    private static void append(StringBuilder to, boolean given, String what) {
        if (given) {
            to.append(to.isEmpty() ? "" : ", ").append(what);
        }
    }

    static String time(long ns) {
        return ns % 1_000_000 == 0 || ns > 10_000_000 ? number(ns / 1e6) + " ms" : number(ns / 1e3) + " µs";
    }

    private static String percent(double share) {
        return number(share * 100) + " %";
    }

    private static String bits(long rate) {
        return rate >= 1_000_000_000 ? number(rate / 1e9) + " Gbit/s" : rate >= 1_000_000 ? number(rate / 1e6) + " Mbit/s"
                : number(rate / 1e3) + " kbit/s";
    }

    private static String number(double x) {
        return x == Math.rint(x) ? Long.toString((long) x)
                : Double.toString(Math.rint(x * 1000) / 1000);
    }
}
