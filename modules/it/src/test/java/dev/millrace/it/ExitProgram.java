package dev.millrace.it;

import dev.millrace.Stack;
import dev.millrace.link.vnic.Vnic;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/// A program that ends without closing its stack, in the way that its argument says; started by [ExitTest].
final class ExitProgram {
    private ExitProgram() {
    }

    public static void main(String[] args) throws Exception {
        Stack closed = open("closed");
        Stack left = open("left");
        closed.close();
        Vnic nic = left.nic("n").orElseThrow().unwrap(Vnic.class).orElseThrow();
        switch (args[0]) {
            case "return" -> System.out.println("main ends");
            case "exit" -> System.exit(3);
            case "callback" -> {
                nic.onTransmit(_ -> System.exit(3));
                try (var socket = left.udp().bind(new InetSocketAddress("10.0.0.1", 0))) {
                    socket.send(ByteBuffer.allocate(1), new InetSocketAddress("10.0.0.2", 9));
                }
            }
            case "blocked" -> {
                nic.onClose(() -> {
                    System.out.println("the link does not close");
                    while (true) {
                        java.util.concurrent.locks.LockSupport.park();
                    }
                });
                System.exit(3);
            }
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static Stack open(String name) throws Exception {
        Stack stack = Stack.builder().name(name).nic("n", "vnic:", "10.0.0.1/24").open();
        stack.nic("n").orElseThrow().unwrap(Vnic.class).orElseThrow().onClose(() -> System.out.println(name + " is closed"));
        return stack;
    }
}
