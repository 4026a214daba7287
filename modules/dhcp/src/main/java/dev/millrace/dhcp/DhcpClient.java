package dev.millrace.dhcp;

import static dev.millrace.dhcp.Terms.SECOND;

import dev.millrace.dhcp.Dhcp.State;
import dev.millrace.wire.IpAddress;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// The client of one NIC (RFC 2131 §4.4): states, timers, and what is to be sent. It has no clock, thread, socket or logger.
///
/// ```
/// start(...)  onMessage(...)  onTimer(...)  probed(...)  renew(...)  release(...)  linkUp(...)   <- inputs; failed(...) if one throws
/// poll() until null, then wait until nextDeadlineNs() at most                                    <- outputs
/// ```
/// One thread at a time. Equal inputs and equal chance give equal outputs.
final class DhcpClient {
    /// No deadline.
    static final long NEVER = Long.MAX_VALUE;
    /// RFC 2131 §3.1 step 5: how long to wait before asking anew when the address was in use.
    static final long DECLINE_WAIT_NS = 10 * SECOND;
    /// RFC 2131 §4.4.5: requests for more time are at least this far apart.
    static final long MIN_RENEW_INTERVAL_NS = 60 * SECOND;
    /// Requests for an offered address before another is looked for: a minute in all (RFC 2131 §3.1 step 5).
    private static final int REQUESTS = 4;
    /// Requests for an address from an earlier time: twelve seconds in all.
    private static final int REBOOT_REQUESTS = 2;
    private static final int MAX_REFUSALS = 6;
    /// How long to wait when something has failed here.
    private static final long FAILED_WAIT_NS = 10 * SECOND;

    private final RequestWriter writer;
    private final Backoff backoff;
    private final ArrayDeque<Action> actions = new ArrayDeque<>();

    private State state = State.STOPPED;
    private int xid;
    private int attempt;
    /// When the client began to look for an address, for the field `secs`.
    private long beganNs;
    /// When the request was sent that is answered: a lease counts from there (RFC 2131 §4.4.1). Of several for an address that was
    /// offered, which nobody can tell apart, the first.
    private long requestedNs;
    /// When to send again, or to go on.
    private long againNs = NEVER;
    /// What was offered, or is asked for again.
    private IpAddress wanted;
    private IpAddress chosenServer;
    /// The last server that offered an address and did not grant it, or `null`.
    private IpAddress unreliableServer;
    /// What it has offered again, to be taken if nobody else offers until it would be asked anew; or `null`.
    private Terms lastResort;
    /// What was granted while it is being asked whether the address is free.
    private Terms granted;
    /// How often servers refused since the last lease.
    private int refusals;

    /// The lease, or `null`, and its times.
    private Terms lease;
    private long t1Ns = NEVER;
    private long t2Ns = NEVER;
    private long expiryNs = NEVER;

    DhcpClient(RequestWriter writer, RandomGenerator random) {
        this.writer = writer;
        backoff = new Backoff(random);
    }

    // ---- inputs

    /// Begins.
    ///
    /// @param known an address from an earlier time whose lease goes on (INIT-REBOOT), or `null`
    void start(IpAddress known, long nowNs) {
        beganNs = nowNs;
        refusals = 0;
        if (known == null) {
            discover(nowNs);
        } else {
            wanted = known;
            reboot(nowNs);
        }
    }

    /// Begins a while from now (RFC 2131 §4.4.1).
    void startLater(long delayNs, long nowNs) {
        refusals = 0;
        pause(delayNs, nowNs);
    }

    /// An input has failed in the middle, for want of memory perhaps: what was not done is done later. A lease that is in use goes on.
    void failed(long nowNs) {
        switch (state) {
            case STOPPED -> { }
            case BOUND, RENEWING, REBINDING, REBOOTING -> againNs = nowNs + FAILED_WAIT_NS;
            case INIT, SELECTING, REQUESTING, CHECKING -> abandon(nowNs);
        }
    }

    /// What was to be done with an address could not be done: it is given up, and the client begins anew in a while.
    void abandon(long nowNs) {
        pause(FAILED_WAIT_NS, nowNs);
        if (lease != null) {
            end("it could not be used");
        }
    }

