package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.OptionValues;
import dev.millrace.spi.Clock;
import dev.millrace.spi.CongestionControl;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.spi.Counters;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.MemoryBudget;
import dev.millrace.spi.InternetProtocol;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Path;
import dev.millrace.spi.Timers;
import dev.millrace.spi.TransportContext;
import dev.millrace.spi.Waits;
import dev.millrace.tcp.engine.Reno;
import dev.millrace.testkit.VirtualTime;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What TCP sees of a stack, each call of which can be made to throw: the worst moments, one after another. Two of them
/// stand back to back; one thread does everything, in virtual time.
final class FaultyStack implements TransportContext {
    /// What a call throws whose turn it is.
    static final class Fault extends Error {
        private static final long serialVersionUID = 1;

        Fault(String call) {
            super(call);
        }
    }

    final TcpProtocol tcp;
    final List<Throwable> told = new ArrayList<>();
    final Set<Thread> unparked = new HashSet<>();
    /// Calls that could throw, and which of them do: from `failFrom` on, `failures` of them.
    int calls;
    int failFrom = Integer.MAX_VALUE;
    int failures = 1;
    String failed;
    /// What others do during the next call of a name.
    final Map<String, Runnable> during = new HashMap<>();
    /// The call whose next turn throws, wherever it comes, or `null`.
    String refused;
    boolean closing;
    /// What others do while a thread of the program is parked; afterwards it wakes.
    Runnable whileParked;
    /// Run inside the next call of a congestion control.
    Runnable insideEngine;
    /// Which packets the wire loses, counted from 0.
    Set<Integer> lost = Set.of();
    /// Which packets it marks as a congested router does, if they may be marked.
    Set<Integer> marked = Set.of();
    /// Which packets it delivers four milliseconds late.
    Set<Integer> late = Set.of();
    /// Takes each segment that goes out, with its TCP header in front, in the place of a peer; or `null`.
    Consumer<byte[]> onSend;
    /// The payloads that went out, in bytes, without those of length 0.
    final List<Integer> payloads = new ArrayList<>();

    private final IpAddress address;
    private final VirtualTime time;
    private final RandomGenerator random;
    private final Map<String, Map<String, Counters.Counter>> counters = new HashMap<>();
    private final FaultyTable<?>[] table = new FaultyTable<?>[1];
    private final Queue<Runnable> afterDelivery = new ArrayDeque<>();
    private boolean delivering;
    private int sentPackets;
    private long reserved;
    private FaultyStack peer;

    FaultyStack(String address, VirtualTime time, Map<String, String> options) {
        this.address = IpAddress.parse(address);
        this.time = time;
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(address.hashCode());
        var factory = new TcpProtocolFactory();
        tcp = new TcpProtocol(this, OptionValues.check("tcp", factory.options(), options));
    }

    static void join(FaultyStack a, FaultyStack b) {
        a.peer = b;
        b.peer = a;
    }

    IpAddress address() {
        return address;
    }

    /// A call that may be the one to throw.
    void pass(String call) {
        int n = calls++;
        Runnable others = during.remove(call);
        if (others != null) {
            others.run();
        }
        refuse(call);
        if (n >= failFrom && n - failFrom < failures) {
            failed = failed == null ? call : failed;
            throw new Fault(call);
        }
    }

    private void refuse(String call) {
        if (call.equals(refused)) {
            refused = null;
            throw new Fault(call);
        }
    }

    long reserved() {
        return reserved;
    }

    /// The next `n` packets that go out.
    Set<Integer> following(int n) {
        int next = sentPackets;
        return IntStream.range(next, next + n).boxed().collect(Collectors.toSet());
    }

    /// Delivers one packet as a link's reader does.
    private void deliver(Packet packet) {
        delivering = true;
        try {
            packet.holdFor(this);
            try {
                tcp.receive(packet);
            } catch (Throwable t) {
                failed("delivery", t);
                if (packet.isHeldBy(this)) {
                    packet.release();
                }
            }
            Runnable task;
            while ((task = afterDelivery.poll()) != null) {
                try {
                    task.run();
                } catch (Throwable t) {
                    failed("after-delivery", t);
                }
            }
        } finally {
            delivering = false;
        }
    }

    private final class Way implements Path {
        private final IpAddress remote;

        Way(IpAddress remote) {
            this.remote = remote;
        }

        @Override
        public IpAddress local() {
            return address;
        }

        @Override
        public IpAddress remote() {
            return remote;
        }

        @Override
        public int mtu() {
            return 1480;
        }

        @Override
        public int ipHeaderLength() {
            return 20;
        }

        @Override
        public int maxSuperSegment() {
            return 0;
        }

        @Override
        public boolean isCurrent() {
            pass("path.isCurrent");
            return true;
        }

        @Override
        public void send(PacketList packets, int trafficClass, int hopLimit) {
            pass("path.send");
            Packet p;
            while ((p = packets.poll()) != null) {
                byte[] bytes = p.toBytes();
                int mark = p.isEcnCapable() && marked.contains(sentPackets) ? 3 : 0;
                p.release();
                int payload = bytes.length - TcpHeader.headerLength(MemorySegment.ofArray(bytes), 0);
                if (payload > 0) {
                    payloads.add(payload);
                }
                int number = sentPackets++;
                if (lost.contains(number)) {
                    continue;
                }
                if (onSend != null) {
                    onSend.accept(bytes);
                    continue;
                }
                // A wire takes its time: the peer has the packet when the present call is long over.
                time.create(_ -> peer.deliver(received(bytes, mark)))
                        .set(time.nanoTime() + (late.contains(number) ? 5_000_000 : 1_000_000));
            }
        }

