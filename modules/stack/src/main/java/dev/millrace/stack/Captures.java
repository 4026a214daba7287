package dev.millrace.stack;

import dev.millrace.Capture;
import dev.millrace.CaptureRequest;
import dev.millrace.ErrorCode;
import dev.millrace.spi.SocketErrors;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The captures of one stack that have not ended.
final class Captures {
    private static final Logger LOG = LoggerFactory.getLogger(Captures.class);

    /// Its monitor is held while one is entered or leaves.
    private final StackLife life;
    private final List<StackNic> nics;
    private final List<CaptureSession> sessions = new CopyOnWriteArrayList<>();

    Captures(StackLife life, List<StackNic> nics) {
        this.life = life;
        this.nics = nics;
    }

    /// Enters a session that was opened, so that it either is there when the stack that closes looks, or is refused and
    /// closed.
    Capture enter(CaptureSession session, CaptureRequest request) throws IOException {
        var capture = new TappedCapture(session);
        try {
            synchronized (life) {
                if (life.isClosing()) {
                    throw SocketErrors.closed(ErrorCode.STACK_CLOSED, false);
                }
                sessions.add(session);
                for (StackNic nic : nics) {
                    if (request.nics().isEmpty() || request.nics().contains(nic.name())) {
                        nic.addTap(session);
                    }
                }
            }
        } catch (Throwable t) {
            try {
                capture.close();
            } catch (Throwable again) {
                t.addSuppressed(again);
            }
            throw t;
        }
        return capture;
    }

    /// A capture that leaves the NICs before it ends.
    private final class TappedCapture implements Capture {
        private final CaptureSession session;

        TappedCapture(CaptureSession session) {
            this.session = session;
        }

        @Override
        public long recorded() {
            return session.recorded();
        }

        @Override
        public long missed() {
            return session.missed();
        }

        @Override
        public void close() throws IOException {
            nics.forEach(n -> n.removeTap(session));
            synchronized (life) {
                sessions.remove(session);
            }
            session.close();
        }
    }

    int size() {
        return sessions.size();
    }

    /// The session at a place, or `null` if others ended meanwhile: then those behind it have moved to where they come later
    /// for one who counts down.
    CaptureSession at(int i) {
        synchronized (life) {
            return i < sessions.size() ? sessions.get(i) : null;
        }
    }

    /// Ends a session because the stack closes. It stays entered: its consumer may close the stack just now.
    void end(CaptureSession session, String stackName) {
        try {
            for (StackNic nic : nics) {
                nic.removeTap(session);
            }
        } finally {
            try {
                session.close();
            } catch (IOException e) {
                LOG.warn("a capture of stack {} could not be finished: {}", stackName, e.toString());
            }
        }
    }

    /// Whether the calling thread is that of a session.
    boolean isRunningHere() {
        for (CaptureSession session : sessions) {
            if (session.isRunningHere()) {
                return true;
            }
        }
        return false;
    }
}
