package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.spi.IcmpError;
import dev.millrace.tcp.engine.ConnectionOptions;
import dev.millrace.tcp.engine.ReceivedBytes;
import dev.millrace.tcp.engine.Segment;
import dev.millrace.tcp.engine.SynFacts;
import dev.millrace.tcp.engine.TcpConnection;
import dev.millrace.tcp.engine.TcpState;
import dev.millrace.tcp.engine.TcpState;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ObjLongConsumer;

/// The only way to a connection's engine: it alone has the lock, the inbox and the engine. Whoever has something for the
/// engine comes in through one of these methods, which run it and let the endpoint bring everything to rest
/// ([ConnectionEndpoint#settle]) before the lock is given back.
///
/// What throws inside ends this connection, with [ErrorCode#INTERNAL_FAILURE]: the lock is given back, the packets that
/// had come are counted, the program and the peer are told, and nobody else notices. What a program's own memory throws
/// (a closed arena, an array of another thread's confinement) is the program's, and nothing ends.
final class EngineGate {
    private final TcpProtocol protocol;
    private final ConnectionEndpoint endpoint;
    private final EngineLock lock = new EngineLock();
    private final Inbox inbox = new Inbox();

    // Guarded by lock.
    private final TcpConnection engine;
    private Lifecycle life = Lifecycle.NEW;
    private long timeNs;
    /// A failure that the engine does not know of, or `null`.
    private ErrorCode failure;
    private Throwable cause;
    private boolean resetTold;
    /// Whoever has the lock gives the connection up when the engine has come to rest: its end was asked for from inside it.
    private boolean doomed;

    EngineGate(ConnectionEndpoint endpoint, TcpConnection engine) {
        this.protocol = endpoint.protocol;
        this.endpoint = endpoint;
        this.engine = engine;
    }

    // ---- the lock

    /// Takes the lock from a program's thread; returns the stack's time.
    private long enter() {
        lock.enterFromOutside();
        return time();
    }

    /// As [#enter], for a call that ends the connection and comes once only: from inside the engine it is made good when that
    /// has come to rest.
    private long enterToEnd() {
        try {
            return enter();
        } catch (IllegalStateException e) {
            doomed = true;
            throw e;
        }
    }

    /// The stack's time, with the lock held; a clock that throws leaves it where it was.
    long time() {
        try {
            timeNs = protocol.ctx.clock().nanoTime();
        } catch (Throwable t) {
            protocol.ctx.failed("clock", t);
        }
        return timeNs;
    }

    /// Takes the lock back.
    void lock() {
        lock.enter();
    }

    boolean tryLock() {
        return lock.tryLock();
    }

    void unlock() {
        lock.unlock();
    }

    /// Gives the lock back after a look at the engine. Who delivered meanwhile, or asked for the end, found it taken and went:
    /// this thread has to see to that. Inside the engine whoever came in first does.
    private void leave() {
        if (isDoomed() && !lock.isInside()) {
            endpoint.settle(time());
            return;
        }
        lock.unlock();
        if (!inbox.isEmpty() && !lock.isHeldByCurrentThread() && lock.tryLock()) {
            endpoint.settle(time());
        }
    }

    // ---- inputs from the network

    /// Leaves a packet for the engine. Returns whether its owner must be told.
    boolean offer(Packet packet) {
        if (inbox.isFull()) {
            protocol.ctx.drop(packet, DropReason.RECEIVE_BUFFER_FULL);
            return false;
        }
        return inbox.add(packet);
    }

    boolean hasMail() {
        return !inbox.isEmpty();
    }

    void onTimer(long nowNs) {
        lock.lock();
        try {
            endpoint.timer.expired();
            if (!life.isDetached() && engine.nextDeadlineNs() - nowNs <= 0) {
                engine.onTimer(nowNs);
            }
        } catch (Throwable t) {
            fail(t);
        } finally {
            endpoint.settle(nowNs);
        }
    }

    void onIcmpError(IcmpError error, int quotedSequence) {
        long now = enter();
        try {
            if (!life.isDetached()) {
                int mtu = engine.onIcmpError(error, quotedSequence, now);
                if (mtu >= 0) {
                    // All of the stack that goes there is to know; settling renews our path.
                    endpoint.way.path().packetTooBig(mtu);
                }
            }
        } catch (Throwable t) {
            fail(t);
        } finally {
            endpoint.settle(now);
        }
    }

