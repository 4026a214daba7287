package dev.millrace.jdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.Pipe;
import java.nio.channels.Pipe.SinkChannel;
import java.nio.channels.Pipe.SourceChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;

/// A pipe of a stack is as the kernel's.
@Timeout(60)
class PipeParityTest extends Parity {
    PipeParityTest() {
        ends();
        bytes();
        waiting();
        selection();
    }

    private interface PipeCase {
        Object run(World w, SourceChannel source, SinkChannel sink) throws Exception;
    }

    private void pipe(String name, PipeCase c) {
        add(name, w -> {
            Pipe p = w.pipe();
            return c.run(w, p.source(), p.sink());
        });
    }

    private void ends() {
        pipe("a new pipe", (_, source, sink) -> List.of(source.isOpen(), sink.isOpen(), source.isBlocking(), sink.isBlocking(),
                source.validOps(), sink.validOps(), source.isRegistered()));
        pipe("the end", (_, source, sink) -> {
            sink.write(bytes("last"));
            sink.close();
            ByteBuffer dst = room(10);
            return List.of(source.read(dst), string(dst), source.read(dst), source.read(dst), source.read(new ByteBuffer[] {dst}));
        });
        pipe("the end, and nobody waits", (_, source, sink) -> {
            source.configureBlocking(false);
            int nothing = source.read(room(1));
            sink.close();
            return List.of(nothing, source.read(room(1)), source.isOpen());
        });
        pipe("the end, and no room", (w, source, sink) -> {
            sink.close();
            return each(w, _ -> source.read(room(0)), _ -> source.read(new ByteBuffer[0]), _ -> source.read(new ByteBuffer[] {room(0)}));
        });
        pipe("nobody reads", (w, source, sink) -> {
            source.close();
            ByteBuffer src = bytes("x");
            return each(w, _ -> sink.write(src), _ -> src.position(), _ -> sink.write(src), _ -> sink.write(new ByteBuffer[] {src, src}),
                    _ -> sink.isOpen());
        });
        pipe("nobody reads, and nothing is written", (w, source, sink) -> {
            source.close();
            return each(w, _ -> sink.write(room(0)), _ -> sink.write(new ByteBuffer[0]), _ -> sink.write(new ByteBuffer[] {room(0)}));
        });
        pipe("closed ends", (w, source, sink) -> {
            source.close();
            source.close();
            sink.close();
            return each(w, _ -> source.read(room(1)), _ -> sink.write(bytes("x")), _ -> source.read(room(0)), _ -> sink.write(room(0)),
                    _ -> source.read(new ByteBuffer[] {room(1)}), _ -> sink.write(new ByteBuffer[] {bytes("x")}),
                    _ -> source.configureBlocking(false), _ -> sink.configureBlocking(false), _ -> source.read((ByteBuffer) null),
                    _ -> source.read(room(1).asReadOnlyBuffer()), _ -> source.isOpen(), _ -> sink.isOpen());
        });
    }

