package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// An HTTP/2 server and a client that are Netty pipelines ([NettyHost]), with TLS, which agrees on HTTP/2 (ALPN): many streams at once.
@Timeout(120)
class NettyHttp2Test {
    private static final int STREAMS = 100;
    private static final String LONG = "x".repeat(100_000);

    @TempDir
    private Path folder;

    @Test
    void manyStreamsOnOneConnection() throws Exception {
        try (var threads = new ThreadCheck(); Internet net = Internet.realTime()) {
            Host client = net.host("client", "10.0.0.1");
            Host server = net.host("server", "10.0.0.2");
            var certificate = OwnCertificate.of(server.address(), folder);
            try (var servers = new NettyHost(server); var clients = new NettyHost(client)) {
                SslContext serverTls = NettyHost.http2(certificate, false);
                servers.server(c -> c.pipeline().addLast(serverTls.newHandler(c.alloc()), onceAgreed(c2 -> c2.pipeline().addLast(
                        Http2FrameCodecBuilder.forServer().build(), new Http2MultiplexHandler(new Service())))))
                        .bind(new InetSocketAddress(server.address(), 8443)).sync();
                var connection = new CompletableFuture<Channel>();
                SslContext clientTls = NettyHost.http2(certificate, true);
                clients.client(c -> c.pipeline().addLast(clientTls.newHandler(c.alloc(), "10.0.0.2", 8443), onceAgreed(c2 -> {
                    c2.pipeline().addLast(Http2FrameCodecBuilder.forClient().build(), new Http2MultiplexHandler(new Service()));
                    connection.complete(c2);
                }))).connect(new InetSocketAddress(server.address(), 8443)).sync();
                var streams = new Http2StreamChannelBootstrap(connection.get(60, TimeUnit.SECONDS));
                List<CompletableFuture<String>> answers = new ArrayList<>();
                for (int i = 0; i < STREAMS; i++) {
                    var answer = new CompletableFuture<String>();
                    streams.handler(new Answer(answer)).open().sync().getNow().writeAndFlush(new DefaultHttp2HeadersFrame(
                            new DefaultHttp2Headers().method("GET").scheme("https").path("/" + i), true));
                    answers.add(answer);
                }
                for (int i = 0; i < STREAMS; i++) {
                    assertEquals("200 /" + i + LONG, answers.get(i).get(60, TimeUnit.SECONDS));
                }
            }
        }
    }

    /// Makes a connection ready when TLS has agreed on HTTP/2.
    private static ApplicationProtocolNegotiationHandler onceAgreed(Consumer<Channel> ready) {
        return new ApplicationProtocolNegotiationHandler("none") {
            @Override
            protected void configurePipeline(ChannelHandlerContext context, String protocol) {
                assertEquals(ApplicationProtocolNames.HTTP_2, protocol);
                ready.accept(context.channel());
            }
        };
    }

    @Sharable
    private static final class Service extends SimpleChannelInboundHandler<Http2HeadersFrame> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, Http2HeadersFrame request) {
            context.write(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("200")));
            context.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.copiedBuffer(request.headers().path() + LONG, StandardCharsets.UTF_8), true));
        }
    }

    private static final class Answer extends SimpleChannelInboundHandler<Http2StreamFrame> {
        private final CompletableFuture<String> whole;
        private final StringBuilder text = new StringBuilder();

        Answer(CompletableFuture<String> whole) {
            this.whole = whole;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, Http2StreamFrame frame) {
            if (frame instanceof Http2HeadersFrame headers) {
                text.append(headers.headers().status()).append(' ');
            } else if (frame instanceof Http2DataFrame data) {
                text.append(data.content().toString(StandardCharsets.UTF_8));
                if (data.isEndStream()) {
                    whole.complete(text.toString());
                }
            }
        }
    }
}
