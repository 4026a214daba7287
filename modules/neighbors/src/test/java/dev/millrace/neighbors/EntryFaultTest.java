package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.neighbors.Neighbors.State;
import dev.millrace.spi.Clock;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Timers;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Each of these fails: an entry whose timer, for want of memory or of a thread, cannot be set once.
class EntryFaultTest {
    private static final IpAddress NEIGHBOUR = IpAddress.parse("10.0.0.2");
    private boolean timerThrows;
    private int timersSet;
    private int sent;
    private Timers.Task task;
    private Runnable onDrop = () -> { };

    private final Clock clock = (Clock) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Clock.class},
            (_, m, _) -> m.getReturnType() == long.class ? 0L : null);
    private final NicPort nic = (NicPort) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {NicPort.class},
            (_, m, args) -> switch (m.getName()) {
                case "name" -> "e";
                case "stationAddress" -> 0x0200_0000_0001L;
                case "isUp" -> true;
                case "transmit" -> {
                    var list = (PacketList) args[0];
                    sent += list.size();
                    list.releaseAll();
                    yield null;
                }
                default -> throw new UnsupportedOperationException(m.getName());
            });
    private final NetworkContext context = (NetworkContext) Proxy.newProxyInstance(getClass().getClassLoader(),
            new Class<?>[] {NetworkContext.class}, (_, m, args) -> switch (m.getName()) {
                case "clock" -> clock;
                case "addresses" -> List.of(Cidr.parse("10.0.0.1/24"));
                case "drop" -> {
                    ((Packet) args[0]).release();
                    onDrop.run();
                    yield null;
                }
                case "timers" -> (Timers) t -> {
                    task = t;
                    return new Timers.Timer() {
                        @Override
                        public void set(long deadlineNs) {
                            if (timerThrows) {
                                throw new OutOfMemoryError("unable to create native thread");
                            }
                            timersSet++;
                        }

                        @Override
                        public void cancel() {
                        }
                    };
                };
                default -> null;
            });
    private final NeighborCache cache = new NeighborCache(context, new NeighborSettings(64, 8, 30_000, 5_000, 1_000, 3));

    @AfterEach
    void close() {
        timerThrows = false;
        cache.close();
    }

    private static PacketList one() {
        var list = new PacketList();
        list.add(Packet.copyOf(new byte[40]));
        return list;
    }

    @Test
    void aFirstQuestionThatFailsIsAskedWithTheNextPacket() {
        var hop = cache.hop(nic, NEIGHBOUR);
        timerThrows = true;
        assertThrows(OutOfMemoryError.class, () -> hop.transmit(one()));
        timerThrows = false;
        for (int i = 0; i < 100; i++) {
            hop.transmit(one());
        }
        assertTrue(sent > 0 && timersSet > 0, "INCOMPLETE for ever: nobody was asked, no timer is set");
    }

    @Test
    void aTimerThatCannotBeSetAgainDoesNotEndTheQuestions() throws Exception {
        var hop = cache.hop(nic, NEIGHBOUR);
        hop.transmit(one());
        sent = 0;
        int before = timersSet;
        timerThrows = true;
        task.run(1_000);
        timerThrows = false;
        hop.transmit(one());
        assertTrue(sent > 0 || timersSet > before, "INCOMPLETE for ever after one failure on the timer's thread");
    }

    /// A timer that was moved while its task waited for the entry's lock.
    @Test
    void aTimerThatRanOutBeforeItWasMovedDoesNotCount() {
        cache.hop(nic, NEIGHBOUR).transmit(one());
        NeighborEntry entry = cache.find(nic, NEIGHBOUR);
        entry.answered(0x0200_0000_0002L, true, true, false);
        assertEquals(State.REACHABLE, entry.state());
        task.run(1_000);
        assertEquals(State.REACHABLE, entry.state(), "confirmed a moment ago");
        entry.doubt();
        sent = 0;
        task.run(999);
        assertEquals(0, sent, "asked twice in one interval");
        task.run(1_000);
        assertEquals(1, sent);
    }

    /// What another thread does between the choice of who goes and their going is done here when the first of them goes.
    @Test
    void whatTheProgramEntersIsNeverForgotten() {
        for (int i = 0; i < 16; i++) {
            cache.hop(nic, IpAddress.v4(0x0a000010 + i)).transmit(one());
        }
        IpAddress second = IpAddress.v4(0x0a000011);
        onDrop = () -> {
            onDrop = () -> { };
            cache.get(nic, second).enter(0x0200_0000_0077L);
        };
        cache.hop(nic, IpAddress.v4(0x0a000050)).transmit(one());
        assertTrue(cache.list().stream().anyMatch(n -> n.address().equals(second) && n.state() == State.STATIC),
                "the program's entry is gone");
    }

    @Test
    void noRoomForMoreStaticNeighboursIsTold() {
        for (int i = 0; i < 1_000; i++) {
            NeighborEntry entry = cache.get(nic, IpAddress.v4(0x0a000100 + i));
            if (entry != null) {
                entry.enter(0x0200_0000_0077L);
            }
        }
        assertTrue(cache.list().size() <= 64, cache.list().size() + " neighbours in a cache of 64");
    }
}