    private void bytes() {
        pipe("what is written is read", (_, source, sink) -> {
            ByteBuffer src = bytes("hello");
            int written = sink.write(src);
            ByteBuffer some = ByteBuffer.allocateDirect(3);
            ByteBuffer rest = room(10);
            return List.of(written, src.remaining(), source.read(some), source.read(rest), string(some), string(rest));
        });
        pipe("gathered and scattered", (_, source, sink) -> {
            ByteBuffer[] srcs = {bytes("one"), room(0), bytes("two").asReadOnlyBuffer(), bytes("three")};
            long written = sink.write(srcs);
            ByteBuffer[] dsts = {room(2), room(0), ByteBuffer.allocateDirect(6), room(10)};
            long read = source.read(dsts);
            return List.of(written, srcs[3].remaining(), read, string(dsts[0]), string(dsts[2]), string(dsts[3]));
        });
        pipe("gathered and scattered in part", (_, source, sink) -> {
            long written = sink.write(new ByteBuffer[] {bytes("no"), bytes("yes"), bytes("no")}, 1, 1);
            ByteBuffer[] dsts = {room(5), room(5)};
            return List.of(written, source.read(dsts, 1, 1), dsts[0].position(), string(dsts[1]));
        });
        pipe("nothing", (w, source, sink) -> each(w, _ -> sink.write(room(0)), _ -> sink.write(new ByteBuffer[0]),
                _ -> source.read(room(0)), _ -> source.read(new ByteBuffer[0]), _ -> source.read(new ByteBuffer[] {room(0), room(0)})));
        pipe("buffers that are none", (w, source, sink) -> each(w, _ -> sink.write((ByteBuffer) null), _ -> source.read((ByteBuffer) null),
                _ -> source.read(room(1).asReadOnlyBuffer()), _ -> source.read(room(0).asReadOnlyBuffer()),
                _ -> sink.write(new ByteBuffer[1], 1, 1), _ -> source.read(new ByteBuffer[1], -1, 1),
                _ -> source.read(new ByteBuffer[] {room(1).asReadOnlyBuffer()})));
        pipe("a read-only buffer loses nothing", (w, source, sink) -> {
            sink.write(bytes("kept"));
            ByteBuffer dst = room(10);
            return each(w, _ -> source.read(room(10).asReadOnlyBuffer()),
                    _ -> source.read(new ByteBuffer[] {room(0), room(5).asReadOnlyBuffer()}), _ -> source.read(dst), _ -> string(dst));
        });
        pipe("full, and nobody waits", (_, source, sink) -> {
            sink.configureBlocking(false);
            ByteBuffer src = ByteBuffer.allocate(10_000_000);
            int first = sink.write(src);
            int none = sink.write(src);
            boolean told = src.position() == first;
            ByteBuffer dst = ByteBuffer.allocate(10_000_000);
            int all = 0;
            while (all < first) {
                all += source.read(dst);
            }
            return List.of(first > 0, first < 10_000_000, none, told, all == first, sink.write(bytes("again")));
        });
        add("ten megabytes", w -> {
            Pipe p = w.pipe();
            byte[] all = new byte[10 << 20];
            new Random(1).nextBytes(all);
            CompletableFuture<Object> written = World.waiting(() -> {
                ByteBuffer src = ByteBuffer.wrap(all);
                for (int i = 0; src.hasRemaining(); i++) {
                    ByteBuffer part = src.slice(src.position(), Math.min(src.remaining(), 1 + i * 997 % 200_000));
                    src.position(src.position() + p.sink().write(part));
                }
                p.sink().close();
                return src.position();
            });
            ByteBuffer dst = ByteBuffer.allocate(all.length + 1);
            for (int i = 0;; i++) {
                ByteBuffer part = dst.slice(dst.position(), Math.min(dst.remaining(), 1 + i * 1009 % 150_000));
                int n = p.source().read(part);
                if (n < 0) {
                    break;
                }
                dst.position(dst.position() + n);
            }
            return List.of(written.get(60, TimeUnit.SECONDS), dst.flip().equals(ByteBuffer.wrap(all)));
        });
    }

    private void waiting() {
        pipe("waits for bytes", (_, source, sink) -> {
            CompletableFuture<Integer> got = World.waiting(() -> source.read(room(5)));
            sink.write(bytes("abc"));
            return World.of(got);
        });
        pipe("waits for the end", (_, source, sink) -> {
            CompletableFuture<Integer> got = World.waiting(() -> source.read(room(5)));
            sink.close();
            return World.of(got);
        });
        pipe("waits for room", (_, source, sink) -> {
            int all = fill(sink);
            CompletableFuture<Integer> got = World.waiting(() -> sink.write(bytes("more")));
            for (all += 4; all > 0;) {
                all -= source.read(room(100_000));
            }
            return List.of(World.of(got), all);
        });
        pipe("closed while another reads", (w, source, _) -> {
            CompletableFuture<Integer> got = World.waiting(() -> source.read(room(5)));
            source.close();
            return outcome(_ -> World.of(got), w);
        });
        pipe("closed while another writes", (w, _, sink) -> {
            fill(sink);
            CompletableFuture<Integer> got = World.waiting(() -> sink.write(bytes("more")));
            sink.close();
            return outcome(_ -> World.of(got), w);
        });
        pipe("the reader leaves while another writes", (w, source, sink) -> {
            fill(sink);
            CompletableFuture<Integer> got = World.waiting(() -> sink.write(bytes("more")));
            source.close();
            return outcome(_ -> World.of(got), w);
        });
        pipe("interrupted while it reads", (w, source, _) -> interrupted(w, source, () -> source.read(room(1))));
        pipe("interrupted while it writes", (w, _, sink) -> {
            fill(sink);
            return interrupted(w, sink, () -> sink.write(bytes("more")));
        });
        pipe("interrupted before it reads", (w, source, sink) -> {
            sink.write(bytes("there"));
            return interruptedBefore(w, source, () -> source.read(room(1)));
        });
        pipe("interrupted before it writes", (w, source, sink) -> List.of(interruptedBefore(w, sink, () -> sink.write(bytes("x"))),
                source.read(room(1))));
        pipe("interrupted before it does not wait", (w, source, sink) -> {
            source.configureBlocking(false);
            sink.configureBlocking(false);
            return List.of(interruptedBefore(w, sink, () -> sink.write(bytes("x"))), interruptedBefore(w, source,
                    () -> source.read(room(1))));
        });
    }

