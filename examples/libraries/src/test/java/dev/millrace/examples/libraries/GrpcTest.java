package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.jdk.StackSockets;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// gRPC between two hosts, a call and a stream, and what a caller sees when the network is cut. It is on Netty, which takes a provider.
@Timeout(120)
class GrpcTest {
    private static final MethodDescriptor<String, String> GREET = method("Greet", MethodDescriptor.MethodType.UNARY);
    private static final MethodDescriptor<String, String> COUNT = method("Count", MethodDescriptor.MethodType.SERVER_STREAMING);
    private static final int MANY = 10_000;

    private static MethodDescriptor<String, String> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<String, String>newBuilder().setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName("demo.Greeter", name)).setRequestMarshaller(new Text())
                .setResponseMarshaller(new Text()).build();
    }

    private static EventLoopGroup loops(StackSockets sockets) {
        return new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory(sockets.selectorProvider()));
    }

    @Test
    void callsAndStreams() throws Exception {
        try (var threads = new ThreadCheck(); Internet net = Internet.realTime()) {
            Host clientHost = net.host("client", "10.0.0.1");
            Host serverHost = net.host("server", "10.0.0.2");
            EventLoopGroup servers = loops(serverHost.sockets());
            EventLoopGroup clients = loops(clientHost.sockets());
            Server server = NettyServerBuilder.forAddress(new InetSocketAddress(serverHost.address(), 50051))
                    .channelFactory(() -> new NioServerSocketChannel(serverHost.sockets().selectorProvider())).bossEventLoopGroup(servers)
                    .workerEventLoopGroup(servers).addService(service()).build().start();
            ManagedChannel channel = NettyChannelBuilder.forAddress(new InetSocketAddress(serverHost.address(), 50051)).usePlaintext()
                    .channelFactory(() -> new NioSocketChannel(clientHost.sockets().selectorProvider())).eventLoopGroup(clients).build();
            try {
                assertEquals("Hello, Ada", ClientCalls.blockingUnaryCall(channel, GREET, CallOptions.DEFAULT, "Ada"));
                Iterator<String> all = ClientCalls.blockingServerStreamingCall(channel, COUNT, CallOptions.DEFAULT, "" + MANY);
                for (int i = 0; i < MANY; i++) {
                    assertEquals("" + i, all.next());
                }
                net.partition(List.of("client"), List.of("server"));
                CallOptions patience = CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS);
                var cut = assertThrows(StatusRuntimeException.class,
                        () -> ClientCalls.blockingUnaryCall(channel, GREET, patience, "Bob"));
                assertEquals(Status.Code.DEADLINE_EXCEEDED, cut.getStatus().getCode());
            } finally {
                channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
                server.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
                clients.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
                servers.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
            }
        }
    }

    private static ServerServiceDefinition service() {
        return ServerServiceDefinition.builder("demo.Greeter").addMethod(GREET, ServerCalls.asyncUnaryCall((name, answer) -> {
            answer.onNext("Hello, " + name);
            answer.onCompleted();
        })).addMethod(COUNT, ServerCalls.asyncServerStreamingCall((to, answers) -> {
            for (int i = 0; i < Integer.parseInt(to); i++) {
                answers.onNext("" + i);
            }
            answers.onCompleted();
        })).build();
    }

    /// A message that is a text. Programs have what protoc makes.
    private static final class Text implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
