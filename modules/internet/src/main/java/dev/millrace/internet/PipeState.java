package dev.millrace.internet;

/// What was said about one direction of a link, by the names of its ends: it outlives the hosts, so that one that comes back
/// under its name is where it was.
final class PipeState {
    private LinkConditions conditions;
    private boolean described;
    private int cuts;
    private boolean down;

    /// @param usual the conditions until somebody describes others
    PipeState(LinkConditions usual) {
        conditions = usual;
    }

    LinkConditions conditions() {
        return conditions;
    }

    /// Packets from now on meet these conditions; those on their way keep the old ones.
    void describe(LinkConditions newConditions) {
        conditions = newConditions;
        described = true;
    }

    /// Whether it differs from what a pipe is like of which nobody has said anything.
    boolean isWorthKeeping() {
        return described || cuts > 0 || down;
    }

    void cut() {
        cuts++;
    }

    void heal() {
        cuts = Math.max(0, cuts - 1);
    }

    void healAll() {
        cuts = 0;
    }

    /// Whether nothing passes.
    boolean isCut() {
        return cuts > 0 || down;
    }

    void setDown(boolean value) {
        down = value;
    }

    boolean isDown() {
        return down;
    }
}
