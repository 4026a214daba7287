package dev.millrace.jdk;

import dev.millrace.Stack;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.spi.SelectorProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// What channels that choose late choose from: two stacks with an address each, and the kernel.
abstract class TwoStacks {
    static final InetSocketAddress LAB = new InetSocketAddress("10.8.0.1", 0);
    static final InetSocketAddress OTHER = new InetSocketAddress("10.9.0.1", 0);
    static final InetSocketAddress HERE = new InetSocketAddress("127.0.0.1", 0);

    final SelectorProvider provider = new JvmSelectorProvider();
    Stack lab;
    Stack other;
    private LeakCheck leaks;

    @BeforeEach
    void open() throws IOException {
        leaks = new LeakCheck();
        lab = stack("lab", "10.8.0.1/24");
        other = stack("other", "10.9.0.1/24");
    }

    static Stack stack(String name, String address) throws IOException {
        return Stack.builder().name(name).nic("lo", "loopback:", "127.0.0.1/8", address).route("224.0.0.0/4", "lo")
                .option("stack", "close-timeout", "0").open();
    }

    @AfterEach
    void close() throws Exception {
        System.clearProperty(LateBinding.PROPERTY);
        lab.close();
        other.close();
        leaks.close();
    }
}
