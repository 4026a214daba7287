package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.testkit.LeakCheck;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The JDK's own TLS, layered over sockets of a stack at both ends.
@Timeout(60)
class TlsOverStackTest {
    private static final char[] PASSWORD = "password".toCharArray();

    @TempDir
    private Path folder;

    private SSLContext context() throws Exception {
        Path store = folder.resolve("store.p12");
        Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair",
                "-alias", "a", "-keyalg", "EC", "-dname", "CN=bank.test", "-ext", "SAN=dns:bank.test", "-validity", "2", "-storetype",
                "PKCS12", "-keystore", store.toString(), "-storepass", "password").redirectErrorStream(true).start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, keytool.waitFor(), output);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        var own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD);
        var trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(keys);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
        return context;
    }

    @Test
    void aMegabyteIsEchoed() throws Exception {
        SSLContext context = context();
        byte[] data = new byte[1 << 20];
        new Random(2).nextBytes(data);
        try (var leaks = new LeakCheck(); World w = World.stack()) {
            ServerSocket server = w.listening();
            CompletableFuture<Long> echoed = World.waiting(() -> {
                try (Socket plain = server.accept();
                        SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(plain, null, true)) {
                    return tls.getInputStream().transferTo(tls.getOutputStream());
                }
            });
            Socket plain = w.socket();
            plain.connect(server.getLocalSocketAddress());
            try (SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(plain, "bank.test", server.getLocalPort(), true)) {
                var parameters = tls.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                tls.setSSLParameters(parameters);
                tls.startHandshake();
                CompletableFuture<byte[]> back = World.waiting(() -> tls.getInputStream().readAllBytes());
                tls.getOutputStream().write(data);
                tls.shutdownOutput();
                assertArrayEquals(data, World.of(back));
                assertEquals("TLSv1.3", tls.getSession().getProtocol());
            }
            assertEquals(data.length, World.of(echoed));
        }
    }
}
