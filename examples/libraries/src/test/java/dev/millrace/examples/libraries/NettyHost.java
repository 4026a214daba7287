package dev.millrace.examples.libraries;

import dev.millrace.internet.Host;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;

/// Netty on a host: an event loop, and bootstraps that use it. The provider of channels goes to both, the loop and the channels; all else is
/// as elsewhere.
final class NettyHost implements AutoCloseable {
    private final SelectorProvider provider;
    private final EventLoopGroup loop;

    NettyHost(Host host) {
        provider = host.sockets().selectorProvider();
        loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory(provider));
    }

    /// For servers, whose connections are made ready by `ready`.
    ServerBootstrap server(Consumer<Channel> ready) {
        return new ServerBootstrap().group(loop).channelFactory(() -> new NioServerSocketChannel(provider)).childHandler(each(ready));
    }

    /// For clients, whose connections are made ready by `ready`.
    Bootstrap client(Consumer<Channel> ready) {
        return new Bootstrap().group(loop).channelFactory(() -> new NioSocketChannel(provider)).handler(each(ready));
    }

    /// For who sends and receives datagrams.
    Bootstrap datagrams(Consumer<Channel> ready) {
        return new Bootstrap().group(loop).channelFactory(() -> new NioDatagramChannel(provider)).handler(each(ready));
    }

    /// A handler that makes channels ready.
    static ChannelInitializer<Channel> each(Consumer<Channel> ready) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                ready.accept(channel);
            }
        };
    }

    /// TLS that agrees on HTTP/2, or on nothing.
    static SslContext http2(SSLContext certificate, boolean isClient) {
        return new JdkSslContext(certificate, isClient, Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE,
                new ApplicationProtocolConfig(ApplicationProtocolConfig.Protocol.ALPN,
                        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT, ApplicationProtocolNames.HTTP_2),
                ClientAuth.NONE, null, false);
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
