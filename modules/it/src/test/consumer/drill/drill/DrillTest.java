package drill;

import dev.millrace.packetdrill.junit.PacketdrillTest;
import dev.millrace.packetdrill.junit.StackUnderTest;

class DrillTest {
    @PacketdrillTest("drill/*.pkt")
    void handshakes(StackUnderTest stack) {
        stack.option("tcp", "congestion-control", "newreno");
    }
}