    /// A message came in. What is not an answer to what was asked last is not looked at; returns whether it was.
    boolean onMessage(DhcpMessage m, long nowNs) {
        if (m.xid() != xid || m.hardware() != writer.hardware()) {
            return false;
        }
        return switch (m.type()) {
            case OFFER -> state == State.SELECTING && offered(m, nowNs);
            case ACK -> awaitsAcknowledgement() && acknowledged(m, nowNs);
            case NAK -> awaitsAcknowledgement() && refused(m, nowNs);
            default -> false;
        };
    }

    /// Time has passed.
    void onTimer(long nowNs) {
        if (lease != null && isDue(expiryNs, nowNs)) {
            end("the lease has run out");
            beganNs = nowNs;
            discover(nowNs);
            return;
        }
        if ((state == State.BOUND || state == State.RENEWING) && isDue(t2Ns, nowNs)) {
            request(State.REBINDING, nowNs);
        } else if (state == State.BOUND && isDue(t1Ns, nowNs)) {
            request(State.RENEWING, nowNs);
        } else if (isDue(againNs, nowNs)) {
            again(nowNs);
        }
    }

    /// What came of a [Action.Probe].
    void probed(IpAddress address, boolean taken, long nowNs) {
        if (state != State.CHECKING || !granted.address().address().equals(address)) {
            return;
        }
        if (taken) {
            decline(nowNs);
        } else {
            bind(granted, nowNs);
        }
    }

    /// The granted address cannot be used here.
    void decline(long nowNs) {
        Terms refused = granted != null ? granted : lease;
        if (refused == null) {
            return;
        }
        pause(DECLINE_WAIT_NS + backoff.upToNs(SECOND), nowNs);
        note(refused.address().address() + " is in use by another station: declined");
        send(MessageType.DECLINE, backoff.xid(), 0, null, refused.address().address(), refused.server());
        if (lease != null) {
            end("the address is in use by another station");
        }
    }

    /// The program wants the lease renewed, or one to begin with.
    void renew(long nowNs) {
        switch (state) {
            case BOUND, RENEWING -> request(State.RENEWING, nowNs);
            case REBINDING -> request(State.REBINDING, nowNs);
            case STOPPED, INIT -> start(null, nowNs);
            case SELECTING, REQUESTING, CHECKING, REBOOTING -> { }
        }
    }

    /// The program gives the address back, and wants no other.
    void release(long nowNs) {
        if (lease != null) {
            sendRelease();
            end("it was given back");
        }
        stop();
    }

    /// The stack has the address no longer: its time is over, or the program has taken it away, which is as good as a release.
    void addressLost(long nowNs) {
        if (lease != null && !isDue(expiryNs, nowNs)) {
            release(nowNs);
        } else {
            onTimer(nowNs);
        }
    }

    /// The stack is closed: the address is given back unless it is kept for another time.
    void close(boolean keep, long nowNs) {
        if (lease != null && !keep) {
            sendRelease();
        }
        lease = null;
        stop();
    }

    /// The link is up again, and may lead to another network: what the client has is confirmed, or asked for anew.
    void linkUp(long nowNs) {
        switch (state) {
            case STOPPED, INIT -> { }
            // What was being asked or checked may have been another network's.
            case SELECTING, REQUESTING, CHECKING -> discover(nowNs);
            case REBOOTING, BOUND, RENEWING, REBINDING -> {
                if (lease != null) {
                    wanted = lease.address().address();
                }
                beganNs = nowNs;
                reboot(nowNs);
            }
        }
    }

    // ---- outputs

    /// The next thing to do, or `null`.
    Action poll() {
        return actions.poll();
    }

    /// When [#onTimer] has something to do, or [#NEVER].
    long nextDeadlineNs() {
        long next = againNs;
        if (state == State.BOUND) {
            next = earlier(next, t1Ns);
        }
        if (state == State.BOUND || state == State.RENEWING) {
            next = earlier(next, t2Ns);
        }
        return lease == null ? next : earlier(next, expiryNs);
    }

    State state() {
        return state;
    }

