package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.testkit.Await;
import dev.millrace.testkit.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The commands of `millrace`, as users run them, on TUN devices and with the programs that everybody has.
@Timeout(180)
class TunProgramsTest {
    private static final String MILLRACE = "MILLRACE_SKIP_BUILD=1 ../../millrace ";
    private static final Duration LONG = Duration.ofSeconds(90);

    private NetworkNamespace ns;
    private Path folder;

    @BeforeEach
    void open() throws Exception {
        String missing = NetworkNamespace.missing("curl", "nginx", "wrk", "dnsmasq", "iptables", "openssl",
                "tshark", "sysctl").or(Artifacts::commandMissing).orElse(null);
        assumeTrue(missing == null, missing);
        folder = Files.createTempDirectory("millrace-programs");
        ns = new NetworkNamespace();
        ns.addDevice("t0", "tun", "10.0.0.1/24", "fd00:1::1/64");
        ns.run("ip", "route", "change", "10.0.0.0/24", "dev", "t0", "src", "10.0.0.1", "congctl", "cubic");
    }

    @AfterEach
    void close() throws IOException {
        if (ns != null) {
            ns.close();
            try (var files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
            }
        }
    }

    private String sh(String command) throws IOException {
        return ns.run(LONG, "bash", "-c", "set -o pipefail; cd " + Path.of("").toAbsolutePath() + "; " + command).orFail();
    }

    /// Starts a command of ours that serves, and waits for its first line.
    private Process serve(Path log, String arguments) throws Exception {
        Process process = ns.start(log, "bash", "-c", "exec env " + MILLRACE + arguments);
        Await.said(process, log, " on ");
        return process;
    }

    /// Ends it as a user's Ctrl-C would, and returns all that it printed.
    private static String end(Process process, Path log) throws Exception {
        process.destroy();
        assertTrue(process.waitFor(20, TimeUnit.SECONDS), "it does not end");
        return Files.readString(log);
    }

    private void files() throws IOException {
        Path root = Files.createDirectories(folder.resolve("root"));
        Files.write(root.resolve("1b"), new byte[] {'x'});
        byte[] mb = new byte[1_000_000];
        new Random(1).nextBytes(mb);
        Files.write(root.resolve("1m"), mb);
        try (var out = Files.newOutputStream(root.resolve("1g"))) {
            for (int i = 0; i < 1000; i++) {
                out.write(mb);
            }
        }
    }

    @Test
    void curlAndWrkAreServed() throws Exception {
        files();
        Path log = folder.resolve("serve.log");
        Process serve = serve(log, "serve --quiet --tun t0 --address 10.0.0.2/24 --address fd00:1::2/64 --root " + folder.resolve("root"));
        for (String file : new String[] {"1b", "1m", "1g"}) {
            assertEquals(sh("sha256sum < " + folder.resolve("root/" + file)), sh("curl -sS http://10.0.0.2/" + file + " | sha256sum"));
        }
        assertEquals(sh("sha256sum < " + folder.resolve("root/1m")), sh("curl -sS 'http://[fd00:1::2]/1m' | sha256sum"));
        assertEquals("200", sh("curl -sS --parallel --parallel-immediate --parallel-max 200 -o /dev/null "
                + "-w '%{http_code} %{size_download}\\n' 'http://10.0.0.2/1m?[1-200]' 2>/dev/null | grep -c '200 1000000'").strip());
        assertEquals("[{\"id\":1,\"title\":\"todo1\"", sh("curl -sS http://10.0.0.2/todos").split(",\"created")[0]);
        assertEquals("201", sh("curl -sS -o /dev/null -w '%{http_code}' -d '{\"title\":\"☃\"}' http://10.0.0.2/todos"));
        String wrk = ns.run(LONG, "wrk", "-t1", "-c50", "-d30", "http://10.0.0.2/1b").orFail();
        assertTrue(!wrk.contains("Socket errors") && !wrk.contains("Non-2xx"), wrk);
        String printed = end(serve, log);
        assertTrue(printed.contains("; 0 connections are still open"), printed);
    }

    @Test
    void helloWorldIsWhatTheTutorialPromised() throws Exception {
        Path log = folder.resolve("serve.log");
        Path pcap = folder.resolve("serve.pcapng");
        Process serve = serve(log, "serve --tun t0 --address 10.0.0.2/24 --pcap " + pcap);
        assertEquals("Hello, World!\r\n", sh("curl -sS --interface t0 http://10.0.0.2/"));
        end(serve, log);
        // Opening, data and the end of both sides, as between two kernels.
        String flags = sh("tshark -r " + pcap + " -Y tcp -T fields -e tcp.flags 2>/dev/null");
        assertTrue(flags.startsWith("0x0002\n0x0012\n0x0010\n"), flags);
        assertEquals("2", sh("tshark -r " + pcap + " -Y tcp.flags.fin==1 2>/dev/null | wc -l").strip());
        assertEquals("0", sh("tshark -r " + pcap + " -Y tcp.flags.reset==1 2>/dev/null | wc -l").strip());
    }

