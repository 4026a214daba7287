/// The JVM itself knows the names of simulated hosts and of stacks. Its mere presence changes how the JVM looks up names: so it is an
/// artifact of its own.
module dev.millrace.jdk.names {
    requires dev.millrace.jdk;
    requires org.slf4j;

    provides java.net.spi.InetAddressResolverProvider with dev.millrace.jdk.names.StackNamesProvider;
}