    /// The lease, or `null`.
    Terms lease() {
        return lease;
    }

    // ---- looking for an address

    private void discover(long nowNs) {
        state = State.SELECTING;
        granted = null;
        lastResort = null;
        attempt = 0;
        xid = backoff.xid();
        sendDiscover(nowNs);
    }

    private void sendDiscover(long nowNs) {
        againNs = nowNs + backoff.afterNs(attempt++);
        send(MessageType.DISCOVER, xid, nowNs - beganNs, null, wanted, null);
    }

    /// Differs: RFC 2131 §4.4.1 lets a client collect offers; the first that makes sense is as good as any.
    private boolean offered(DhcpMessage m, long nowNs) {
        Optional<Terms> terms = Terms.of(m);
        if (terms.isEmpty()) {
            return false;
        }
        if (terms.get().server().equals(unreliableServer)) {
            // Who is the fastest to offer and grants nothing is not to hide the others.
            lastResort = terms.get();
        } else {
            choose(terms.get(), nowNs);
        }
        return true;
    }

    private void choose(Terms offer, long nowNs) {
        wanted = offer.address().address();
        chosenServer = offer.server();
        state = State.REQUESTING;
        attempt = 0;
        requestedNs = nowNs;
        sendRequest(nowNs);
    }

    private void reboot(long nowNs) {
        state = State.REBOOTING;
        granted = null;
        chosenServer = null;
        attempt = 0;
        xid = backoff.xid();
        requestedNs = nowNs;
        sendRequest(nowNs);
    }

    private void sendRequest(long nowNs) {
        againNs = nowNs + backoff.afterNs(attempt++);
        send(MessageType.REQUEST, xid, nowNs - beganNs, null, wanted, chosenServer);
    }

    /// No answer has come.
    private void again(long nowNs) {
        againNs = NEVER;
        switch (state) {
            case INIT -> {
                beganNs = nowNs;
                discover(nowNs);
            }
            case SELECTING -> {
                if (lastResort == null) {
                    sendDiscover(nowNs);
                } else {
                    choose(lastResort, nowNs);
                }
            }
            case REQUESTING -> {
                if (attempt < REQUESTS) {
                    sendRequest(nowNs);
                } else {
                    note("the server " + chosenServer + " offered " + wanted + " and answers no more");
                    unreliableServer = chosenServer;
                    discover(nowNs);
                }
            }
            case REBOOTING -> {
                if (attempt < REBOOT_REQUESTS) {
                    sendRequest(nowNs);
                } else if (lease != null) {
                    // RFC 2131 §3.2 step 4: nobody says that the address is wrong.
                    goOn(nowNs);
                } else {
                    discover(nowNs);
                }
            }
            case RENEWING, REBINDING -> sendExtension(nowNs);
            case STOPPED, CHECKING, BOUND -> { }
        }
    }

    // ---- having one

    private boolean awaitsAcknowledgement() {
        return state == State.REQUESTING || state == State.REBOOTING || state == State.RENEWING || state == State.REBINDING;
    }

    private boolean acknowledged(DhcpMessage m, long nowNs) {
        Optional<Terms> terms = Terms.of(m);
        if (terms.isEmpty() || !terms.get().address().address().equals(wanted)
                || state == State.REQUESTING && !terms.get().server().equals(chosenServer)) {
            return false;
        }
        if (lease != null) {
            bind(terms.get(), nowNs);
        } else {
            state = State.CHECKING;
            granted = terms.get();
            againNs = NEVER;
            actions.add(new Action.Probe(wanted));
        }
        return true;
    }

    private void bind(Terms terms, long nowNs) {
        long began = requestedNs;
        boolean infinite = terms.isInfinite();
        long end = infinite ? NEVER : began + terms.leaseNs();
        if (isDue(end, nowNs)) {
            // It took longer to get it than it lasts.
            if (lease != null) {
                end("what followed it was over when it came");
            }
            discover(nowNs);
            return;
        }
        // RFC 2131 §4.4.5: a little chance, so that clients that began together do not renew together.
        long t1 = infinite ? NEVER : began + terms.t1Ns() - backoff.upToNs(terms.t1Ns() / 32);
        actions.add(new Action.Use(terms, began));
        // Nothing has changed until here, where nothing fails any more.
        granted = null;
        unreliableServer = null;
        lease = terms;
        refusals = 0;
        t1Ns = t1;
        t2Ns = infinite ? NEVER : began + terms.t2Ns();
        expiryNs = end;
        goOn(nowNs);
    }