    /// Writes as much as there is room for.
    private static int fill(SinkChannel sink) throws IOException {
        sink.configureBlocking(false);
        int n = sink.write(ByteBuffer.allocate(10_000_000));
        sink.configureBlocking(true);
        return n;
    }

    private static Object interrupted(World w, Channel c, Callable<Object> call) throws Exception {
        var got = new CompletableFuture<Object>();
        World.waiting(() -> outcome(_ -> call.call(), w) + " " + Thread.currentThread().isInterrupted(), got).interrupt();
        return List.of(World.of(got), c.isOpen());
    }

    private static Object interruptedBefore(World w, Channel c, Callable<Object> call) {
        Thread.currentThread().interrupt();
        try {
            String how = outcome(_ -> call.call(), w);
            return List.of(how, Thread.currentThread().isInterrupted(), c.isOpen());
        } finally {
            Thread.interrupted();
        }
    }

    private void selection() {
        pipe("selected", (w, source, sink) -> {
            source.configureBlocking(false);
            sink.configureBlocking(false);
            Selector s = w.selector();
            SelectionKey read = source.register(s, SelectionKey.OP_READ);
            SelectionKey write = sink.register(s, SelectionKey.OP_WRITE);
            int first = s.selectNow();
            int ready = write.readyOps() * 100 + read.readyOps();
            s.selectedKeys().clear();
            sink.write(bytes("x"));
            write.interestOps(0);
            int second = s.select();
            int readable = read.readyOps();
            source.read(room(1));
            s.selectedKeys().clear();
            return List.of(first, ready, second, readable, s.selectNow());
        });
        pipe("who selects wakes for bytes, and for the end", (w, source, sink) -> {
            source.configureBlocking(false);
            Selector s = w.selector();
            source.register(s, SelectionKey.OP_READ);
            CompletableFuture<Integer> bytes = World.waiting(s::select);
            sink.write(bytes("x"));
            int some = World.of(bytes);
            int read = source.read(room(5));
            s.selectedKeys().clear();
            CompletableFuture<Integer> end = World.waiting(s::select);
            sink.close();
            return List.of(some, read, World.of(end), source.read(room(5)));
        });
        pipe("no room, room again", (w, source, sink) -> {
            sink.configureBlocking(false);
            Selector s = w.selector();
            SelectionKey key = sink.register(s, SelectionKey.OP_WRITE);
            int all = sink.write(ByteBuffer.allocate(10_000_000));
            int full = s.selectNow();
            CompletableFuture<Integer> selected = World.waiting(s::select);
            while (all > 0) {
                all -= source.read(room(1 << 20));
            }
            return List.of(full, World.of(selected), key.readyOps());
        });
        pipe("nobody reads: writable", (w, source, sink) -> {
            sink.configureBlocking(false);
            Selector s = w.selector();
            SelectionKey key = sink.register(s, SelectionKey.OP_WRITE);
            sink.write(ByteBuffer.allocate(10_000_000));
            source.close();
            return List.of(s.select(), key.readyOps(), outcome(_ -> sink.write(bytes("x")), w));
        });
        pipe("operations that are none", (w, source, sink) -> {
            Selector s = w.selector();
            return each(w, _ -> source.register(s, SelectionKey.OP_READ), _ -> source.configureBlocking(false) == source,
                    _ -> source.register(s, SelectionKey.OP_WRITE), _ -> sink.configureBlocking(false) == sink,
                    _ -> sink.register(s, SelectionKey.OP_READ), _ -> sink.register(s, SelectionKey.OP_WRITE).interestOps());
        });
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    private static ByteBuffer room(int bytes) {
        return ByteBuffer.allocate(bytes);
    }

    private static String string(ByteBuffer filled) {
        return UTF_8.decode(filled.duplicate().flip()).toString();
    }
}