    /// Shows the engine what is in the inbox, with the lock held. Its data leaves after each segment, as the engine's
    /// contract wants; what only acknowledges waits for the end of the batch. Packets that came too late for this engine
    /// are returned, or `null`.
    PacketList feed(Outbox outbox, int most, long nowNs) {
        if (inbox.isEmpty()) {
            return null;
        }
        PacketList late = null;
        TcpProtocol.Scratch scratch = protocol.scratch();
        PacketList batch = scratch.packets;
        Packet packet = null;
        // A segment of this batch has ended the connection: what is behind it, a SYN perhaps, is for who comes after.
        boolean over = false;
        inbox.drainTo(batch);
        try {
            while ((packet = batch.poll()) != null) {
                if (over || life.isDetached()) {
                    if (late == null) {
                        late = new PacketList();
                    }
                    late.add(packet);
                    continue;
                }
                scratch.segment.parse(packet);
                DropReason dropped = engine.onSegment(scratch.segment, nowNs);
                over = engine.state() == TcpState.CLOSED;
                Packet used = packet;
                packet = null;
                if (dropped == null) {
                    used.release();
                } else {
                    protocol.ctx.drop(used, dropped);
                }
                Packet data;
                while (outbox.size() < most && (data = engine.pollData(nowNs)) != null) {
                    outbox.add(data);
                }
            }
            if (!over && !life.isDetached()) {
                engine.onBatchEnd(nowNs);
            }
            return late;
        } catch (Throwable t) {
            if (packet != null) {
                batch.add(packet);
            }
            if (late != null) {
                batch.addAll(late);
            }
            while ((packet = batch.poll()) != null) {
                protocol.ctx.drop(packet, DropReason.FAILURE);
            }
            throw t;
        }
    }

    // ---- opening: the engine is under way before anybody else knows of the connection, and says nothing until it is known

    /// Begins with a SYN, the program's or a peer's.
    void begin(ObjLongConsumer<TcpConnection> opening) {
        long now = enter();
        try {
            opening.accept(engine, now);
            life = life.published();
        } finally {
            lock.unlock();
        }
    }

    /// Goes on where a half-open record has come to, with the segment that completes the handshake; nothing is sent yet.
    /// Returns whether the connection stands.
    boolean resume(SynFacts syn, long sentNs, boolean lost, Segment ack) {
        long now = enter();
        try {
            engine.resumePassive(syn, sentNs, lost, now);
            engine.onSegment(ack, now);
            life = life.published();
            return engine.state().isSynchronized();
        } finally {
            lock.unlock();
        }
    }

    /// Gives back what a connection that never came to be has taken; its place is the caller's affair.
    void abandon() {
        lock.lock();
        try {
            release();
        } finally {
            lock.unlock();
        }
    }

    /// The connection stands in the endpoint table: what it has to say goes out.
    void publish() {
        endpoint.settle(enter());
    }

    // ---- what programs ask for

    /// Copies from `src` and returns how many bytes were taken; 0 if there is no room.
    int write(MemorySegment src, long offset, int length, WriteKind kind) throws IOException {
        long now = enter();
        try {
            checkWritable();
            engine.moreToCome(kind == WriteKind.MORE);
            return kind == WriteKind.URGENT ? engine.writeUrgent(src, offset, length, now) : engine.write(src, offset, length, now);
        } catch (IOException | IllegalStateException | WrongThreadException | IndexOutOfBoundsException e) {
            // Of the program's making: `src` cannot be read, and none of it was taken.
            throw e;
        } catch (Throwable t) {
            fail(t);
            throw Failures.onWrite(failure, cause, false);
        } finally {
            endpoint.settle(now);
        }
    }

    private void checkWritable() throws IOException {
        ErrorCode why = failureLocked();
        if (why != null) {
            // Behind the peer's FIN a reset is what a closed peer answers: a kernel says EPIPE at once.
            throw Failures.onWrite(why, cause, resetWasTold() | engine.peerHasEnded());
        }
        if (engine.outputShut()) {
            throw Failures.outputShut();
        }
    }

    /// Whether a program has been told that the connection was reset; from the second time on it hears of a broken pipe.
    private boolean resetWasTold() {
        boolean before = resetTold;
        resetTold |= failureLocked() == ErrorCode.CONNECTION_RESET;
        return before;
    }

    /// Moves up to `max` bytes of received data to `out` and returns how many; 0 if there are none yet, -1 at the end.
    int read(ReceivedBytes out, int max) throws IOException {
        long now = enter();
        try {
            int n = life == Lifecycle.RELEASED ? -1 : engine.read(out, max, now);
            ErrorCode why = n > 0 ? null : failureLocked();
            // Behind the peer's FIN there is the end of the stream, whatever the peer sent after it, as in a kernel.
            if (why != null && !(n < 0 && failure == null)) {
                resetWasTold();
                throw Failures.onRead(why, cause);
            }
            return n;
        } catch (IOException e) {
            throw e;
        } catch (Throwable t) {
            fail(t);
            throw Failures.onRead(failure, cause);
        } finally {
            endpoint.settle(now);
        }
    }

