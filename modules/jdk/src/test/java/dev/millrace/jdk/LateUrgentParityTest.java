package dev.millrace.jdk;

/// The same for sockets and channels that choose late.
class LateUrgentParityTest extends UrgentParityTest {
    @Override
    World ours() throws Exception {
        return World.late();
    }
}