    /// The state of the lease as its age has it.
    private void goOn(long nowNs) {
        wanted = lease.address().address();
        state = State.BOUND;
        againNs = NEVER;
        if (isDue(t2Ns, nowNs)) {
            request(State.REBINDING, nowNs);
        } else if (isDue(t1Ns, nowNs)) {
            request(State.RENEWING, nowNs);
        }
    }

    /// Begins to ask for more time: the server (RENEWING), or all (REBINDING).
    private void request(State asking, long nowNs) {
        state = asking;
        beganNs = nowNs;
        sendExtension(nowNs);
    }

    /// Each with a number of its own, as RFC 2131 §4.1 allows: they are minutes and days apart, and a lease that is granted counts
    /// from the one that is answered.
    private void sendExtension(long nowNs) {
        // RFC 2131 §4.4.5: half of the time that is left, and no less than a minute. What ends it is a deadline of its own.
        long end = state == State.RENEWING ? t2Ns : expiryNs;
        long left = end == NEVER ? 0 : Math.max(0, end - nowNs);
        againNs = nowNs + Math.max(MIN_RENEW_INTERVAL_NS, left / 2);
        xid = backoff.xid();
        requestedNs = nowNs;
        IpAddress own = lease.address().address();
        byte[] message = writer.write(MessageType.REQUEST, xid, (nowNs - beganNs) / SECOND, own, null, null);
        actions.add(new Action.Send(message, own, state == State.RENEWING ? lease.server() : null, isServerNear()));
    }

    /// A server says that the address is wrong here.
    private boolean refused(DhcpMessage m, long nowNs) {
        IpAddress server = m.address(DhcpOption.SERVER_IDENTIFIER);
        if (server == null || state == State.REQUESTING && !server.equals(chosenServer)) {
            return false;
        }
        if (state == State.REQUESTING) {
            unreliableServer = server;
        }
        note("the server " + server + " refuses " + wanted);
        if (lease != null) {
            end("the server " + server + " refuses it");
        }
        wanted = null;
        // Differs: RFC 2131 §3.1 begins anew at once. A server that goes on refusing would have us fill the network.
        refusals = Math.min(refusals + 1, MAX_REFUSALS);
        if (refusals == 1) {
            beganNs = nowNs;
            discover(nowNs);
        } else {
            pause((SECOND << refusals) + backoff.upToNs(SECOND), nowNs);
        }
        return true;
    }

    private void end(String why) {
        actions.add(new Action.End(why));
        lease = null;
        expiryNs = NEVER;
    }

    private void pause(long ns, long nowNs) {
        state = State.INIT;
        granted = null;
        wanted = null;
        againNs = nowNs + ns;
    }

    private void stop() {
        state = State.STOPPED;
        granted = null;
        wanted = null;
        againNs = NEVER;
    }

    private void sendRelease() {
        IpAddress own = lease.address().address();
        actions.add(new Action.Send(writer.write(MessageType.RELEASE, backoff.xid(), 0, own, null, lease.server()), own,
                lease.server(), isServerNear()));
    }

    private boolean isServerNear() {
        return lease.address().contains(lease.server());
    }

    private void send(MessageType type, int transaction, long sinceNs, IpAddress own, IpAddress address, IpAddress server) {
        actions.add(new Action.Send(writer.write(type, transaction, sinceNs / SECOND, own, address, server), null, null, true));
    }

    private void note(String text) {
        actions.add(new Action.Note(text));
    }

    private static boolean isDue(long deadlineNs, long nowNs) {
        return deadlineNs != NEVER && nowNs - deadlineNs >= 0;
    }

    private static long earlier(long a, long b) {
        return a == NEVER ? b : b == NEVER || a - b < 0 ? a : b;
    }
}
