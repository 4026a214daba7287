/// A module of tests that runs packet scripts.
module drill {
    requires dev.millrace.packetdrill;
    requires org.junit.jupiter.api;

    opens drill to org.junit.platform.commons;
}
