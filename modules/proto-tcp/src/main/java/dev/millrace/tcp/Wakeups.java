package dev.millrace.tcp;

import dev.millrace.Readiness;
import dev.millrace.spi.ReadinessSignal;
import dev.millrace.tcp.engine.TcpState;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Who is to hear of a connection's news: one thread in each role, and the program's callback. Readiness is published under
/// the endpoint's gate and told without it.
final class Wakeups {
    /// A read would find data, the end of the stream or an error.
    static final int READABLE = 1;
    /// A write would find room or an error.
    static final int WRITABLE = 2;
    /// The connection stands or stood.
    static final int CONNECTED = 4;
    /// The connection has failed: [EngineGate#failure()] says why.
    static final int FAILED = 8;
    /// Nothing is left to be sent or acknowledged, and the engine needs no more segments.
    static final int FINISHED = 16;

    /// The peer has urgent data, or more of it; never part of the status.
    static final int URGENT = 64;

    /// Something changed since readiness was last told.
    private static final int NEWS = 32;
    /// Those above that wake somebody.
    private static final int WAKING = READABLE | WRITABLE | CONNECTED | FAILED | FINISHED;

    // What wakes nobody, but is seen without the gate's lock: the connection's state and its recovery's phase.
    private static final int STATE_SHIFT = 8;
    private static final int STATE_MASK = 0xf;
    private static final int PHASE_SHIFT = 12;
    private static final int PHASE_MASK = 0x3;
    private static final TcpState[] STATES = TcpState.values();

    private static final VarHandle READER = role("reader");
    private static final VarHandle WRITER = role("writer");
    private static final VarHandle CONNECTOR = role("connector");
    private static final VarHandle CLOSER = role("closer");

    private volatile int status;
    // A thread puts itself there, looks at the status, and parks. Whoever takes it out owes it a wake-up: so each step on
    // these is atomic, and none can take out a thread that came in the meantime without seeing it.
    private volatile Thread reader;
    private volatile Thread writer;
    private volatile Thread connector;
    private volatile Thread closer;
    private volatile ReadinessSignal callback;
    private volatile ReadinessSignal urgentCallback;

    /// What a thread waits for. Each role has one thread at a time.
    enum Role {
        READS, WRITES,
        /// For the connection to stand.
        CONNECTS,
        /// For everything to be sent and acknowledged.
        CLOSES
    }

    private static VarHandle role(String field) {
        try {
            return MethodHandles.lookup().findVarHandle(Wakeups.class, field, Thread.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// The calling thread is about to wait; whoever has news from now on wakes it, once.
    void register(Role role, Thread self) {
        switch (role) {
            case READS -> reader = self;
            case WRITES -> writer = self;
            case CONNECTS -> connector = self;
            case CLOSES -> closer = self;
        }
    }

    /// The calling thread waits no more.
    void withdraw(Role role, Thread self) {
        // Handles are fast as constants only.
        switch (role) {
            case READS -> READER.compareAndSet(this, self, null);
            case WRITES -> WRITER.compareAndSet(this, self, null);
            case CONNECTS -> CONNECTOR.compareAndSet(this, self, null);
            case CLOSES -> CLOSER.compareAndSet(this, self, null);
        }
    }

    /// The present bits.
    int status() {
        return status;
    }

    /// The bits of a state and a phase of recovery.
    static int bits(TcpState state, int phase) {
        return state.ordinal() << STATE_SHIFT | phase << PHASE_SHIFT;
    }

    /// The state in these bits.
    static TcpState state(int bits) {
        return STATES[bits >> STATE_SHIFT & STATE_MASK];
    }

    /// The phase of recovery in these bits.
    static int phase(int bits) {
        return bits >> PHASE_SHIFT & PHASE_MASK;
    }

    /// The state that the connection came to rest in last.
    TcpState state() {
        return state(status);
    }

    boolean is(int bits) {
        return (status & bits) != 0;
    }

    /// Sets the present bits, with the gate's lock held, and returns those that are set now and were not, or stay worth a
    /// wake-up.
    ///
    /// @param moreData whether data has come, though there may have been some before
    int publish(int now, boolean moreData) {
        int before = status;
        if (now != before) {
            status = now;
        }
        int news = (now & ~before & WAKING) != 0 || moreData ? NEWS : 0;
        return now & WAKING & (~before | READABLE | WRITABLE) | news;
    }

    /// Wakes whom these bits concern; a thread that finds nothing registers again. One that cannot be woken keeps no other
    /// from it.
    void wake(int bits, TcpProtocol protocol) {
        if ((bits & (READABLE | FAILED)) != 0 && reader != null) {
            wake(READER, protocol);
        }
        if ((bits & (WRITABLE | FAILED)) != 0 && writer != null) {
            wake(WRITER, protocol);
        }
        if ((bits & (CONNECTED | FAILED)) != 0 && connector != null) {
            wake(CONNECTOR, protocol);
        }
        if ((bits & (FINISHED | FAILED)) != 0 && closer != null) {
            wake(CLOSER, protocol);
        }
        if ((bits & (FINISHED | FAILED)) != 0) {
            tellDrain(protocol);
        }
        if ((bits & URGENT) != 0) {
            tellUrgent();
        }
        if ((bits & NEWS) != 0) {
            tell();
        }
    }

    private void wake(VarHandle slot, TcpProtocol protocol) {
        Thread t = (Thread) slot.getAndSet(this, null);
        if (t == null) {
            return;
        }
        try {
            protocol.ctx.waits().unpark(t);
        } catch (Throwable failure) {
            // Back to where the next news finds it.
            slot.compareAndSet(this, null, t);
            protocol.ctx.failed("wake-up", failure);
        }
    }

    private static void tellDrain(TcpProtocol protocol) {
        try {
            protocol.drain.news();
        } catch (Throwable failure) {
            // It looks again when its patience is over.
            protocol.ctx.failed("wake-up", failure);
        }
    }

    /// Wakes all threads, so that they look again.
    void wakeAll(TcpProtocol protocol) {
        wake(READABLE | WRITABLE | CONNECTED | FINISHED, protocol);
    }

    /// @param present the socket's readiness, which knows of more than these bits
    void onReady(Supplier<Readiness> present, Consumer<Readiness> listener, TcpProtocol protocol) {
        callback = listener == null ? null : protocol.signal(present, listener);
        if (is(READABLE | WRITABLE | FAILED)) {
            tell();
        }
    }

    /// Tells the program its present readiness, whether it is news or not.
    void tell() {
        ReadinessSignal c = callback;
        if (c != null) {
            c.signal();
        }
    }

    void onUrgent(Supplier<Readiness> present, Runnable listener, TcpProtocol protocol) {
        urgentCallback = listener == null ? null : protocol.signal(present, _ -> listener.run());
    }

    /// Tells the program of urgent data.
    void tellUrgent() {
        ReadinessSignal c = urgentCallback;
        if (c != null) {
            c.signal();
        }
    }

    Readiness readiness() {
        int s = status;
        return Readiness.of((s & READABLE) != 0, (s & WRITABLE) != 0, (s & FAILED) != 0);
    }
}
