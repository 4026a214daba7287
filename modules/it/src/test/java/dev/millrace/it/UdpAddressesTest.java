package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.UdpOptions;
import dev.millrace.UdpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.testkit.Requirement;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which of several addresses a datagram was sent to, from which one the answer comes, and how large it may be.
class UdpAddressesTest {
    private static final long MINUTE = 60_000_000_000L;

    private final Vnic wire = new Vnic(1500);
    private final List<byte[]> sent = new ArrayList<>();
    private ManualStack stack;

    @BeforeEach
    void open() throws IOException {
        wire.onTransmit(sent::add);
        stack = stack();
    }

    private ManualStack stack() throws IOException {
        return Stack.builder().nic("n", wire, n -> n.address("10.9.0.2/24").address("10.9.0.3/24").address("fd09::2/64")
                .address("fd09::3/64")).manual(1);
    }

    @AfterEach
    void close() {
        stack.close();
    }

    private static ByteBuffer bytes(int length) {
        return ByteBuffer.allocate(length);
    }

    private static InetAddress address(String text) throws IOException {
        return InetAddress.getByName(text);
    }

    private InetAddress lastSource() throws IOException {
        byte[] p = sent.getLast();
        return InetAddress.getByAddress(p[0] >>> 4 == 4 ? Arrays.copyOfRange(p, 12, 16) : Arrays.copyOfRange(p, 8, 24));
    }

    @Requirement("RFC1122:4.1.3.5")
    @ParameterizedTest
    @CsvSource({"10.9.0.1,10.9.0.2", "10.9.0.1,10.9.0.3", "fd09::1,fd09::2", "fd09::1,fd09::3"})
    void aServerOnAllAddressesAnswersFromTheOneThatWasAsked(String client, String asked) throws Exception {
        try (UdpSocket server = stack.udp().bind(53)) {
            wire.inject(PacketBuilder.between(client, asked).udp(4000, 53, new byte[7]));
            InetSocketAddress from = server.tryReceive(bytes(100));
            assertEquals(new InetSocketAddress(client, 4000), from);
            server.send(bytes(1), from);
            assertEquals(address(asked), lastSource());
            // An address that only looks the same says nothing: the stack chooses.
            server.send(bytes(1), new InetSocketAddress(client, 4000));
            assertEquals(address(client.startsWith("fd") ? "fd09::2" : "10.9.0.2"), lastSource());
        }
    }

    @Test
    void oneClientThatAsksTwoAddressesIsAnsweredFromBoth() throws Exception {
        try (UdpSocket server = stack.udp().bind(53)) {
            wire.inject(PacketBuilder.between("10.9.0.1", "10.9.0.3").udp(4000, 53, new byte[7]));
            wire.inject(PacketBuilder.between("10.9.0.1", "10.9.0.2").udp(4000, 53, new byte[7]));
            InetSocketAddress first = server.tryReceive(bytes(100));
            InetSocketAddress second = server.tryReceive(bytes(100));
            assertEquals(first, second);
            server.send(bytes(1), first);
            assertEquals(address("10.9.0.3"), lastSource());
            server.send(bytes(1), second);
            assertEquals(address("10.9.0.2"), lastSource());
        }
    }

    @Test
    void aDatagramTellsWhomItAskedAndHowLongItWas() throws Exception {
        try (UdpSocket server = stack.udp().bind(53)) {
            assertNull(server.tryReceiveDatagram(bytes(100)));
            wire.inject(PacketBuilder.between("10.9.0.1", "10.9.0.3").udp(4000, 53, new byte[70]));
            ByteBuffer shorter = bytes(50);
            UdpSocket.Datagram d = server.receiveDatagram(shorter);
            assertEquals(50, shorter.position());
            assertEquals(new UdpSocket.Datagram(new InetSocketAddress("10.9.0.1", 4000), address("10.9.0.3"), 70), d);
            server.send(bytes(1), new InetSocketAddress("10.9.0.1", 9), d.local());
            assertEquals(address("10.9.0.3"), lastSource());
        }
    }

