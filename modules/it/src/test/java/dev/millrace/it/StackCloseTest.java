package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.spi.Link.Medium;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What becomes of bytes that a program has written when it closes its socket, and right after that its stack.
@Timeout(60)
class StackCloseTest {
    private static final byte[] LETTER = new byte[600_000];

    static {
        new Random(5).nextBytes(LETTER);
    }

    private final Vnic near = new Vnic(1500);
    private final Vnic far = new Vnic(1500);
    private LeakCheck leaks;
    private Stack receiver;
    private TcpListener listener;

    @BeforeEach
    void open() throws IOException {
        leaks = new LeakCheck();
        Vnic.connect(near, far);
        receiver = Stack.builder().name("receiver").nic("nic", far, n -> n.address("10.9.0.2/24"))
                .option("tcp", "receive-buffer", "32KiB").open();
        listener = receiver.tcp().listen(new InetSocketAddress(80), 10);
    }

    @AfterEach
    void close() {
        receiver.close();
        leaks.close();
    }

    private Stack sender(String closeTimeout) throws IOException {
        return Stack.builder().name("sender").nic("nic", near, n -> n.address("10.9.0.1/24"))
                .option("stack", "close-timeout", closeTimeout).open();
    }

    /// Writes all of the letter, far more than its reader has room for, and closes.
    private TcpSocket written(Stack sender) throws IOException {
        TcpSocket s = sender.tcp().open();
        s.setOption(StandardSocketOptions.SO_SNDBUF, 1 << 20);
        s.connect(new InetSocketAddress("10.9.0.2", 80), Duration.ofSeconds(10));
        s.write(LETTER, 0, LETTER.length);
        return s;
    }

    /// Somebody closes it on another thread, and waits.
    private static CompletableFuture<Void> closing(AutoCloseable what) throws InterruptedException {
        return Lab.blocked(() -> {
            what.close();
            return null;
        });
    }

    private void readIt() throws IOException {
        try (TcpSocket s = listener.accept()) {
            assertArrayEquals(LETTER, s.inputStream().readAllBytes());
        }
    }

    @Test
    void itArrives() throws Exception {
        Stack sender = sender("1m");
        written(sender).close();
        CompletableFuture<Void> closing = closing(sender);
        readIt();
        Lab.within(closing);
    }

    /// Who lingers as well is not kept from his own news.
    @Test
    void itArrivesFromSocketsThatLinger() throws Exception {
        Stack sender = sender("1m");
        TcpSocket socket = written(sender);
        socket.setOption(StandardSocketOptions.SO_LINGER, 50);
        CompletableFuture<Void> lingering = closing(socket);
        CompletableFuture<Void> closing = closing(sender);
        readIt();
        Lab.within(lingering);
        Lab.within(closing);
    }

    @Test
    void aPeerThatDoesNotReadHoldsItForALimitedTime() throws Exception {
        Stack sender = sender("20ms");
        try (TcpSocket socket = written(sender); TcpSocket s = listener.accept()) {
            socket.close();
            sender.close();
            IOException e = assertThrows(IOException.class, () -> s.inputStream().readAllBytes());
            assertEquals(ErrorCode.CONNECTION_RESET, ErrorCode.of(e).orElseThrow());
        }
    }

    /// As a machine that is switched off: for those who want that.
    @Test
    void zeroWaitsForNobody() throws Exception {
        Stack sender = sender("0");
        written(sender).close();
        sender.close();
        try (TcpSocket s = listener.accept()) {
            assertThrows(IOException.class, () -> s.inputStream().readAllBytes());
        }
    }

    /// Nothing of it is lost yet, but nobody waits for a peer that may read for hours.
    @Test
    void socketsThatAreOpenAreNotWaitedFor() throws Exception {
        Stack sender = sender("1h");
        try (TcpSocket _ = written(sender)) {
            sender.close();
        }
    }

