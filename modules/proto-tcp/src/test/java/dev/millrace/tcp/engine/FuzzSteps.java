package dev.millrace.tcp.engine;

import dev.millrace.spi.IcmpError;
import dev.millrace.tcp.engine.FuzzStep.Who;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Makes up what happens in one case.
final class FuzzSteps {
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1000 * MS;
    private static final long DAY = 86_400 * SECOND;

    private final SplittableRandom r;
    private final boolean v4;
    /// What may be written in all, so that small segments do not make a case long.
    private final int[] left = new int[2];
    /// How wild it gets: some cases only transfer.
    private final int wildness;

    FuzzSteps(SplittableRandom r, FuzzPlan.Host a, FuzzPlan.Host b, boolean v4) {
        this.r = r;
        this.v4 = v4;
        int segment = Math.min(Math.min(a.deviceMtu(), b.deviceMtu()), 9000);
        for (FuzzPlan.Host h : List.of(a, b)) {
            if (h.maxSegment() > 0) {
                segment = Math.min(segment, h.maxSegment());
            }
        }
        for (Who who : Who.values()) {
            FuzzPlan.Host h = who == Who.A ? a : b;
            int most = Math.min(segment * 200, h.chunk() * 400);
            left[who.ordinal()] = h.memory() > 0 ? Math.min(most, 10_000) : most;
        }
        wildness = r.nextInt(4);
    }

    List<FuzzStep> all() {
        var steps = new ArrayList<FuzzStep>();
        for (Who who : Who.values()) {
            if (r.nextInt(4) == 0) {
                steps.add(new FuzzStep.Read(0, who, r.nextInt(3) == 0 ? size(40_000) : 0));
            }
        }
        int n = 3 + r.nextInt(r.nextInt(3) == 0 ? 60 : 20);
        for (int i = 0; i < n; i++) {
            steps.add(one());
        }
        return steps;
    }

    private FuzzStep one() {
        Who who = r.nextBoolean() ? Who.A : Who.B;
        int kind = r.nextInt(wildness == 0 ? 60 : 100);
        if (kind < 38) {
            return write(who);
        }
        if (kind < 54) {
            return new FuzzStep.Read(after(), who, r.nextInt(3) == 0 ? -1 : r.nextInt(3) == 0 ? 0 : size(40_000));
        }
        if (kind < 60) {
            return new FuzzStep.Nothing(after());
        }
        if (kind < 70) {
            return option(who);
        }
        if (kind < 76) {
            return weather(who);
        }
        if (kind < 81) {
            return path(who);
        }
        if (kind < 87) {
            return stranger(who);
        }
        if (kind < 90) {
            return new FuzzStep.Jump(after(), jump());
        }
        if (kind < 92) {
            return new FuzzStep.Memory(after(), who, r.nextInt(3) == 0 ? 0 : 3000 + r.nextInt(60_000));
        }
        return ending(who);
    }

    private FuzzStep write(Who who) {
        int bytes = Math.min(r.nextInt(3) == 0 ? 1 + r.nextInt(100_000) : size(120_000), Math.max(1, left[who.ordinal()]));
        left[who.ordinal()] -= bytes;
        FuzzStep.Kind kind = wildness == 0 ? FuzzStep.Kind.PLAIN : switch (r.nextInt(12)) {
            case 0 -> FuzzStep.Kind.URGENT;
            case 1 -> FuzzStep.Kind.MORE;
            default -> FuzzStep.Kind.PLAIN;
        };
        return new FuzzStep.Write(after(), who, bytes, kind);
    }

    /// As many small ones as large.
    private int size(int most) {
        int bits = r.nextInt(1, 33 - Integer.numberOfLeadingZeros(most));
        return Math.min(most, 1 + r.nextInt(1 << bits));
    }

    private long after() {
        return switch (r.nextInt(12)) {
            case 0, 1, 2 -> 0;
            case 3, 4 -> r.nextLong(100_000);
            case 5, 6, 7 -> r.nextLong(40 * MS);
            case 8, 9 -> r.nextLong(SECOND);
            case 10 -> r.nextLong(20 * SECOND);
            default -> r.nextInt(4) == 0 ? r.nextLong(600 * SECOND) : 5 * MS;
        };
    }

    private long jump() {
        return switch (r.nextInt(4)) {
            case 0 -> r.nextLong(30 * DAY);
            case 1 -> r.nextLong(3600 * SECOND);
            default -> r.nextLong(3 * SECOND);
        };
    }

    private FuzzStep option(Who who) {
        FuzzStep.Setting setting = FuzzStep.Setting.values()[r.nextInt(FuzzStep.Setting.values().length)];
        long value = switch (setting) {
            case USER_TIMEOUT -> r.nextInt(3) * r.nextLong(200 * SECOND);
            case FIN_WAIT_2 -> r.nextInt(3) * r.nextLong(60 * SECOND);
            case RECEIVE_BUFFER, SEND_BUFFER -> 2048 + size(300_000);
            case NOT_SENT_LOWAT -> r.nextInt(3) * size(20_000);
            case ADVERTISED_USER_TIMEOUT -> r.nextInt(3) * r.nextInt(4000);
            default -> r.nextInt(2);
        };
        return new FuzzStep.Option(after(), who, setting, value);
    }

    private FuzzStep weather(Who who) {
        if (r.nextInt(3) == 0) {
            return new FuzzStep.Cut(after(), who, r.nextInt(4) == 0 ? r.nextLong(100 * SECOND) : r.nextLong(2 * SECOND));
        }
        return new FuzzStep.Change(after(), who, r.nextBoolean() ? Weather.FINE : Weather.of(r));
    }

    private FuzzStep path(Who who) {
        int least = v4 ? 576 : 1280;
        int mtu = r.nextInt(3) == 0 ? 9000 : least + r.nextInt(1500 - least);
        return r.nextInt(4) == 0 ? new FuzzStep.Path(after(), who, r.nextInt(3) == 0 ? 65535 : mtu)
                : new FuzzStep.Narrow(after(), who, mtu, r.nextInt(3) != 0, !v4 || r.nextInt(4) != 0);
    }

    private FuzzStep stranger(Who who) {
        if (r.nextInt(3) == 0) {
            IcmpError.Kind kind = IcmpError.Kind.values()[r.nextInt(IcmpError.Kind.values().length)];
            int mtu = kind != IcmpError.Kind.PACKET_TOO_BIG ? 0 : r.nextInt(3) == 0 ? r.nextInt(600) : r.nextInt(9000);
            return new FuzzStep.Icmp(after(), who, kind, r.nextInt(4) == 0 ? r.nextInt() : r.nextInt(3000) - 500, mtu);
        }
        FuzzStep.Forgery what = FuzzStep.Forgery.values()[r.nextInt(FuzzStep.Forgery.values().length)];
        return new FuzzStep.Forged(after(), who, what, 1 + r.nextInt(r.nextInt(4) == 0 ? 1 << 30 : 3000));
    }

    private FuzzStep ending(Who who) {
        return switch (r.nextInt(8)) {
            case 0 -> new FuzzStep.Ending(after(), who, FuzzStep.End.CLOSE);
            case 1 -> new FuzzStep.Ending(after(), who, FuzzStep.End.ABORT);
            case 2 -> new FuzzStep.Ending(after(), who, FuzzStep.End.SHUTDOWN_INPUT);
            case 3 -> new FuzzStep.Vanish(after(), who, r.nextBoolean());
            default -> new FuzzStep.Ending(after(), who, FuzzStep.End.SHUTDOWN_OUTPUT);
        };
    }
}