    int available() {
        lock.lock();
        try {
            return life == Lifecycle.RELEASED ? 0 : engine.available();
        } finally {
            leave();
        }
    }

    void shutdownInput() {
        long now = enter();
        try {
            if (life != Lifecycle.RELEASED) {
                engine.shutdownInput(now);
            }
        } catch (Throwable t) {
            fail(t);
        } finally {
            endpoint.settle(now);
        }
    }

    void shutdownOutput() {
        long now = enter();
        try {
            if (!life.isDetached()) {
                engine.shutdownOutput(now);
            }
        } catch (Throwable t) {
            fail(t);
        } finally {
            endpoint.settle(now);
        }
    }

    /// The program is done with the connection; it ends by itself from here.
    void close() {
        long now = enterToEnd();
        try {
            if (life != Lifecycle.RELEASED) {
                engine.close(now);
            }
        } catch (Throwable t) {
            fail(t);
        } finally {
            life = life.letGo();
            endpoint.settle(now);
        }
    }

    /// The program throws the connection away.
    void abort() {
        abort(enterToEnd());
    }

    private void abort(long nowNs) {
        try {
            if (!life.isDetached()) {
                engine.abort(nowNs);
            }
        } catch (Throwable t) {
            fail(t);
        } finally {
            life = life.letGo();
            endpoint.settle(nowNs);
        }
    }

    /// The stack closes, and nothing of the connection stays. As with a kernel whose process ends, the peer of a connection
    /// that has nothing left to read or to say reads the end of the stream; with the reset that follows it hears that
    /// nobody is here any more. Who calls from inside the engine, as only a congestion control that closes its stack does,
    /// comes back before that.
    void endWithStack() {
        lock.enter();
        doomed = true;
        if (lock.isInside()) {
            failure = ErrorCode.STACK_CLOSED;
            lock.unlock();
            return;
        }
        long now = time();
        try {
            // A SYN that waits for data is not sent to say that there will be none.
            if (!life.isDetached() && engine.available() == 0 && engine.unsentOrUnacked() == 0 && engine.state() != TcpState.SYN_SENT) {
                engine.close(now);
                endpoint.collectSegments(now);
            }
        } catch (Throwable t) {
            fail(t);
        }
        failure = ErrorCode.STACK_CLOSED;
        abort(now);
    }

    /// Asks the engine something under the lock. A congestion control that is asked in turn may have closed the stack.
    <T> T inspect(Function<TcpConnection, T> question) {
        lock.lock();
        try {
            return question.apply(engine);
        } finally {
            leave();
        }
    }

    /// Changes options under the lock and lets the engine act on them.
    void changeOptions(Consumer<ConnectionOptions> change) {
        long now = enter();
        try {
            // A value out of its range is the program's mistake.
            change.accept(engine.ownOptions());
            try {
                if (!life.isDetached()) {
                    engine.optionsChanged(now);
                }
            } catch (Throwable t) {
                fail(t);
            }
        } finally {
            endpoint.settle(now);
        }
    }

    /// Why the connection failed, or `null`.
    ErrorCode failure() {
        lock.lock();
        try {
            return failureLocked();
        } finally {
            leave();
        }
    }

    ErrorCode failureLocked() {
        return failure != null ? failure : engine.error();
    }

    // ---- for the endpoint, with the lock held

    TcpConnection engine() {
        assert lock.isHeldByCurrentThread();
        return engine;
    }

    Lifecycle life() {
        return life;
    }

    /// Whether the connection is to be given up now.
    boolean isDoomed() {
        return doomed && life != Lifecycle.RELEASED;
    }

    /// The engine has come to its end.
    void engineEnded() {
        life = life.ended();
    }

    /// Ends the connection for what was thrown inside. The engine is not trusted any more: but for its numbers and its
    /// memory it is not asked again.
    void fail(Throwable thrown) {
        protocol.ctx.failed("connection-engine", thrown);
        if (failure == null) {
            failure = ErrorCode.INTERNAL_FAILURE;
            cause = thrown;
        }
        endpoint.discard();
    }

    /// Gives the engine's memory and the packets back, as far as that can be done.
    void release() {
        life = Lifecycle.RELEASED;
        try {
            engine.release();
        } catch (Throwable t) {
            protocol.ctx.failed("connection-memory", t);
        }
        Packet packet;
        while ((packet = inbox.poll()) != null) {
            protocol.ctx.drop(packet, DropReason.CLOSED);
        }
    }

    /// What waiting threads are to know now.
    ///
    /// @param before what they knew
    int status(int before) {
        return EngineStatus.of(engine, life, failureLocked(), before);
    }
}
