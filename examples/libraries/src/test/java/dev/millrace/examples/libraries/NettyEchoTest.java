package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.jdk.StackSockets;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.nio.channels.spi.SelectorProvider;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Netty's echo server and client, of bytes and of datagrams, on two hosts. Netty takes a provider: no option of the JVM is needed.
@Timeout(120)
class NettyEchoTest {
    private static final int BYTES = 4 << 20;

    private static EventLoopGroup loops(StackSockets sockets) {
        return new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory(sockets.selectorProvider()));
    }

    @Test
    void bytesComeBack() throws Exception {
        try (var threads = new ThreadCheck(); Internet net = Internet.realTime()) {
            Host client = net.host("client", "10.0.0.1");
            Host server = net.host("server", "10.0.0.2");
            EventLoopGroup servers = loops(server.sockets());
            EventLoopGroup clients = loops(client.sockets());
            try {
                SelectorProvider provider = server.sockets().selectorProvider();
                new ServerBootstrap().group(servers).channelFactory(() -> new NioServerSocketChannel(provider))
                        .childHandler(new ChannelInitializer<Channel>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                channel.pipeline().addLast(new Echo());
                            }
                        }).bind(new InetSocketAddress(server.address(), 7)).sync();
                var received = new CompletableFuture<Integer>();
                Channel channel = new Bootstrap().group(clients)
                        .channelFactory(() -> new NioSocketChannel(client.sockets().selectorProvider()))
                        .handler(new Counter(received)).connect(new InetSocketAddress(server.address(), 7)).sync().channel();
                for (int sent = 0; sent < BYTES; sent += 64 * 1024) {
                    channel.write(Unpooled.wrappedBuffer(new byte[64 * 1024]));
                }
                channel.flush();
                assertEquals(BYTES, received.get(60, TimeUnit.SECONDS));
            } finally {
                end(clients);
                end(servers);
            }
        }
    }

    @Test
    void aDatagramComesBack() throws Exception {
        try (var threads = new ThreadCheck(); Internet net = Internet.realTime()) {
            Host client = net.host("client", "10.0.0.1");
            Host server = net.host("server", "10.0.0.2");
            EventLoopGroup servers = loops(server.sockets());
            EventLoopGroup clients = loops(client.sockets());
            try {
                new Bootstrap().group(servers).channelFactory(() -> new NioDatagramChannel(server.sockets().selectorProvider()))
                        .handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                            @Override
                            protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
                                context.writeAndFlush(new DatagramPacket(packet.content().retain(), packet.sender()));
                            }
                        }).bind(new InetSocketAddress(server.address(), 7)).sync();
                var received = new CompletableFuture<String>();
                Channel channel = new Bootstrap().group(clients)
                        .channelFactory(() -> new NioDatagramChannel(client.sockets().selectorProvider()))
                        .handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                            @Override
                            protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
                                received.complete(packet.content().toString(StandardCharsets.UTF_8) + " from " + packet.sender());
                            }
                        }).bind(0).sync().channel();
                channel.writeAndFlush(new DatagramPacket(Unpooled.copiedBuffer("hello", StandardCharsets.UTF_8),
                        new InetSocketAddress(server.address(), 7)));
                assertEquals("hello from /10.0.0.2:7", received.get(60, TimeUnit.SECONDS));
            } finally {
                end(clients);
                end(servers);
            }
        }
    }

    private static void end(EventLoopGroup group) {
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }

    private static final class Counter extends SimpleChannelInboundHandler<ByteBuf> {
        private final CompletableFuture<Integer> all;
        private int bytes;

        Counter(CompletableFuture<Integer> all) {
            this.all = all;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf part) {
            bytes += part.readableBytes();
            if (bytes == BYTES) {
                all.complete(bytes);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
            all.completeExceptionally(failure);
        }
    }
}
