package dev.millrace.cli.explore;

import dev.millrace.cli.explore.SeedFailure.Kind;
import dev.millrace.junit.SeedExplorer;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A JVM of a search: runs the seeds that it is told to on standard input, and tells on standard output what becomes of them.
/// What tests print goes to standard error. It ends with the one who began it, however that ends.
public final class Worker {
    private static final long LOOK_MS = 100;

    private final DataOutputStream out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
    private final BlockingQueue<Command> commands = new LinkedBlockingQueue<>();
    private final SeedRuns runs = new SeedRuns();
    private final Thread main = Thread.currentThread();
    private final long limitNs;
    /// The seed that runs, and since when; guarded by this.
    private long seed;
    private long begunNs;
    private boolean busy;

    /// @param shrinkingRuns or -1 if seeds are to be run
    private record Command(SeedExplorer.Test test, SeedRange seeds, boolean check, boolean goOn, int shrinkingRuns) {
    }

    private final SeedRuns.Listener listener = new SeedRuns.Listener() {
        @Override
        public boolean begins(long next) throws IOException {
            synchronized (Worker.this) {
                seed = next;
                begunNs = System.nanoTime();
                busy = true;
            }
            send(WorkerProtocol.BEGINS, o -> o.writeLong(next));
            return true;
        }

        @Override
        public void failed(SeedFailure failure) throws IOException {
            send(WorkerProtocol.FAILED, failure::write);
            if (OutOfMemoryError.class.getName().equals(failure.cause().type())) {
                // Nobody knows what else it has broken.
                Runtime.getRuntime().halt(WorkerProtocol.EXIT_TOLD);
            }
        }

        @Override
        public void eventsLeft(long events) throws IOException {
            send(WorkerProtocol.EVENTS, o -> o.writeLong(events));
        }
    };

    private Worker(long limitSeconds) {
        limitNs = TimeUnit.SECONDS.toNanos(limitSeconds);
    }

    /// @param args the class path of the tests, and how many seconds a seed may take
    public static void main(String[] args) throws Exception {
        var worker = new Worker(Long.parseLong(args[1]));
        System.setOut(System.err);
        TestClasses tests = TestClasses.of(args[0]);
        Thread.currentThread().setContextClassLoader(tests.loader());
        Thread.ofPlatform().daemon().name("millrace-commands").start(worker::listen);
        Thread.ofPlatform().daemon().name("millrace-limit").start(worker::watch);
        Runtime.getRuntime().addShutdownHook(new Thread(worker::tellWhoExits, "millrace-exit"));
        worker.serve();
    }

    private interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    private void send(int what, Body body) throws IOException {
        synchronized (out) {
            out.writeByte(what);
            body.write(out);
            out.flush();
        }
    }

    // ---- the thread that listens

    private void listen() {
        try (var in = new DataInputStream(System.in)) {
            for (int what; (what = in.read()) >= 0;) {
                var test = new SeedExplorer.Test(in.readUTF(), in.readUTF());
                if (what == WorkerProtocol.RUN) {
                    commands.add(new Command(test, new SeedRange(in.readLong(), in.readLong()), in.readBoolean(), in.readBoolean(), -1));
                } else {
                    long s = in.readLong();
                    commands.add(new Command(test, new SeedRange(s, s), false, false, in.readInt()));
                }
            }
        } catch (IOException e) {
            // As at the end.
        } finally {
            // Nobody is left who wants to know. The test may be anywhere: its own hooks and threads must not keep the JVM.
            Runtime.getRuntime().halt(0);
        }
    }

    // ---- the thread that runs tests

    private void serve() throws InterruptedException {
        try {
            while (true) {
                obey(commands.take());
            }
        } catch (IOException e) {
            Runtime.getRuntime().halt(0);
        } catch (InterruptedException e) {
            throw e;
        } catch (Throwable t) {
            told(SeedFailure.of(seed, t));
        }
    }

    private void obey(Command c) throws IOException {
        try {
            if (c.shrinkingRuns < 0) {
                runs.run(c.test, c.seeds, c.check, c.goOn, listener);
                idle();
                send(WorkerProtocol.DONE, _ -> {
                });
            } else {
                Shrunk shrunk = runs.shrink(c.test, c.seeds.first(), c.shrinkingRuns, listener);
                idle();
                send(WorkerProtocol.SHRUNK, shrunk::write);
            }
        } catch (IllegalStateException | IllegalArgumentException e) {
            idle();
            send(WorkerProtocol.PROBLEM, o -> o.writeUTF(String.valueOf(e.getMessage())));
        }
        // What a test has left of an interrupt is not the next one's.
        Thread.interrupted();
    }

    private synchronized void idle() {
        busy = false;
    }

    /// Tells a failure and ends this JVM.
    private void told(SeedFailure failure) {
        try {
            send(WorkerProtocol.FAILED, failure::write);
        } catch (IOException e) {
            // Nobody is left.
        } finally {
            Runtime.getRuntime().halt(WorkerProtocol.EXIT_TOLD);
        }
    }

    // ---- the thread that watches

    private void watch() {
        try {
            while (true) {
                Thread.sleep(LOOK_MS);
                synchronized (this) {
                    if (busy && System.nanoTime() - begunNs > limitNs) {
                        told(SeedFailure.of(seed, Kind.HANGS, "hangs", "not done after " + TimeUnit.NANOSECONDS.toSeconds(limitNs) + " s",
                                main.getStackTrace()));
                    }
                }
            }
        } catch (InterruptedException e) {
            // Nobody does that; the command sees to its own limit, too.
            Thread.currentThread().interrupt();
        }
    }

    // ---- the end

    /// Says who has called System.exit, if somebody has: a signal has no such caller.
    private void tellWhoExits() {
        for (Map.Entry<Thread, StackTraceElement[]> e : Thread.getAllStackTraces().entrySet()) {
            StackTraceElement[] stack = e.getValue();
            for (int i = 0; i < stack.length; i++) {
                if (stack[i].getClassName().equals("java.lang.Runtime") && stack[i].getMethodName().equals("exit")) {
                    told(SeedFailure.of(currentSeed(), Kind.DIES, "ends the JVM", "System.exit was called",
                            Arrays.copyOfRange(stack, i, stack.length)));
                }
            }
        }
    }

    private synchronized long currentSeed() {
        return seed;
    }
}
