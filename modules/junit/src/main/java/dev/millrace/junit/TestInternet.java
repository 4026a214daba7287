package dev.millrace.junit;

import dev.millrace.Units;
import dev.millrace.internet.Chaos;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.InternetBuilder;
import dev.millrace.internet.LinkConditions;
import dev.millrace.internet.NetworkLink;
import dev.millrace.internet.NetworkRecording;
import dev.millrace.internet.Script;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// The Internet of one test, as its annotations describe it.
final class TestInternet {
    /// For the report of a failure: more than anybody reads.
    private static final int REMEMBERED = 200;

    private final Internet net;
    private final AddressBlock block;
    private final List<Link> pending;
    private final Path capture;
    private final NetworkRecording recording;

    /// @param usual what an annotation says that says nothing
    /// @param script what happens by chance, or `null` to draw it from the seed
    /// @param capture where to capture, or `null`
    TestInternet(VirtualInternet how, VirtualInternet usual, Class<?> test, List<Link> links, long seed, Script script, boolean record,
            AddressBlock block, Path capture) throws IOException {
        boolean described = !how.file().isEmpty();
        Consumer<InternetBuilder> settings = builder -> {
            builder.script(script).record(record).goOnAfterFailures(how.goOnAfterFailures())
                    .rememberPackets(capture == null ? 0 : REMEMBERED);
            if (how.time() == VirtualInternet.Time.VIRTUAL) {
                builder.virtualTime(seed);
            } else {
                builder.realTime().seed(seed);
            }
            // A file's own go before what nobody has said.
            if (!described || !how.limit().equals(usual.limit())) {
                builder.limit(Units.duration(how.limit()));
            }
            if (!described || how.mtu() != usual.mtu()) {
                builder.mtu(how.mtu());
            }
            if (!described || !how.everywhere().equals(usual.everywhere())) {
                builder.conditions(conditions(how.everywhere()));
            }
        };
        if (described) {
            net = TopologyFile.open(how.file(), test, settings);
        } else {
            InternetBuilder builder = Internet.builder();
            settings.accept(builder);
            net = builder.open();
        }
        this.block = block;
        this.capture = capture;
        pending = new ArrayList<>(links);
        try {
            recording = capture == null ? null : net.capture(capture);
            connectPending();
        } catch (Throwable t) {
            net.close();
            throw t;
        }
    }

    Internet net() {
        return net;
    }

    AddressBlock block() {
        return block;
    }

    /// Adds a host, and the links that are complete with it. Without addresses, one that is there already is meant.
    Host add(String name, String[] addresses) throws IOException {
        Host known = addresses.length == 0 ? net.host(name).orElse(null) : null;
        Host host = known != null ? known
                : net.host(name, addresses.length == 0 ? freeAddresses() : addresses);
        connectPending();
        return host;
    }

    /// The next of the block that no host of a file, or with addresses of its own, has.
    private String[] freeAddresses() {
        while (true) {
            List<String> next = block.next();
            List<IpAddress> wanted = next.stream().map(IpAddress::parse).toList();
            if (net.hosts().values().stream().flatMap(h -> h.addresses().stream()).map(IpAddress::of).noneMatch(wanted::contains)) {
                return next.toArray(String[]::new);
            }
        }
    }

    private void connectPending() {
        for (Link link : List.copyOf(pending)) {
            if (net.host(link.from()).isPresent() && net.host(link.to()).isPresent()) {
                pending.remove(link);
                connect(link);
            }
        }
    }

    private void connect(Link link) {
        LinkConditions conditions = conditions(link);
        NetworkLink made = net.link(link.from(), link.to());
        if (link.oneWay()) {
            made.setConditions(link.from(), conditions);
        } else {
            made.setConditions(conditions);
        }
    }

    /// The links of which an end is no host of the test.
    List<Link> unconnected() {
        return List.copyOf(pending);
    }

    void begin(Troubles troubles) {
        net.chaos(Chaos.within(duration(troubles.within())).lasting(duration(troubles.shortest()), duration(troubles.longest()))
                .cuts(troubles.cuts()).isolations(troubles.isolations()).cutsOneWay(troubles.cutsOneWay()).crashes(troubles.crashes())
                .pauses(troubles.pauses()).clockJumps(troubles.clockJumps(), duration(troubles.clockJump()))
                .clockDrifts(troubles.clockDrifts(), troubles.clockDrift()).slowLinks(troubles.slowLinks(), duration(troubles.slowBy()))
                .resets(troubles.resets()).nameFailures(troubles.nameFailures())
                .slowNames(troubles.slowNames(), duration(troubles.slowBy())).wrongNames(troubles.wrongNames()));
    }

    private static Duration duration(String text) {
        return Units.duration(text);
    }

    static LinkConditions conditions(Link link) {
        var values = new LinkedHashMap<String, String>();
        put(values, "delay", link.delay());
        put(values, "jitter", link.jitter());
        put(values, "loss", link.loss());
        put(values, "burst-loss", link.burstLoss());
        put(values, "duplication", link.duplication());
        put(values, "corruption", link.corruption());
        put(values, "reordering", link.reordering());
        put(values, "rate", link.rate());
        put(values, "queue", link.queue() == 0 ? "" : "" + link.queue());
        put(values, "codel", link.codel() ? "true" : "");
        put(values, "ecn", link.ecn() ? "true" : "");
        put(values, "mtu", link.mtu() == 0 ? "" : "" + link.mtu());
        String where = link.from().isEmpty() ? "@Link" : "@Link(from = \"" + link.from() + "\", to = \"" + link.to() + "\")";
        return LinkConditions.of(where, values);
    }

    private static void put(Map<String, String> values, String key, String value) {
        if (!value.isEmpty()) {
            values.put(key, value);
        }
    }

    /// The capture's file, or `null`. It is whole when the Internet is closed.
    Path capture() {
        return capture;
    }

    /// Closes all.
    void close() throws IOException {
        try {
            net.close();
        } finally {
            block.close();
            if (recording != null) {
                recording.close();
            }
        }
    }
}
