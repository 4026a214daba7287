package dev.millrace.junit;

/// Not an error by itself: goes with the exception of a failed test, and tells what its Internet knows.
final class SimulatedInternetReport extends Exception {
    private static final long serialVersionUID = 1;

    SimulatedInternetReport(String message) {
        super(message, null, false, false);
    }

    @Override
    public String toString() {
        return "Internet: " + getMessage();
    }
}
