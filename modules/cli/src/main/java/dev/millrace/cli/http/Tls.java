package dev.millrace.cli.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/// TLS as the JDK has it, over sockets of a stack.
final class Tls {
    private final SSLContext context;
    private final boolean checked;

    private Tls(SSLContext context, boolean checked) {
        this.context = context;
        this.checked = checked;
    }

    /// Which servers to believe.
    ///
    /// @param insecure all of them
    /// @param certificates those with a certificate of these issuers (PEM), instead of those that the JDK knows; may be
    ///     `null`
    /// @throws IOException if the file cannot be read
    static Tls of(boolean insecure, Path certificates) throws IOException {
        try {
            TrustManager[] trust = insecure ? new TrustManager[] {new TrustAll()}
                    : certificates == null ? null : issuers(certificates);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust, null);
            return new Tls(context, !insecure);
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    private static TrustManager[] issuers(Path file) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(file)) {
            for (Certificate c : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("ca" + store.size(), c);
            }
        }
        if (store.size() == 0) {
            throw new IOException(file + " has no certificate in it");
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    /// Shakes hands over a connected socket, which is closed with the result.
    ///
    /// @throws SSLException if the server is not who it should be; the message says what to do
    SSLSocket connect(Socket socket, String host) throws IOException {
        SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, host, socket.getPort(), true);
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"http/1.1"});
        if (checked) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        tls.setSSLParameters(parameters);
        try {
            tls.startHandshake();
        } catch (SSLException e) {
            throw new SSLException("TLS with " + host + " failed: " + e.getMessage()
                    + "; --cacert FILE names an issuer to believe, --insecure believes everybody", e);
        }
        return tls;
    }

    private static final class TrustAll extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
