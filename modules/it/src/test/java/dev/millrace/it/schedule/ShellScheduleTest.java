package dev.millrace.it.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Every pair and triple of things that can befall a stack, each also with itself, interleaved as seeds want it: no thread
/// hangs, and no packet, port, timer, byte of the budget or lock is left.
///
/// `-Dmillrace.schedules=N` runs N times as many; `-Dmillrace.schedule.base=N` runs others;
/// `-Dmillrace.schedule="SEED action action ..."` runs one again, with `*` for the seed as many as `millrace.schedules` says;
/// `SEED@Class+Class:3,17` for the seed changes hands at the 3rd and 17th site of these classes only; the classes alone run
/// all schedules that are about them.
class ShellScheduleTest {
    private static final long BASE_SEED = Long.getLong("millrace.schedule.base", 20261126);
    private static final int TIMES = Integer.getInteger("millrace.schedules", 1);
    private static final int PAIR_RUNS = 4;
    /// What needs more than one change of hands at the right moment, and how often that is tried.
    private static final List<List<String>> RARE = List.of(
            List.of("dial", "close-dialing", "nic"), List.of("dial", "close-dialing", "close-stack"),
            List.of("read", "read", "peer-write"), List.of("write", "write", "read"), List.of("accept", "accept", "connect"),
            List.of("accept", "connect", "interrupt"), List.of("accept", "close-listener", "connect"),
            List.of("half-data", "half-data", "close-listener"), List.of("udp-receive", "udp-receive", "udp"),
            List.of("read", "peer-write", "close-socket"));
    private static final int RARE_RUNS = 60;
    /// What hangs if hands change between two certain statements of a class: at each site of these classes, and at pairs of
    /// them, with the threads in this order.
    private static final List<Narrow> NARROW = List.of(
            new Narrow("Wakeups", List.of("read-on", "peer-piece"), 100),
            new Narrow("Wakeups", List.of("read-on", "read-on", "peer-piece"), 2000),
            new Narrow("Wakeups", List.of("close-peer", "linger"), 800),
            new Narrow("Inbox+EngineGate+EngineLock", List.of("read-on", "peer-piece"), 50),
            new Narrow("Inbox+EngineGate+EngineLock", List.of("option", "peer-piece"), 50),
            new Narrow("Outbox", List.of("write", "peer-piece"), 100),
            new Narrow("AcceptQueue", List.of("accept-on", "accept-on", "connect"), 100),
            new Narrow("AcceptQueue", List.of("accept-briefly", "accept-on", "connect-late"), 100),
            new Narrow("PlaceSet", List.of("shutdown", "close-peer", "close-stack"), 100));
    /// Schedules are run beside one another: each has one thread at work, in classes of its own.
    private static final int WORKERS = Integer.getInteger("millrace.schedule.workers", 2);
    private static final int MOST_FAILURES = Integer.getInteger("millrace.schedule.failures", 10);
    private static final String REPLAY = "mvn -o test -pl modules/it -am -Dtest=ShellScheduleTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dmillrace.schedule=";

    /// @param pairs how many pairs of sites, at the most
    private record Narrow(String classes, List<String> actions, int pairs) {
    }

    /// One combination under one seed.
    ///
    /// @param classes at whose sites hands are changed, or `null`
    private record Job(long seed, String classes, List<Long> changes, List<String> actions) {
        Job(long seed, List<String> actions) {
            this(seed, null, List.of(), actions);
        }

        Schedule schedule() {
            return classes == null ? new Schedule(seed)
                    : new Schedule(seed, new Changes(classes, changes.stream().mapToLong(n -> n).toArray()));
        }

        static Job parse(String seed, List<String> actions) {
            String[] parts = seed.split("[@:]");
            return parts.length == 1 ? new Job(Long.parseLong(seed), actions)
                    : new Job(Long.parseLong(parts[0]), parts[1], parts.length == 2 ? List.of()
                            : Arrays.stream(parts[2].split(",")).map(Long::valueOf).toList(), actions);
        }

        @Override
        public String toString() {
            return seed + (classes == null ? "" : "@" + classes + ":"
                    + changes.stream().map(String::valueOf).collect(Collectors.joining(",")))
                    + " " + String.join(" ", actions);
        }
    }

    @Test
    void everyPairAndTripleInManySchedules() throws InterruptedException {
        String one = System.getProperty("millrace.schedule");
        List<Job> jobs = one == null ? all() : jobs(one);
        long begun = System.nanoTime();
        var failures = new ConcurrentSkipListMap<Integer, String>();
        var points = new AtomicLong();
        int run = run(jobs, failures, points);
        String sum = "%d schedules of pairs and triples of %d actions, base seed %d, %d points, %d failed, in %.1f s".formatted(
                run, newScenario().actions().size(), BASE_SEED, points.get(), failures.size(),
                (System.nanoTime() - begun) / 1e9);
        System.out.println(sum);
        if (!failures.isEmpty()) {
            fail(sum + "\n" + String.join("\n", failures.values()));
        }
        assertEquals(jobs.size(), run);
        assertTrue(one != null || run > 5000, sum);
    }

    /// What failed can be run again: a seed gives the same course, in whatever state the JVM is.
    @Test
    void aSeedGivesTheSameCourseAgain() {
        Scenario used = newScenario();
        for (int i = 0; i < 40; i++) {
            List<String> all = used.actions();
            long seed = BASE_SEED + i;
            List<String> actions = List.of(all.get(i % all.size()), all.get(i * 7 % all.size()), all.get(i * 11 % all.size()));
            Schedule first = course(i % 10 == 0 ? newScenario() : used, new Job(seed, actions));
            Schedule second = course(used, new Job(seed, actions));
            assertEquals(first.points(), second.points(), () -> seed + " " + actions);
            assertEquals(first.fingerprint(), second.fingerprint(), () -> seed + " " + actions);
        }
    }