    @Test
    void whatWasSentToAllIsAnsweredFromAnAddressOfTheStack() throws Exception {
        try (UdpSocket server = stack.udp().bind(53)) {
            wire.inject(PacketBuilder.between("10.9.0.1", "10.9.0.255").udp(4000, 53, new byte[7]));
            UdpSocket.Datagram d = server.tryReceiveDatagram(bytes(100));
            assertEquals(address("10.9.0.255"), d.local());
            server.send(bytes(1), d.sender());
            assertEquals(address("10.9.0.2"), lastSource());
            server.send(bytes(1), d.sender(), d.local());
            assertEquals(address("10.9.0.2"), lastSource());
        }
    }

    @Test
    void theSourceMustBeOursAndAConnectedSocketKeepsItsOwn() throws Exception {
        var to = new InetSocketAddress("10.9.0.1", 9);
        try (UdpSocket any = stack.udp().bind(0); UdpSocket one = stack.udp().bind(new InetSocketAddress("10.9.0.3", 0));
                UdpSocket connected = stack.udp().connect(to)) {
            assertThrows(BindException.class, () -> any.send(bytes(1), to, address("10.9.0.9")));
            assertThrows(BindException.class, () -> any.send(bytes(1), to, address("fd09::2")));
            one.send(bytes(1), to, address("10.9.0.2"));
            assertEquals(address("10.9.0.2"), lastSource());
            one.send(bytes(1), to);
            assertEquals(address("10.9.0.3"), lastSource());
            connected.send(bytes(1), null, address("10.9.0.2"));
            assertEquals(address("10.9.0.2"), lastSource());
            assertThrows(IllegalArgumentException.class, () -> connected.send(bytes(1), null, address("10.9.0.3")));
        }
    }

    @Test
    void anAddressFromAnotherSocketDoesNotForceThisOne() throws Exception {
        try (UdpSocket any = stack.udp().bind(53); UdpSocket one = stack.udp().bind(new InetSocketAddress("10.9.0.3", 54));
                UdpSocket connected = stack.udp().bind(55)) {
            wire.inject(PacketBuilder.between("10.9.0.1", "10.9.0.2").udp(4000, 53, new byte[7]));
            InetSocketAddress from = any.tryReceive(bytes(100));
            one.send(bytes(1), from);
            assertEquals(address("10.9.0.3"), lastSource());
            wire.inject(PacketBuilder.between("10.9.0.1", "10.9.0.3").udp(4000, 53, new byte[7]));
            from = any.tryReceive(bytes(100));
            connected.connect(from);
            connected.send(bytes(1), from);
            assertEquals(address("10.9.0.2"), lastSource());
        }
    }

    @Test
    void connectingAgainLeadsToTheNewPortAndAFailureLeavesTheOldPeer() throws Exception {
        try (UdpSocket s = stack.udp().bind(6000)) {
            s.connect(new InetSocketAddress("10.9.0.1", 1));
            s.connect(new InetSocketAddress("10.9.0.1", 1));
            s.connect(new InetSocketAddress("10.9.0.1", 2));
            s.send(bytes(1), null);
            assertEquals(2, sent.getLast()[23]);
            assertThrows(IOException.class, () -> s.connect(new InetSocketAddress("192.0.2.1", 2)));
            assertEquals(new InetSocketAddress("10.9.0.1", 2), s.remoteAddress());
            s.disconnect();
            assertEquals(1, stack.udp().socketCount());
        }
        assertEquals(0, stack.udp().socketCount());
    }

    // ---- datagrams that are too big for the path

    /// A router's message about the last packet that was sent.
    private byte[] tooBig(int mtu) {
        byte[] about = sent.getLast();
        byte[] quote = Arrays.copyOf(about, Math.min(about.length, 100));
        return about[0] >>> 4 == 4 ? PacketBuilder.between("10.9.0.254", "10.9.0.2").icmp(3, 4, mtu, quote)
                : PacketBuilder.between("fd09::fe", "fd09::2").icmp(2, 0, mtu, quote);
    }

