/// A program that runs packet scripts and has nothing of JUnit.
module scripts {
    requires dev.millrace.packetdrill;
}
