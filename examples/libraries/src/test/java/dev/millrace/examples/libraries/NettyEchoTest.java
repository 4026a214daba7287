package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SimpleChannelInboundHandler;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Netty's echo server and client on two hosts. Netty takes a provider ([NettyHost]): no option of the JVM is needed.
@Timeout(120)
class NettyEchoTest {
    private static final int BYTES = 4 << 20;

    @Test
    void bytesComeBack() throws Exception {
        try (var threads = new ThreadCheck(); Internet net = Internet.realTime()) {
            Host client = net.host("client", "10.0.0.1");
            Host server = net.host("server", "10.0.0.2");
            try (var servers = new NettyHost(server); var clients = new NettyHost(client)) {
                servers.server(channel -> channel.pipeline().addLast(new Echo())).bind(new InetSocketAddress(server.address(), 7)).sync();
                var received = new CompletableFuture<Integer>();
                Channel channel = clients.client(c -> c.pipeline().addLast(new Counter(received)))
                        .connect(new InetSocketAddress(server.address(), 7)).sync().channel();
                for (int sent = 0; sent < BYTES; sent += 64 * 1024) {
                    channel.write(Unpooled.wrappedBuffer(new byte[64 * 1024]));
                }
                channel.flush();
                assertEquals(BYTES, received.get(60, TimeUnit.SECONDS));
            }
        }
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