    @ParameterizedTest
    @CsvSource({"true,true", "true,false", "false,true", "false,false"})
    void whatRoutersDoNotTakeOverIpv6IsCutOrRefusedInsteadOfVanishing(boolean connected, boolean whole) throws Exception {
        var far = new InetSocketAddress("fd09::1", 9);
        try (UdpSocket s = stack.udp().bind(6000)) {
            s.setOption(UdpOptions.DONT_FRAGMENT, whole);
            if (connected) {
                s.connect(far);
            }
            s.send(bytes(1400), far);
            assertEquals(1448, sent.getLast().length);
            wire.inject(tooBig(1300));
            if (connected) {
                // A kernel tells a connected socket at once that a datagram was lost.
                var e = assertThrows(SocketException.class, () -> s.tryReceive(bytes(1)));
                assertEquals("Message too long", e.getMessage());
            }
            assertNull(s.tryReceive(bytes(1)));
            if (connected) {
                assertEquals(1300, s.getOption(UdpOptions.PATH_MTU));
            }
            sent.clear();
            if (whole) {
                var e = assertThrows(SocketException.class, () -> s.send(bytes(1300 - 47), far));
                assertEquals(ErrorCode.MESSAGE_TOO_LONG, ErrorCode.of(e).orElseThrow());
                assertEquals(0, sent.size());
            } else {
                s.send(bytes(1300 - 47), far);
                assertEquals(List.of(1296, 48 + 13), sent.stream().map(p -> p.length).toList());
            }
            s.send(bytes(1300 - 48), far);
            assertEquals(1300, sent.getLast().length);
            s.send(bytes(10), null == s.remoteAddress() ? new InetSocketAddress("fd09::7", 9) : null);
            // The path may have become wider meanwhile (RFC 8201 §4).
            stack.step(10 * MINUTE);
            s.send(bytes(1400), far);
            assertEquals(1448, sent.getLast().length);
        }
    }

    @Test
    void messagesAboutDatagramsThatNobodySentAreNotBelieved() throws Exception {
        var far = new InetSocketAddress("fd09::1", 9);
        try (UdpSocket s = stack.udp().bind(6000)) {
            s.connect(new InetSocketAddress("fd09::7", 9));
            s.send(bytes(1400), null);
            byte[] forged = tooBig(1300);
            // The quoted destination becomes fd09::1, to whom this connected socket never sends.
            forged[48 + 39] = 1;
            forged = PacketBuilder.between("fd09::fe", "fd09::2").icmp(2, 0, 1300, Arrays.copyOfRange(forged, 48, forged.length));
            wire.inject(forged);
            assertNull(s.tryReceive(bytes(1)));
            try (UdpSocket other = stack.udp().bind(6001)) {
                other.send(bytes(1400), far);
                assertEquals(1448, sent.getLast().length);
                byte[] last = sent.getLast();
                last[41] = 99;
                wire.inject(tooBig(1300));
                other.send(bytes(1400), far);
            }
        }
    }

    /// A socket that is free to send to anybody vouches for those only to whom it has sent what may be too large, or a
    /// stranger could narrow our paths to all hosts, TCP's too, and push out what is known of others.
    @Test
    void aStrangerCannotNarrowThePathsToHostsThatNothingLargeWasSentTo() throws Exception {
        var far = new InetSocketAddress("fd09::1", 9);
        try (UdpSocket server = stack.udp().bind(6000); UdpSocket other = stack.udp().bind(6001)) {
            server.send(bytes(1400), new InetSocketAddress("fd09::7", 9));
            server.send(bytes(100), far);
            byte[] small = sent.getLast();
            other.send(bytes(1400), far);
            byte[] large = sent.getLast();
            // As if the server had sent the other's datagram: its port is all that a stranger has to know.
            large[40] = small[40];
            large[41] = small[41];
            wire.inject(tooBig(1300));
            other.send(bytes(1400), far);
            assertEquals(1448, sent.getLast().length);
            wire.inject(tooBig(1300));
            other.send(bytes(1400), far);
            assertTrue(sent.getLast().length == 208 && sent.get(sent.size() - 2).length == 1296);
        }
    }

