package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A server of quotations, asked by datagrams, on Netty ([NettyHost]); the longest answer goes in fragments.
@Timeout(120)
class NettyDatagramTest {
    private static final String[] QUOTATIONS = {"Stay hungry.", "So it goes.", "Still waters run deep. ".repeat(1000)};

    @Test
    void asksForQuotations() throws Exception {
        try (var threads = new ThreadCheck(); Internet net = Internet.realTime()) {
            Host client = net.host("client", "10.0.0.1");
            Host server = net.host("server", "10.0.0.2");
            try (var servers = new NettyHost(server); var clients = new NettyHost(client)) {
                var service = new InetSocketAddress(server.address(), 17);
                servers.datagrams(channel -> channel.pipeline().addLast(new Quotations())).bind(service).sync();
                BlockingQueue<String> heard = new LinkedBlockingQueue<>();
                Channel asking = clients.datagrams(channel -> channel.pipeline().addLast(new Listener(heard)))
                        .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(65_507)).bind(0).sync().channel();
                for (int i = 0; i < QUOTATIONS.length; i++) {
                    asking.writeAndFlush(new DatagramPacket(Unpooled.copiedBuffer("" + i, StandardCharsets.UTF_8), service));
                    assertEquals(QUOTATIONS[i] + " from /10.0.0.2:17", heard.poll(60, TimeUnit.SECONDS));
                }
            }
        }
    }

    private static String text(DatagramPacket packet) {
        return packet.content().toString(StandardCharsets.UTF_8);
    }

    private static final class Quotations extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket question) {
            String answer = QUOTATIONS[Integer.parseInt(text(question))];
            context.writeAndFlush(new DatagramPacket(Unpooled.copiedBuffer(answer, StandardCharsets.UTF_8), question.sender()));
        }
    }

    private static final class Listener extends SimpleChannelInboundHandler<DatagramPacket> {
        private final BlockingQueue<String> heard;

        Listener(BlockingQueue<String> heard) {
            this.heard = heard;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket answer) {
            heard.add(text(answer) + " from " + answer.sender());
        }
    }
}