        private Packet received(byte[] bytes, int ecn) {
            Packet copy = Packet.copyOf(bytes);
            copy.setIpFacts(6, 64, ecn);
            copy.setAddresses(address.hi(), address.lo(), remote.hi(), remote.lo());
            copy.handOver(Packet.Checksumming.VOUCHED);
            return copy;
        }
    }

    // ---- the context

    @Override
    public String stackName() {
        return "faulty";
    }

    @Override
    public Clock clock() {
        return new Clock() {
            @Override
            public long nanoTime() {
                pass("clock");
                return time.nanoTime();
            }

            @Override
            public long epochNanos() {
                return time.epochNanos();
            }
        };
    }

    @Override
    public Timers timers() {
        return task -> {
            pass("timers.create");
            Timers.Timer timer = time.create(now -> {
                // As the stack does: what a timer throws ends with it.
                try {
                    task.run(now);
                } catch (Throwable t) {
                    failed("timer", t);
                }
            });
            return new Timers.Timer() {
                @Override
                public void set(long deadlineNs) {
                    pass("timer.set");
                    timer.set(deadlineNs);
                }

                @Override
                public void cancel() {
                    timer.cancel();
                    pass("timer.cancel");
                }
            };
        };
    }

    @Override
    public Waits waits() {
        return new Waits() {
            @Override
            public void park(Object blocker, long deadlineNs) {
                Runnable others = whileParked;
                if (others != null) {
                    whileParked = null;
                    others.run();
                    return;
                }
                throw new AssertionError("nobody can wait here");
            }

            @Override
            public void unpark(Thread thread) {
                // Without having woken it.
                refuse("unpark");
                unparked.add(thread);
                pass("unpark");
            }

            @Override
            public boolean lock(ReentrantLock lock, long deadlineNs) {
                throw new AssertionError("nobody can wait here");
            }

            @Override
            public boolean mayWait() {
                return false;
            }

            @Override
            public long spinNs() {
                return 0;
            }
        };
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public byte[] secret() {
        return new byte[16];
    }

    @Override
    public MemoryBudget memory() {
        return new MemoryBudget() {
            @Override
            public boolean tryReserve(long bytes) {
                pass("memory.tryReserve");
                reserved += bytes;
                return true;
            }

            @Override
            public void release(long bytes) {
                reserved -= bytes;
            }

            @Override
            public long reserved() {
                return reserved;
            }

            @Override
            public long limit() {
                return Long.MAX_VALUE;
            }
        };
    }

    @Override
    public Counters counters(String group) {
        return name -> counters.computeIfAbsent(group, _ -> new HashMap<>()).computeIfAbsent(name, _ -> {
            var n = new AtomicLong();
            return new Counters.Counter() {
                @Override
                public void add(long more) {
                    n.addAndGet(more);
                }

                @Override
                public long value() {
                    return n.get();
                }
            };
        });
    }

    @Override
    public void drop(Packet packet, DropReason reason) {
        packet.release();
    }

    @Override
    public void countDrop(DropReason reason) {
        // Nobody asks.
    }

    @Override
    public void afterDelivery(Runnable task) {
        pass("afterDelivery");
        if (delivering) {
            afterDelivery.add(task);
        } else {
            task.run();
        }
    }

    @Override
    public boolean isDelivering() {
        return delivering;
    }

    @Override
    public void failed(String where, Throwable failure) {
        told.add(failure);
    }

    @Override
    public boolean isClosing() {
        return closing;
    }

    @Override
    public Path path(IpAddress local, IpAddress remote) throws IOException {
        pass("path");
        return new Way(remote);
    }

    @Override
    public Path path(IpAddress local, IpAddress group, NicPort nic) {
        throw new AssertionError("TCP joins no groups");
    }

    @Override
    public NicPort groupNic(IpAddress group, String nic) {
        throw new AssertionError("TCP joins no groups");
    }

    @Override
    public void joinGroup(IpAddress group, NicPort nic) {
        throw new AssertionError("TCP joins no groups");
    }

    @Override
    public void leaveGroup(IpAddress group, NicPort nic) {
        throw new AssertionError("TCP joins no groups");
    }

    @Override
    public boolean canBind(IpAddress a) {
        return true;
    }

    @Override
    public boolean isBroadcast(IpAddress a) {
        return false;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <E> EndpointTable<E> newEndpointTable() {
        var t = new FaultyTable<E>(this);
        table[0] = t;
        return t;
    }

    /// The places that are taken.
    int places() {
        return table[0].size();
    }

    @Override
    public void reject(Packet packet, InternetProtocol.Rejection why) {
        packet.release();
    }

    @Override
    public CongestionControlFactory.Chosen congestionControl(String name) {
        return new CongestionControlFactory.Chosen() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public CongestionControl create(int mss, int initialWindow, long srttNs) {
                pass("congestion.create");
                return faulty(Reno.CHOSEN.create(mss, initialWindow, srttNs));
            }
        };
    }

    private CongestionControl faulty(CongestionControl inner) {
        return (CongestionControl) java.lang.reflect.Proxy.newProxyInstance(getClass().getClassLoader(),
                new Class<?>[] {CongestionControl.class}, (_, method, args) -> {
                    Runnable inside = insideEngine;
                    if (inside != null) {
                        insideEngine = null;
                        inside.run();
                    }
                    pass("congestion." + method.getName());
                    return method.invoke(inner, args);
                });
    }

}
