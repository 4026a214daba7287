package dev.millrace;

import java.util.List;
import java.util.Map;

/// All that a stack is made of, as an immutable value: what [Stack.Builder] gathers and what a TOML file says.
///
/// @param name the stack's name, for logs, threads and captures
/// @param nics the network interfaces, in order
/// @param routes the routes; the networks of the NICs' own addresses need none
/// @param protocols the names of the protocols to run, such as `ipv4` and `tcp`; empty means all that are present
/// @param options for each protocol name, and for `stack` itself, option names and values as they would be written
public record StackConfig(
        String name,
        List<NicConfig> nics,
        List<RouteConfig> routes,
        List<String> protocols,
        Map<String, Map<String, String>> options) {
    /// Copies the collections.
    public StackConfig {
        nics = List.copyOf(nics);
        routes = List.copyOf(routes);
        protocols = List.copyOf(protocols);
        options = Map.copyOf(options);
    }
}