    private static Schedule course(Scenario scenario, Job job) {
        var schedule = job.schedule();
        try {
            runOne(scenario, schedule, job);
        } catch (AssertionError itsOwnTestSaysSo) {
            return schedule;
        }
        return schedule;
    }

    private static List<Job> jobs(String line) {
        List<String> words = List.of(line.trim().split("\\s+"));
        List<String> actions = words.subList(1, words.size());
        if (actions.isEmpty()) {
            // All schedules of this kind at the sites of these classes.
            return NARROW.stream().filter(n -> n.classes.equals(line)).flatMap(n -> narrow(n).stream()).toList();
        }
        return words.getFirst().equals("*")
                ? LongStream.range(0, TIMES).mapToObj(n -> new Job(BASE_SEED * 1_000_003 + n, actions)).toList()
                : List.of(Job.parse(words.getFirst(), actions));
    }

    private static List<Job> all() {
        List<String> all = newScenario().actions();
        var sets = new ArrayList<List<String>>();
        for (int i = 0; i < all.size(); i++) {
            for (int j = i; j < all.size(); j++) {
                for (int n = 0; n < PAIR_RUNS; n++) {
                    sets.add(List.of(all.get(i), all.get(j)));
                }
                for (int k = j; k < all.size(); k++) {
                    sets.add(List.of(all.get(i), all.get(j), all.get(k)));
                }
            }
        }
        for (List<String> rare : RARE) {
            sets.addAll(Collections.nCopies(RARE_RUNS, rare));
        }
        var jobs = new ArrayList<Job>();
        for (int n = 0; n < TIMES; n++) {
            for (List<String> set : sets) {
                jobs.add(new Job(BASE_SEED * 1_000_003 + jobs.size(), set));
            }
        }
        for (Narrow n : NARROW) {
            jobs.addAll(narrow(n));
        }
        // A fault of some combination shows soon, and not when its turn in the alphabet has come.
        Collections.shuffle(jobs, new Random(BASE_SEED));
        return jobs;
    }

    /// Each site of the undisturbed course and of some more, and pairs as far as they may be tried.
    private static List<Job> narrow(Narrow n) {
        long sites = course(newScenario(), new Job(BASE_SEED, n.classes, List.of(), n.actions)).sites();
        if (sites < 4) {
            throw new AssertionError(n + " passes " + sites + " sites");
        }
        var jobs = new ArrayList<Job>();
        for (long i = 1; i <= sites; i++) {
            jobs.add(new Job(BASE_SEED, n.classes, List.of(i), n.actions));
        }
        var pairs = new ArrayList<List<Long>>();
        for (long i = 1; i < sites; i++) {
            for (long j = i + 1; j <= sites; j++) {
                pairs.add(List.of(i, j));
            }
        }
        Collections.shuffle(pairs, new Random(BASE_SEED));
        pairs.stream().limit((long) n.pairs * TIMES)
                .forEach(p -> jobs.add(new Job(BASE_SEED, n.classes, p, n.actions)));
        return jobs;
    }

    /// Returns how many were run.
    private static int run(List<Job> jobs, ConcurrentSkipListMap<Integer, String> failures, AtomicLong points)
            throws InterruptedException {
        var next = new AtomicInteger();
        var done = new AtomicInteger();
        var workers = new ArrayList<Thread>();
        for (int w = 0; w < Math.min(WORKERS, jobs.size()); w++) {
            workers.add(Thread.ofPlatform().name("schedules-" + w).start(() -> {
                Scenario scenario = newScenario();
                int i;
                while (failures.size() < MOST_FAILURES && (i = next.getAndIncrement()) < jobs.size()) {
                    var schedule = jobs.get(i).schedule();
                    try {
                        runOne(scenario, schedule, jobs.get(i));
                    } catch (Throwable t) {
                        failures.put(i, REPLAY + "\"" + jobs.get(i) + "\"\n  " + say(t) + sayMemory(schedule));
                        // What a failure left behind is not the next one's.
                        scenario = newScenario();
                    }
                    points.addAndGet(schedule.points());
                    done.incrementAndGet();
                }
            }));
        }
        for (Thread w : workers) {
            w.join();
        }
        return done.get();
    }

    private static String say(Throwable e) {
        var text = new StringBuilder(e instanceof AssertionError ? String.valueOf(e.getMessage()) : e.toString());
        for (Throwable c = e.getCause(); c != null; c = c.getCause()) {
            text.append("\n    because of ").append(c).append(frames(c, 12));
        }
        return text.toString();
    }

    private static String sayMemory(Schedule schedule) {
        return schedule.outOfMemory().stream().map(e -> "\n    after " + e + frames(e, 30)).collect(Collectors.joining());
    }

    private static String frames(Throwable t, int most) {
        return Arrays.stream(t.getStackTrace()).limit(most).map(f -> "\n        " + f).collect(Collectors.joining());
    }

    private static Scenario newScenario() {
        System.setProperty("org.slf4j.simpleLogger.log.dev.millrace.stack", "off");
        var loader = new WovenLoader(ShellScheduleTest.class.getClassLoader());
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(loader);
        try {
            return (Scenario) loader.loadClass("dev.millrace.it.schedule.WovenShell").getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    private static void runOne(Scenario scenario, Schedule schedule, Job job) {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(scenario.getClass().getClassLoader());
        try {
            scenario.run(schedule, job.actions);
        } catch (Exception e) {
            throw new AssertionError("the schedule could not be run", e);
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }
}
