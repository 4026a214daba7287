package example.fixedwindow;

import dev.millrace.spi.CongestionControl;

/// The same window whatever happens.
final class FixedWindow implements CongestionControl {
    private final long window;

    FixedWindow(long window) {
        this.window = window;
    }

    @Override
    public long cwnd() {
        return window;
    }

    @Override
    public long ssthresh() {
        return window;
    }

    @Override
    public void onAck(Ack ack) {
        // Neither this nor anything below changes the window.
    }

    @Override
    public void onCongestion(long inFlight, long nowNs) {
    }

    @Override
    public void onRecovered(long inFlight, boolean proportional, long nowNs) {
    }

    @Override
    public void onTimeout(long inFlight, boolean first, long nowNs) {
    }

    @Override
    public void onIdleRestart(long nowNs) {
    }

    @Override
    public void onMssChange(int mss) {
    }
}
