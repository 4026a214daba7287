package dev.millrace.jdk;

import dev.millrace.testkit.Await;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;

/// Urgent data is what it is with the kernel: what `sendUrgentData` sends, and what becomes of it with and without `OOBInline`.
@Timeout(120)
class UrgentParityTest extends Parity {
    UrgentParityTest() {
        add("left out of the stream unless asked for", w -> {
            Socket[] s = w.pair();
            send(s[0], "ab!", "cd");
            return rest(s[1]);
        });
        add("in line if asked for", w -> {
            Socket[] s = w.pair();
            s[1].setOOBInline(true);
            send(s[0], "ab!", "cd");
            return rest(s[1]);
        });
        add("in line, asked for before connecting", w -> {
            ServerSocket server = w.listening();
            Socket s = w.socket();
            s.setOOBInline(true);
            s.connect(server.getLocalSocketAddress());
            Socket peer = w.keep(server.accept());
            send(peer, "ab!", "cd");
            return List.of(s.getOOBInline(), peer.getOOBInline(), rest(s));
        });
        add("in line, asked for when it has come", w -> {
            Socket[] s = w.pair();
            s[0].sendUrgentData('!');
            s[0].getOutputStream().write('a');
            s[0].shutdownOutput();
            awaitWhatNobodyIsToldOf();
            s[1].setOOBInline(true);
            return rest(s[1]);
        });
        add("a read ends before the mark", w -> {
            Socket[] s = w.pair();
            s[1].setOOBInline(true);
            send(s[0], "ab!", "cd");
            until(s[1], 5);
            return reads(s[1]);
        });
        add("a read ends where a byte is left out", w -> {
            Socket[] s = w.pair();
            send(s[0], "ab!", "cd");
            until(s[1], 2);
            awaitWhatNobodyIsToldOf();
            return reads(s[1]);
        });
        add("what is available ends before the mark, unless in line", w -> {
            Socket[] s = w.pair();
            send(s[0], "ab!", "cd");
            until(s[1], 2);
            awaitWhatNobodyIsToldOf();
            int before = s[1].getInputStream().available();
            s[1].setOOBInline(true);
            return List.of(before, s[1].getInputStream().available());
        });
        add("alone it is nothing to read", w -> {
            Socket[] s = w.pair();
            s[0].sendUrgentData('!');
            s[1].setSoTimeout(100);
            String how = outcome(_ -> s[1].getInputStream().read(), w);
            s[0].shutdownOutput();
            s[1].setSoTimeout(5000);
            return List.of(how, s[1].getInputStream().read());
        });
        add("one after the other, nothing before them", w -> {
            Socket[] s = w.pair();
            for (int i = '0'; i <= '9'; i++) {
                s[0].sendUrgentData(i);
            }
            send(s[0], "", "cd");
            return rest(s[1]);
        });
        add("one that was urgent before another is data as any other", w -> {
            Socket[] s = w.pair();
            send(s[0], "ab!", null);
            until(s[1], 2);
            send(s[0], "cd?", "ef");
            awaitWhatNobodyIsToldOf();
            return rest(s[1]);
        });
        add("many in line", w -> {
            Socket[] s = w.pair();
            s[1].setOOBInline(true);
            for (int i = 0; i < 1000; i++) {
                s[0].sendUrgentData('a' + i % 26);
            }
            s[0].shutdownOutput();
            return rest(s[1]);
        });
        add("the lowest byte", w -> {
            Socket[] s = w.pair();
            s[1].setOOBInline(true);
            s[0].sendUrgentData(0x1ff);
            s[0].sendUrgentData(-2);
            return List.of(s[1].getInputStream().read(), s[1].getInputStream().read());
        });
        add("to who is not there", w -> {
            Socket unconnected = w.socket();
            Socket closed = w.pair()[0];
            closed.close();
            Socket shut = w.pair()[0];
            shut.shutdownOutput();
            Socket[] reset = w.pair();
            reset[1].setSoLinger(true, 0);
            reset[1].close();
            awaitWhatNobodyIsToldOf();
            return each(w, done(() -> unconnected.sendUrgentData(1)), done(() -> closed.sendUrgentData(1)),
                    done(() -> shut.sendUrgentData(1)), done(() -> reset[0].sendUrgentData(1)));
        });
        add("of channels", w -> {
            SocketChannel[] c = w.channels();
            c[0].write(ascii("ab"));
            c[0].socket().sendUrgentData('!');
            c[0].write(ascii("cd"));
            c[0].shutdownOutput();
            boolean inline = c[1].socket().getOOBInline();
            return List.of(inline, rest(c[1]));
        });
        add("of channels, in line", w -> {
            SocketChannel[] c = w.channels();
            c[0].socket().setOOBInline(true);
            c[1].write(ascii("ab"));
            c[1].socket().sendUrgentData('!');
            c[1].write(ascii("cd"));
            c[1].shutdownOutput();
            return List.of(c[0].socket().getOOBInline(), rest(c[0]));
        });
        add("of channels that do not block, to who does not read", w -> {
            SocketChannel[] c = w.channels();
            c[0].configureBlocking(false);
            SelectorParity.fillUp(c[0]);
            return outcome(_ -> {
                while (true) {
                    c[0].socket().sendUrgentData('!');
                }
            }, w);
        });
        add("of channels to who is not there", w -> {
            SocketChannel unconnected = w.channel();
            SocketChannel closed = w.channels()[0];
            closed.close();
            SocketChannel shut = w.channels()[0];
            shut.shutdownOutput();
            return each(w, done(() -> unconnected.socket().sendUrgentData(1)), done(() -> closed.socket().sendUrgentData(1)),
                    done(() -> shut.socket().sendUrgentData(1)));
        });
    }

    /// Sends `before`, the last character of it urgently, and then `after`, and the end of the stream unless that is `null`.
    private static void send(Socket s, String before, String after) throws Exception {
        OutputStream out = s.getOutputStream();
        if (!before.isEmpty()) {
            out.write(before.substring(0, before.length() - 1).getBytes(StandardCharsets.US_ASCII));
            s.sendUrgentData(before.charAt(before.length() - 1));
        }
        if (after != null) {
            out.write(after.getBytes(StandardCharsets.US_ASCII));
            s.shutdownOutput();
        }
    }

    private static ByteBuffer ascii(String s) {
        return ByteBuffer.wrap(s.getBytes(StandardCharsets.US_ASCII));
    }

    private static void until(Socket s, int available) throws Exception {
        Await.until(() -> s.getInputStream().available() >= available, () -> s.getInputStream().available() + " of " + available);
    }

    /// Of what has come behind an urgent byte that is left out, and of a reset, no call tells that does not take it away: all that can be
    /// done is to wait for as long as it may take.
    private static void awaitWhatNobodyIsToldOf() throws InterruptedException {
        Thread.sleep(100);
    }

    private static String rest(Socket s) throws Exception {
        return new String(s.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }

    private static String rest(SocketChannel c) throws Exception {
        ByteBuffer b = ByteBuffer.allocate(1000);
        while (c.read(b) >= 0) {
            // The end comes.
        }
        return new String(b.array(), 0, b.position(), StandardCharsets.US_ASCII);
    }

    /// What each read has, to the end.
    private static List<String> reads(Socket s) throws Exception {
        InputStream in = s.getInputStream();
        List<String> all = new ArrayList<>();
        byte[] b = new byte[100];
        int n;
        while ((n = in.read(b)) >= 0) {
            all.add(new String(b, 0, n, StandardCharsets.US_ASCII));
        }
        return all;
    }
}