    /// The stack's packets go through NAT into another namespace, to an nginx that knows nothing of it; names come from a
    /// dnsmasq there.
    @Test
    void getFetchesThroughNat() throws Exception {
        files();
        try (var internet = new NetworkNamespace()) {
            ns.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", internet.name()).orFail();
            ns.run("ip", "addr", "add", "198.51.100.1/24", "dev", "v0").orFail();
            ns.run("ip", "link", "set", "v0", "up").orFail();
            internet.run("ip", "addr", "add", "198.51.100.80/24", "dev", "v1").orFail();
            internet.run("ip", "link", "set", "v1", "up").orFail();
            ns.run("sysctl", "-qw", "net.ipv4.ip_forward=1").orFail();
            ns.run("iptables", "-t", "nat", "-A", "POSTROUTING", "-s", "10.0.0.0/24", "-o", "v0", "-j", "MASQUERADE").orFail();
            startServers(internet);
            String get = MILLRACE + "get --tun t0 --address 10.0.0.2/24 --resolver 198.51.100.80 ";
            Path pcap = folder.resolve("get.pcapng");
            String old = sh(get + "--pcap " + pcap + " http://www.test/old 2>&1");
            assertTrue(old.contains("on the same connection") && old.contains("< HTTP/1.1 200 OK") && old.endsWith(" ms\n"), old);
            assertEquals("1", sh("tshark -r " + pcap + " -Y 'tcp.flags.syn==1 && tcp.flags.ack==0' 2>/dev/null | wc -l").strip());
            assertEquals("", sh("tshark -r " + pcap + " -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE "
                    + "-o udp.check_checksum:TRUE -Y '_ws.malformed || tcp.checksum.status==\"Bad\" "
                    + "|| udp.checksum.status==\"Bad\" || ip.checksum.status==\"Bad\"' 2>/dev/null"));
            Path got = folder.resolve("got");
            sh(get + "--quiet --output " + got + " http://alias.test/1g");
            assertEquals(sh("sha256sum < " + folder.resolve("root/1g")), sh("sha256sum < " + got));
            assertEquals("x", sh(get + "--quiet --cacert " + folder.resolve("cert.pem") + " https://www.test/1b"));
            String bad = ns.run(LONG, "bash", "-c", get + "https://www.test/1b 2>&1").out();
            assertTrue(bad.contains("--cacert"), bad);
            String none = ns.run(LONG, "bash", "-c", get + "http://no.test/ 2>&1").out();
            assertTrue(none.contains("no.test"), none);
        }
    }

    private void startServers(NetworkNamespace internet) throws Exception {
        internet.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder.resolve("key.pem").toString(),
                "-out", folder.resolve("cert.pem").toString(), "-days", "2", "-subj", "/CN=www.test", "-addext",
                "subjectAltName=DNS:www.test").orFail();
        Path conf = Files.writeString(folder.resolve("nginx.conf"), """
                daemon off; user root; pid DIR/pid; error_log DIR/error.log; events {}
                http {
                  access_log off;
                  server {
                    listen 198.51.100.80:80; listen 198.51.100.80:443 ssl;
                    ssl_certificate DIR/cert.pem; ssl_certificate_key DIR/key.pem;
                    root DIR/root;
                    location = /old { return 301 /1b; }
                  }
                }
                """.replace("DIR", folder.toString()));
        internet.start(folder.resolve("nginx.log"), "nginx", "-c", conf.toString());
        internet.start(folder.resolve("dns.log"), "dnsmasq", "-d", "-C", "/dev/null", "-u", "root", "--no-resolv", "--no-hosts",
                "--bind-interfaces", "--listen-address=198.51.100.80", "--host-record=www.test,198.51.100.80",
                "--cname=alias.test,www.test");
        Await.until(() -> internet.run("curl", "-s", "-o", "/dev/null", "http://198.51.100.80/1b").code() == 0,
                () -> Files.readString(folder.resolve("error.log")));
    }

    @Test
    void benchRunsAgainstAPeerAndAgainstServices() throws Exception {
        Path peerLog = folder.resolve("peer.log");
        Process peer = serve(peerLog, "bench peer --address 10.0.0.1");
        String tun = " --tun t0 --address 10.0.0.2/24 --peer 10.0.0.1 --seconds 0.3 --warm-up 0.2 --json";
        for (String work : new String[] {"stream --direction in", "stream --direction out", "rr", "udp-rr", "connect"}) {
            String last = sh(MILLRACE + "bench " + work + tun).strip().lines().reduce((a, b) -> b).orElseThrow();
            assertTrue(last.startsWith("{") && last.contains("\"sockets\":\"millrace\""), last);
        }
        end(peer, peerLog);
        Path log = folder.resolve("services.log");
        Process services = serve(log, "services --tun t0 --address 10.0.0.2/24");
        String kernel = sh(MILLRACE + "bench stream --link jdk --peer 10.0.0.2 --seconds 0.3 --warm-up 0.2");
        assertTrue(kernel.contains("gbit_per_s"), kernel);
        end(services, log);
    }
}
