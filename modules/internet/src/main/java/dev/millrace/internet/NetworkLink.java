package dev.millrace.internet;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/// A link between two nodes of an [Internet]: between hosts, the path that their packets take through the Internet; else a
/// wire. Each direction has conditions of its own. Any thread may call any method; in simulated time, whichever has the turn.
public final class NetworkLink {
    private final Fabric fabric;
    private final Pipe there;
    private final Pipe back;

    NetworkLink(Fabric fabric, Pipe there, Pipe back) {
        this.fabric = fabric;
        this.there = there;
        this.back = back;
    }

    /// The name of one end.
    public String a() {
        return there.from().name();
    }

    /// The name of the other.
    public String b() {
        return there.to().name();
    }

    /// Gives both directions these conditions. Packets on their way keep the old ones.
    public NetworkLink setConditions(LinkConditions conditions) {
        fabric.clockwork().now(() -> {
            there.state().describe(conditions);
            back.state().describe(conditions);
        });
        return this;
    }

    /// Gives the direction away from one end these conditions.
    ///
    /// @param from the name of that end
    public NetworkLink setConditions(String from, LinkConditions conditions) {
        fabric.clockwork().now(() -> direction(from).state().describe(conditions));
        return this;
    }

    /// Changes the conditions of both directions.
    public NetworkLink change(UnaryOperator<LinkConditions> change) {
        fabric.clockwork().now(() -> {
            there.state().describe(change.apply(there.conditions()));
            back.state().describe(change.apply(back.conditions()));
        });
        return this;
    }

    /// The conditions of the direction away from one end.
    ///
    /// @param from the name of that end
    public LinkConditions conditions(String from) {
        return direction(from).conditions();
    }

    private Pipe direction(String from) {
        if (from.equals(a())) {
            return there;
        }
        if (from.equals(b())) {
            return back;
        }
        throw new IllegalArgumentException("\"" + from + "\" is no end of the link " + this);
    }

    /// Cuts it, as with an axe: what is sent is lost, what is on its way, too, and nobody is told.
    public Fault cut() {
        var fault = new Fault("cut", fabric.clockwork()::now);
        fabric.clockwork().now(() -> {
            there.state().cut();
            back.state().cut();
        });
        fault.setHealing(() -> {
            there.state().heal();
            back.state().heal();
        });
        return fault;
    }

    /// Ends all cuts of it.
    public void heal() {
        fabric.clockwork().now(() -> {
            there.state().healAll();
            back.state().healAll();
        });
    }

    /// Takes it out of service, or into it: unlike with a cut, routers know, and send packets another way if there is one.
    public void setUp(boolean up) {
        fabric.clockwork().now(() -> {
            there.state().setDown(!up);
            back.state().setDown(!up);
            fabric.wiring().changed();
        });
    }

    /// Whether packets pass.
    public boolean isUp() {
        return !there.isCut();
    }

    /// What was counted of the direction away from one end: `packets`, `bytes`, `delivered`, `marked`, `queued`,
    /// `longest-queue`, and `dropped-` with each reason.
    ///
    /// @param from the name of that end
    public Map<String, Long> counters(String from) {
        Pipe pipe = direction(from);
        var counters = new TreeMap<String, Long>();
        fabric.clockwork().now(() -> counters.putAll(pipe.counters()));
        return counters;
    }

    @Override
    public String toString() {
        return a() + "-" + b() + " (" + there.conditions()
                + (there.conditions().toString().equals(back.conditions().toString()) ? "" : "; back " + back.conditions()) + ")";
    }
}
