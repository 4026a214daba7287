package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// An HTTP/1.1 server and a client that are Netty pipelines ([NettyHost]): requests one after the other on a connection, the last of which
/// asks for its end.
@Timeout(120)
class NettyHttpTest {
    private static final int MOST_BYTES = 1 << 20;
    private static final int REQUESTS = 1000;

    @Test
    void asksManyTimesOnOneConnection() throws Exception {
        try (var threads = new ThreadCheck(); Internet net = Internet.realTime()) {
            Host client = net.host("client", "10.0.0.1");
            Host server = net.host("server", "10.0.0.2");
            try (var servers = new NettyHost(server); var clients = new NettyHost(client)) {
                servers.server(connection -> connection.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(MOST_BYTES),
                        new Greeter())).bind(new InetSocketAddress(server.address(), 8080)).sync();
                BlockingQueue<String> answers = new LinkedBlockingQueue<>();
                Channel connection = clients.client(c -> c.pipeline().addLast(new HttpClientCodec(), new HttpObjectAggregator(MOST_BYTES),
                        new Answers(answers))).connect(new InetSocketAddress(server.address(), 8080)).sync().channel();
                String name = "Ada".repeat(10_000);
                for (int i = 0; i <= REQUESTS; i++) {
                    ByteBuf body = Unpooled.copiedBuffer(name + i, StandardCharsets.UTF_8);
                    var request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/greeting", body);
                    request.headers().set(HttpHeaderNames.HOST, "10.0.0.2");
                    HttpUtil.setContentLength(request, body.readableBytes());
                    HttpUtil.setKeepAlive(request, i < REQUESTS);
                    connection.writeAndFlush(request);
                    assertEquals("200 OK: Hello, " + name + i, answers.poll(60, TimeUnit.SECONDS));
                }
                connection.closeFuture().sync();
            }
        }
    }

    private static final class Greeter extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            ByteBuf body = Unpooled.copiedBuffer("Hello, " + request.content().toString(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
            var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body);
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.TEXT_PLAIN);
            HttpUtil.setContentLength(response, body.readableBytes());
            boolean goesOn = HttpUtil.isKeepAlive(request);
            HttpUtil.setKeepAlive(response, goesOn);
            context.writeAndFlush(response).addListener(goesOn ? ChannelFutureListener.CLOSE_ON_FAILURE : ChannelFutureListener.CLOSE);
        }
    }

    private static final class Answers extends SimpleChannelInboundHandler<FullHttpResponse> {
        private final BlockingQueue<String> answers;

        Answers(BlockingQueue<String> answers) {
            this.answers = answers;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpResponse response) {
            answers.add(response.status() + ": " + response.content().toString(StandardCharsets.UTF_8));
        }
    }
}
