package dev.millrace.cli.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.ExtendedSSLSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The JDK's TLS over a stack, both ends.
@Timeout(60)
class TlsTest {
    private static final char[] PASSWORD = "password".toCharArray();

    @TempDir
    static Path folder;
    private static SSLContext serverContext;
    private static Path issuer;

    private final StringWriter told = new StringWriter();
    private final BlockingQueue<String> seen = new ArrayBlockingQueue<>(10);
    private Stack stack;
    private TcpListener listener;

    @BeforeAll
    static void makeCertificate() throws Exception {
        Path store = folder.resolve("store.p12");
        Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", "a", "-keyalg", "EC", "-dname", "CN=right.test", "-ext", "SAN=dns:right.test",
                "-validity", "2", "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", "password")
                .redirectErrorStream(true).start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, keytool.waitFor(), output);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        issuer = Files.writeString(folder.resolve("ca.pem"), "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder().encodeToString(keys.getCertificate("a").getEncoded())
                + "\n-----END CERTIFICATE-----\n");
        var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        serverContext = SSLContext.getInstance("TLS");
        serverContext.init(managers.getKeyManagers(), null, null);
    }

    @BeforeEach
    void open() throws IOException {
        stack = Wire.stack();
        listener = stack.tcp().listen(443);
        Thread.ofVirtual().start(() -> {
            try (Socket plain = new TimedSocket(listener.accept());
                    SSLSocket tls = (SSLSocket) serverContext.getSocketFactory().createSocket(plain, null, true)) {
                var parameters = tls.getSSLParameters();
                parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
                tls.setSSLParameters(parameters);
                tls.startHandshake();
                seen.add(tls.getApplicationProtocol() + " "
                        + ((ExtendedSSLSession) tls.getSession()).getRequestedServerNames());
                tls.getInputStream().read(new byte[4096]);
                byte[] body = new byte[1_000_000];
                tls.getOutputStream().write(("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n").getBytes());
                tls.getOutputStream().write(body);
            } catch (IOException e) {
                seen.add("failed");
            }
        });
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
        stack.close();
    }

    private Fetch.Outcome fetch(Tls tls, String host) throws IOException {
        var settings = new Fetch.Settings("GET", List.of(), 0, Duration.ofSeconds(10), Duration.ofSeconds(10));
        var report = new FetchReport(new PrintWriter(told, true), false, false);
        try (var fetch = new Fetch(stack, _ -> List.of(InetAddress.ofLiteral(Wire.ADDRESS)), tls, settings, report)) {
            return fetch.run(FetchUrl.parse("https://" + host + "/"), ByteArrayOutputStream::new);
        }
    }

    @Test
    void fetchesFromAServerItKnowsAndTellsItTheName() throws Exception {
        Fetch.Outcome outcome = fetch(Tls.of(false, issuer), "right.test");
        assertEquals(1_000_000, outcome.bytes());
        String server = seen.take();
        assertTrue(server.startsWith("http/1.1 ") && server.contains("right.test"), server);
        assertTrue(told.toString().contains("* TLSv1.3 with "), told.toString());
        assertTrue(outcome.times().containsKey("tls"));
    }

    @Test
    void aCertificateOfNobodyKnownIsRefusedWithAdvice() {
        IOException e = assertThrows(SSLException.class, () -> fetch(Tls.of(false, null), "right.test"));
        assertTrue(e.getMessage().contains("--cacert") && e.getMessage().contains("--insecure"), e.getMessage());
    }

    @Test
    void aCertificateForAnotherNameIsRefused() {
        IOException e = assertThrows(SSLException.class, () -> fetch(Tls.of(false, issuer), "wrong.test"));
        assertTrue(e.getMessage().contains("wrong.test"), e.getMessage());
    }

    @Test
    void insecureBelievesBoth() throws Exception {
        assertEquals(200, fetch(Tls.of(true, null), "wrong.test").status());
    }

    @Test
    void aFileWithoutCertificatesIsAnError() throws Exception {
        Path empty = Files.writeString(folder.resolve("empty.pem"), "");
        assertThrows(IOException.class, () -> Tls.of(false, empty));
    }
}
