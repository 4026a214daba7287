package dev.millrace.bench;

import dev.millrace.Stack;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;

/// Runs benchmarks: the same work over a stack of ours or over the kernel's sockets.
public final class Bench {
    private Bench() {
    }

    /// Runs one benchmark, for the warm-up and the time given. Where there is a choice, of kinds of threads with
    /// [BenchOptions.Threads#BEST] and between sockets and channels with the link `jdk`, each is run and the best one
    /// counts; the result says which it was.
    ///
    /// @throws IOException if either end fails, or if nothing moves for some seconds
    /// @throws IllegalArgumentException if the link is unknown
    public static BenchResult run(BenchOptions options) throws IOException {
        List<BenchResult> results = new ArrayList<>();
        for (BenchOptions.Threads threads : kinds(options)) {
            for (Network network : networks(options)) {
                try (network) {
                    results.add(runOn(options, threads, network));
                }
            }
        }
        return results.stream().max(Comparator.comparingDouble(BenchResult::score)).orElseThrow();
    }

    /// Runs one benchmark against the services of another process. Where the options leave the choice, each way to drive
    /// our end is run and the best counts.
    ///
    /// @param stack the stack whose sockets to use, or `null` for the kernel's
    /// @throws IOException if the peer cannot be reached, or if nothing moves for some seconds
    /// @throws IllegalArgumentException if callbacks are asked for where there are none
    public static BenchResult run(PeerOptions options, Stack stack) throws IOException {
        Dialer dialer = stack == null ? new KernelDialer() : new StackDialer(stack);
        List<BenchResult> results = new ArrayList<>();
        for (PeerOptions.Drive drive : drives(options, dialer)) {
            var o = new PeerOptions(options.work(), options.direction(), options.peer(), options.seconds(),
                    options.warmupSeconds(), options.chunk(), drive);
            var figures = new LinkedHashMap<String, Object>();
            figures.put("work", o.work().label());
            if (o.work() == Work.STREAM) {
                figures.put("direction", o.direction().name().toLowerCase(Locale.ROOT));
            }
            figures.put("peer", o.peer().getHostAddress());
            figures.put("seconds", o.seconds());
            figures.putAll(new PeerWorks(o, dialer).measure());
            figures.put("threads", drive.name().toLowerCase(Locale.ROOT));
            figures.put("sockets", dialer.variant());
            results.add(new BenchResult(figures));
        }
        return results.stream().max(Comparator.comparingDouble(BenchResult::score)).orElseThrow();
    }

    private static List<PeerOptions.Drive> drives(PeerOptions o, Dialer dialer) {
        boolean callbacks = o.work() == Work.RR && dialer.hasCallbacks();
        return switch (o.drive()) {
            case BEST -> callbacks
                    ? List.of(PeerOptions.Drive.PLATFORM, PeerOptions.Drive.VIRTUAL, PeerOptions.Drive.CALLBACK)
                    : List.of(PeerOptions.Drive.PLATFORM, PeerOptions.Drive.VIRTUAL);
            case CALLBACK -> {
                if (!callbacks) {
                    throw new IllegalArgumentException("callbacks are for rr over a stack of ours");
                }
                yield List.of(o.drive());
            }
            case PLATFORM, VIRTUAL -> List.of(o.drive());
        };
    }

    private static List<BenchOptions.Threads> kinds(BenchOptions o) {
        if (o.work() == Work.IDLE) {
            return List.of(BenchOptions.Threads.PLATFORM);
        }
        return o.threads() == BenchOptions.Threads.BEST
                ? List.of(BenchOptions.Threads.PLATFORM, BenchOptions.Threads.VIRTUAL) : List.of(o.threads());
    }

    private static List<Network> networks(BenchOptions o) throws IOException {
        return switch (o.link()) {
            case "loopback", "vnic" -> List.of(StackNetwork.open(o.link(), o.mtu()));
            // Datagram sockets are channels inside: one variant says it all.
            case "jdk" -> o.work() == Work.UDP_RR || o.work() == Work.UDP_FLOOD
                    ? List.of(new KernelNetwork(true)) : List.of(new KernelNetwork(true), new KernelNetwork(false));
            default -> throw new IllegalArgumentException(
                    "link \"" + o.link() + "\" is none of loopback, vnic, jdk");
        };
    }

    private static BenchResult runOn(BenchOptions o, BenchOptions.Threads threads, Network network) throws IOException {
        var figures = new LinkedHashMap<String, Object>();
        figures.put("work", o.work().label());
        figures.put("link", o.link());
        figures.put("mtu", network.mtu());
        figures.put("seconds", o.seconds());
        figures.putAll(new Works(o, threads, network).measure());
        figures.put("threads", threads.name().toLowerCase(Locale.ROOT));
        figures.put("sockets", network.variant());
        return new BenchResult(figures);
    }
}
