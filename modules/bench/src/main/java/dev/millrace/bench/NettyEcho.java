package dev.millrace.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/// A server of Netty's that sends back what it gets, and its clients, on channels of one provider. One thread may use it.
final class NettyEcho implements AutoCloseable {
    private static final int PATIENCE_S = 60;

    private final EventLoopGroup serverLoop;
    private final EventLoopGroup clientLoop;
    private final List<Channel> channels = new ArrayList<>();
    private final List<Asker> askers = new ArrayList<>();
    private final ByteBuf message;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    /// Also for the server's thread, when it fails.
    private volatile CountDownLatch stillAsking;
    // Those that follow belong to the clients' one thread while a run lasts.
    private Latencies latencies;
    private long endNs;

    /// Opens all connections.
    ///
    /// @param address where the server listens, at a port of its own
    NettyEcho(SelectorProvider provider, String address, int connections, int bytes) throws IOException, InterruptedException {
        message = Unpooled.directBuffer(bytes).writeZero(bytes);
        serverLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory(provider));
        clientLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory(provider));
        try {
            var server = new ServerBootstrap().group(serverLoop).channelFactory(() -> new NioServerSocketChannel(provider))
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel c) {
                            c.pipeline().addLast(new Echo());
                        }
                    });
            Channel listening = done(server.bind(new InetSocketAddress(address, 0)));
            channels.add(listening);
            var client = new Bootstrap().group(clientLoop).channelFactory(() -> new NioSocketChannel(provider))
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel c) {
                            c.pipeline().addLast(new Asker());
                        }
                    });
            for (int i = 0; i < connections; i++) {
                Channel c = done(client.connect(listening.localAddress()));
                channels.add(c);
                askers.add(c.pipeline().get(Asker.class));
            }
        } catch (Throwable t) {
            close();
            throw t;
        }
    }

    private static Channel done(ChannelFuture future) throws IOException, InterruptedException {
        if (!future.await(PATIENCE_S, TimeUnit.SECONDS)) {
            throw new IOException("a connection takes more than a minute");
        }
        if (future.cause() != null) {
            throw new IOException("a connection failed: " + future.cause(), future.cause());
        }
        return future.channel();
    }

    /// Lets all clients ask for so long, and returns how long each answer took.
    ///
    /// @throws IOException if a connection fails
    Latencies run(double seconds) throws IOException, InterruptedException {
        var stopped = new CountDownLatch(askers.size());
        var measured = new Latencies();
        clientLoop.execute(() -> {
            latencies = measured;
            stillAsking = stopped;
            endNs = System.nanoTime() + (long) (seconds * 1e9);
            askers.forEach(Asker::ask);
        });
        boolean all = stopped.await((long) seconds + PATIENCE_S, TimeUnit.SECONDS);
        if (failure.get() != null) {
            throw new IOException("a connection failed: " + failure.get(), failure.get());
        }
        if (!all) {
            throw new IOException(stopped.getCount() + " messages that were sent a minute ago have not come back");
        }
        return measured;
    }

    private void fail(Throwable t) {
        failure.compareAndSet(null, t);
        CountDownLatch waiting = stillAsking;
        while (waiting != null && waiting.getCount() > 0) {
            waiting.countDown();
        }
    }

    @Override
    public void close() {
        for (Channel c : channels) {
            c.close().awaitUninterruptibly(PATIENCE_S, TimeUnit.SECONDS);
        }
        for (EventLoopGroup loop : List.of(clientLoop, serverLoop)) {
            loop.shutdownGracefully(0, PATIENCE_S, TimeUnit.SECONDS).awaitUninterruptibly(PATIENCE_S, TimeUnit.SECONDS);
        }
        message.release();
    }

    /// As in Netty's own example.
    private final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object read) {
            context.write(read);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            fail(cause);
        }
    }

    /// Asks, and asks again when it has its answer.
    private final class Asker extends ChannelInboundHandlerAdapter {
        private ChannelHandlerContext context;
        private int missing;
        private long askedNs;

        @Override
        public void handlerAdded(ChannelHandlerContext added) {
            context = added;
        }

        void ask() {
            missing = message.readableBytes();
            askedNs = System.nanoTime();
            context.writeAndFlush(message.retainedDuplicate());
        }

        @Override
        public void channelRead(ChannelHandlerContext same, Object read) {
            missing -= ((ByteBuf) read).readableBytes();
            ReferenceCountUtil.release(read);
            if (missing == 0) {
                long now = System.nanoTime();
                latencies.record(now - askedNs);
                if (now - endNs < 0) {
                    ask();
                } else {
                    stillAsking.countDown();
                }
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext same) {
            if (missing > 0) {
                fail(new IOException("the server has closed a connection"));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext same, Throwable cause) {
            fail(cause);
        }
    }
}
