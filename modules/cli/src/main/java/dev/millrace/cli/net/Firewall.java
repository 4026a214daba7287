package dev.millrace.cli.net;

import dev.millrace.Cidr;
import dev.millrace.Nic;
import dev.millrace.Stack;
import dev.millrace.cli.tun.Linux;
import dev.millrace.cli.tun.Machine;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;

/// The machine's firewall, by whichever program it has: nft, else iptables.
final class Firewall {
    private final Machine machine;

    Firewall(Machine machine) {
        this.machine = machine;
    }

    private boolean isNft() throws IOException {
        if (machine.has("nft")) {
            return true;
        }
        if (machine.has("iptables")) {
            return false;
        }
        throw new IOException("there is neither nft nor iptables: apt-get install nftables");
    }

    /// The commands that set a rule and remove it, without running them.
    List<String> print(FirewallRule rule) throws IOException {
        boolean nft = isNft();
        var lines = new ArrayList<String>();
        lines.add("# so that the kernel does not answer for " + rule.what());
        (nft ? rule.nftApply() : rule.iptables("-I")).forEach(c -> lines.add(FirewallRule.shell(c)));
        lines.add("# to undo it");
        (nft ? rule.nftRemove() : rule.iptables("-D")).forEach(c -> lines.add(FirewallRule.shell(c)));
        return lines;
    }

    /// Sets a rule; one that is set already stays one.
    void apply(FirewallRule rule) throws IOException {
        if (isNft()) {
            run(rule.nftApply());
            return;
        }
        List<List<String>> checks = rule.iptables("-C");
        List<List<String>> inserts = rule.iptables("-I");
        for (int i = 0; i < checks.size(); i++) {
            if (!machine.run(checks.get(i)).ok()) {
                run(List.of(inserts.get(i)));
            }
        }
    }

    /// Removes a rule; returns whether it was set.
    boolean remove(FirewallRule rule) throws IOException {
        if (isNft()) {
            if (!machine.run(rule.nftFind().getFirst()).ok()) {
                requireRights();
                return false;
            }
            run(rule.nftRemove());
            return true;
        }
        boolean found = false;
        List<List<String>> checks = rule.iptables("-C");
        List<List<String>> deletes = rule.iptables("-D");
        for (int i = 0; i < checks.size(); i++) {
            while (machine.run(checks.get(i)).ok()) {
                run(List.of(deletes.get(i)));
                found = true;
            }
        }
        if (!found) {
            requireRights();
        }
        return found;
    }

    private void requireRights() throws IOException {
        if (!machine.mayAdministerNetwork()) {
            throw new IOException("the firewall needs root (CAP_NET_ADMIN): run it with sudo");
        }
    }

    private void run(List<List<String>> commands) throws IOException {
        requireRights();
        for (List<String> c : commands) {
            Machine.Result result = machine.run(c);
            if (!result.ok()) {
                throw new IOException(FirewallRule.shell(c) + " failed: " + (result.err() + result.out()).strip());
            }
        }
    }

    /// Rules that are removed when the command that set them ends.
    static final class Applied implements AutoCloseable {
        private final Firewall firewall;
        private final List<FirewallRule> rules = new ArrayList<>();
        private PrintWriter err;

        Applied(Firewall firewall) {
            this.firewall = firewall;
        }

        static Applied none() {
            return new Applied(new Firewall(new Linux()));
        }

        /// Says what will happen to those who share an address with the kernel and have set no rule.
        static void advise(Stack stack, PrintWriter says) {
            for (Nic nic : stack.nics()) {
                for (Cidr c : nic.addresses()) {
                    if (nic.linkName().startsWith("packet:") && isOfKernel(c.address())) {
                        says.println("the kernel has " + c.address()
                                + ", too, and will reset the stack's connections: --firewall "
                                + "keeps it from that, and an address of the stack's own is better still");
                    }
                }
            }
            says.flush();
        }

        private static boolean isOfKernel(IpAddress address) {
            try {
                return NetworkInterface.getByInetAddress(address.toInetAddress()) != null;
            } catch (SocketException e) {
                return false;
            }
        }

        void apply(List<FirewallRule> wanted, PrintWriter says) throws IOException {
            err = says;
            firewall.requireRights();
            for (FirewallRule rule : wanted) {
                // First: of one that cannot be set as a whole a part may stand.
                rules.add(rule);
                firewall.apply(rule);
                says.println("firewall: the kernel does not answer for " + rule.address() + " port " + rule.port());
            }
            says.flush();
        }

        /// Whichever cannot be removed, the others are.
        @Override
        public void close() throws IOException {
            IOException failure = null;
            for (FirewallRule rule : rules) {
                try {
                    if (!firewall.remove(rule)) {
                        err.println("firewall: there is no rule " + rule.name() + " any more");
                    }
                } catch (IOException e) {
                    if (failure == null) {
                        failure = e;
                    } else {
                        failure.addSuppressed(e);
                    }
                }
            }
            rules.clear();
            if (failure != null) {
                throw failure;
            }
        }
    }
}