    @Test
    void whoIsInterruptedDoesNotWait() throws Exception {
        Stack sender = sender("1h");
        written(sender).close();
        Thread closer = Thread.ofVirtual().unstarted(sender::close);
        var kept = new AtomicBoolean();
        Thread t = Thread.startVirtualThread(() -> {
            sender.close();
            kept.set(Thread.currentThread().isInterrupted());
        });
        Lab.awaitWaiting(t);
        closer.start();
        Lab.awaitWaiting(closer);
        t.interrupt();
        t.join();
        closer.join();
        assertTrue(kept.get());
    }

    /// The acknowledgements would come on this very thread.
    @Test
    void aCallbackDoesNotWait() throws Exception {
        Stack sender = sender("1h");
        var closed = new CompletableFuture<Void>();
        TcpSocket bell = sender.tcp().open();
        bell.connect(new InetSocketAddress("10.9.0.2", 80), Duration.ofSeconds(10));
        try (TcpSocket rope = listener.accept()) {
            written(sender).close();
            bell.onReady(ready -> {
                if (ready.readable()) {
                    sender.close();
                    closed.complete(null);
                }
            });
            rope.write(new byte[1], 0, 1);
            Lab.within(closed);
        }
    }

    /// The first datagram to a neighbour waits for the neighbour's answer, which comes late here.
    @Test
    void aDatagramThatWaitsForItsNeighbourArrives() throws Exception {
        var a = new Vnic(Medium.ETHERNET, 1500, true);
        var b = new Vnic(Medium.ETHERNET, 1500, true);
        var onTheWay = new LinkedBlockingQueue<byte[]>();
        a.onTransmit(onTheWay::add);
        b.onTransmit(a::inject);
        try (Stack there = Stack.builder().name("there").nic("nic", b, n -> n.address("10.8.0.2/24")).open();
                UdpSocket in = there.udp().bind(9)) {
            Stack here = Stack.builder().name("here").nic("nic", a, n -> n.address("10.8.0.1/24")).option("stack", "close-timeout", "1m")
                    .open();
            try (UdpSocket out = here.udp().bind(0)) {
                out.send(ByteBuffer.wrap(LETTER, 0, 100), new InetSocketAddress("10.8.0.2", 9));
            }
            CompletableFuture<Void> closing = closing(here);
            // The question, whose answer lets the datagram go.
            UdpSocket.Datagram got = null;
            for (byte[] frame; got == null && (frame = onTheWay.poll(10, TimeUnit.SECONDS)) != null;) {
                b.inject(frame);
                got = in.tryReceiveDatagram(ByteBuffer.allocate(200));
            }
            assertEquals(100, got == null ? 0 : got.length());
            Lab.within(closing);
        }
    }

    /// Nobody answers for the address: it is not waited for longer than the neighbour is asked, nor than the stack may.
    @Test
    void aDatagramToNobodyHoldsItForALimitedTime() throws Exception {
        Stack here = Stack.builder().name("here").nic("nic", new Vnic(Medium.ETHERNET, 1500, true), n -> n.address("10.8.0.1/24"))
                .option("stack", "close-timeout", "30ms").open();
        try (UdpSocket out = here.udp().bind(0)) {
            out.send(ByteBuffer.wrap(LETTER, 0, 100), new InetSocketAddress("10.8.0.2", 9));
        }
        here.close();
    }

    @Test
    void aStackThatIsSteppedDoesNotWait() throws Exception {
        ManualStack stepped = Stack.builder().name("stepped").nic("nic", near, n -> n.address("10.9.0.1/24"))
                .option("stack", "close-timeout", "1h").manual(7);
        TcpSocket s = stepped.tcp().open();
        s.startConnect(new InetSocketAddress("10.9.0.2", 80));
        while (!s.finishConnect()) {
            stepped.step(stepped.nowNs());
        }
        s.write(LETTER, 0, 100_000);
        s.close();
        stepped.close();
    }
}
