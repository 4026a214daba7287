package dev.millrace.examples.libraries;

import com.mysql.cj.conf.PropertySet;
import com.mysql.cj.protocol.StandardSocketFactory;
import dev.millrace.jdk.StackSocketFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;

/// Has MySQL's Connector/J use a stack. The driver wants a class of its own kind, so copy this one and name it in the URL, with the stack's
/// name or without, where the stack is to be chosen when it connects:
///
/// ```
/// jdbc:mysql://10.0.0.1/shop?socketFactory=org.example.MysqlStackSocketFactory&stack=lab
/// ```
///
/// What the driver does with sockets, its time-outs, options and TLS, stays its own.
public final class MysqlStackSocketFactory extends StandardSocketFactory {
    /// Called by the driver.
    public MysqlStackSocketFactory() {
    }

    @Override
    protected Socket createSocket(PropertySet settings) {
        // A setting that the driver does not know itself.
        String stack = settings.exposeAsProperties().getProperty("stack");
        var factory = stack == null ? new StackSocketFactory() : new StackSocketFactory(stack);
        try {
            return factory.createSocket();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