    @Test
    void ipv4DatagramsMayBeFragmentedUnlessDfIsAskedFor() throws Exception {
        var far = new InetSocketAddress("10.9.0.1", 9);
        try (UdpSocket s = stack.udp().connect(far)) {
            s.send(bytes(1400), null);
            wire.inject(tooBig(1000));
            assertNull(s.tryReceive(bytes(1)), "no router may say so of a packet without DF");
            s.send(bytes(1400), null);
            assertEquals(1428, sent.getLast().length);
            s.send(bytes(3000), null);
            sent.removeLast();
            sent.removeLast();
            wire.inject(tooBig(1000));
            assertNull(s.tryReceive(bytes(1)));
            s.setOption(UdpOptions.DONT_FRAGMENT, true);
            s.send(bytes(1400), null);
            wire.inject(tooBig(1000));
            assertEquals("Message too long", assertThrows(SocketException.class, () -> s.tryReceive(bytes(1))).getMessage());
            assertThrows(SocketException.class, () -> s.send(bytes(973), null));
            s.send(bytes(972), null);
            assertEquals(0x40, sent.getLast()[6], "DF");
            assertEquals(1000, s.getOption(UdpOptions.PATH_MTU));
            s.setOption(UdpOptions.DONT_FRAGMENT, false);
            s.send(bytes(1400), null);
            assertEquals(0, sent.getLast()[6]);
            assertEquals(1500, s.getOption(UdpOptions.PATH_MTU));
        }
        var other = new Vnic(1500);
        other.onTransmit(sent::add);
        try (ManualStack careful = Stack.builder().option("ipv4", "dont-fragment", "true")
                .nic("n", other, n -> n.address("10.9.0.2/24")).manual(1);
                UdpSocket s = careful.udp().connect(far)) {
            s.send(bytes(1400), null);
            other.inject(tooBig(1000));
            assertEquals("Message too long",
                    assertThrows(SocketException.class, () -> s.send(bytes(972), null)).getMessage());
            assertEquals("Message too long",
                    assertThrows(SocketException.class, () -> s.send(bytes(973), null)).getMessage());
            s.send(bytes(972), null);
            assertEquals(1000, sent.getLast().length);
        }
    }

    @Test
    void thePathsMtuIsKnownOfConnectedSocketsAndReadOnly() throws Exception {
        try (UdpSocket s = stack.udp().bind(0)) {
            assertEquals(ErrorCode.NOT_CONNECTED, ErrorCode.of(
                    assertThrows(SocketException.class, () -> s.getOption(UdpOptions.PATH_MTU))).orElseThrow());
            assertThrows(UnsupportedOperationException.class, () -> s.setOption(UdpOptions.PATH_MTU, 1000));
            assertEquals(false, s.getOption(UdpOptions.DONT_FRAGMENT));
            assertTrue(s.supportedOptions().containsAll(List.of(UdpOptions.PATH_MTU, UdpOptions.DONT_FRAGMENT)));
        }
    }

    @Test
    void broadcastStillHasToBeAskedFor() throws Exception {
        try (UdpSocket s = stack.udp().bind(0)) {
            var all = new InetSocketAddress("10.9.0.255", 9);
            assertThrows(SocketException.class, () -> s.send(bytes(1), all, address("10.9.0.2")));
            s.setOption(StandardSocketOptions.SO_BROADCAST, true);
            s.send(bytes(1), all, address("10.9.0.3"));
            assertEquals(address("10.9.0.3"), lastSource());
            assertTrue(s.getOption(StandardSocketOptions.SO_BROADCAST));
        }
    }
}
