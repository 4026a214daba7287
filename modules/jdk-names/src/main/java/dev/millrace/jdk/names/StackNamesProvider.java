package dev.millrace.jdk.names;

import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.security.Security;
import org.slf4j.LoggerFactory;

/// Loaded by the JDK with the first name that it looks up, and its only resolver from then on.
public final class StackNamesProvider extends InetAddressResolverProvider {
    /// Called by the JDK.
    public StackNamesProvider() {
    }

    /// The JDK would keep what it is told: for thirty seconds, whoever asks, though each program may belong to an Internet of its own.
    private static void keepNothing() {
        try {
            Security.setProperty("networkaddress.cache.ttl", "0");
            Security.setProperty("networkaddress.cache.negative.ttl", "0");
        } catch (SecurityException e) {
            LoggerFactory.getLogger(StackNamesProvider.class).warn("names of hosts are kept by the JDK, also when they mean others", e);
        }
    }

    @Override
    public InetAddressResolver get(Configuration configuration) {
        keepNothing();
        return new StackNames(configuration.builtinResolver());
    }

    @Override
    public String name() {
        return "Millrace";
    }
}
