package dev.millrace.internet;

import dev.millrace.internet.FirewallRule.Action;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// What a firewall lets pass. Immutable; each `with` gives a copy that differs in one thing.
///
/// ```
/// FirewallOptions web = FirewallOptions.DEFAULT
///         .withRule("allow in tcp from any to 10.0.0.2 port 443")
///         .withRule("reject out tcp from any to any port 25");
/// ```
///
/// @param rules in order: the first that matches decides
/// @param defaultIn what becomes of packets to inside that no rule is about
/// @param defaultOut what becomes of packets to outside that no rule is about
/// @param stateful whether what belongs to an allowed connection passes without rules: its other packets, replies, and
///     ICMP errors about them. Else every packet is judged by the rules alone
/// @param dropOutOfState whether TCP segments that begin no connection and belong to none are dropped before any rule is
///     asked; only if stateful
/// @param maxConnections how many connections are followed at once, at least 1; when there is room for no more, what would
///     begin another is dropped
/// @param timeouts how long connections without packets are followed
public record FirewallOptions(List<FirewallRule> rules, Action defaultIn, Action defaultOut, boolean stateful,
        boolean dropOutOfState, int maxConnections, FlowTimeouts timeouts) {
    /// No rules: what begins inside passes, and its replies; what begins outside is dropped. 65535 connections.
    public static final FirewallOptions DEFAULT = new FirewallOptions(List.of(), Action.DROP, Action.ALLOW, true, true, 65535,
            FlowTimeouts.DEFAULT);

    /// Checks the limit and copies the rules.
    ///
    /// @throws IllegalArgumentException if there is room for no connection
    public FirewallOptions {
        rules = List.copyOf(rules);
        Objects.requireNonNull(defaultIn, "defaultIn");
        Objects.requireNonNull(defaultOut, "defaultOut");
        Objects.requireNonNull(timeouts, "timeouts");
        if (maxConnections < 1) {
            throw new IllegalArgumentException("at most " + maxConnections + " connections; there must be room for 1");
        }
    }

    /// The same with these rules.
    public FirewallOptions withRules(List<FirewallRule> all) {
        return new FirewallOptions(all, defaultIn, defaultOut, stateful, dropOutOfState, maxConnections, timeouts);
    }

    /// The same with one more rule at the end.
    public FirewallOptions withRule(FirewallRule rule) {
        var all = new ArrayList<>(rules);
        all.add(rule);
        return withRules(all);
    }

    /// The same with one more rule at the end, as [FirewallRule#parse] reads it.
    ///
    /// @throws IllegalArgumentException if the text is no rule
    public FirewallOptions withRule(String rule) {
        return withRule(FirewallRule.parse(rule));
    }

    /// The same with other actions for what no rule is about.
    public FirewallOptions withDefaults(Action in, Action out) {
        return new FirewallOptions(rules, in, out, stateful, dropOutOfState, maxConnections, timeouts);
    }

    /// The same, with connections followed or not.
    public FirewallOptions withStateful(boolean on) {
        return new FirewallOptions(rules, defaultIn, defaultOut, on, dropOutOfState, maxConnections, timeouts);
    }

    /// The same, with TCP segments of no connection dropped or judged by the rules.
    public FirewallOptions withDropOutOfState(boolean on) {
        return new FirewallOptions(rules, defaultIn, defaultOut, stateful, on, maxConnections, timeouts);
    }

    /// The same with room for another number of connections.
    public FirewallOptions withMaxConnections(int n) {
        return new FirewallOptions(rules, defaultIn, defaultOut, stateful, dropOutOfState, n, timeouts);
    }

    /// The same with other times.
    public FirewallOptions withTimeouts(FlowTimeouts t) {
        return new FirewallOptions(rules, defaultIn, defaultOut, stateful, dropOutOfState, maxConnections, t);
    }
}
